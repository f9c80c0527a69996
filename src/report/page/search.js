/* What a search found, and for how much: the best so far against what was spent, and the settings it
 * came from, in the order in which they were asked for. What was spent, and what is expected of
 * settings drawn at random, came with the page; see report/page_search.h. */
const search = {svg: null};

/* After each setting: what was spent on all until then, its score, and the best one so far, which is
 * the first of them on the leaderboard. */
function stepsOf(sweep) {
  const {settings, ...costs} = page.sweeps[sweep].search, places = placesOf(state.metric), all = statisticsOf(state.metric);
  let best = null;
  return settings.map((own, i) => {
    const setting = settingStarts[sweep] + own, {n, mean} = all[setting];
    if (n && (best === null || places[setting] < places[best])) best = setting;
    return {sweep, setting, place: i, ...Object.fromEntries(Object.keys(COSTS).map((cost) => [cost, costs[cost][i]])),
      score: n ? mean : NaN, best, bestScore: best === null ? NaN : all[best].mean};
  });
}
/* What is expected of so many settings drawn at random, each as dear as the mean one. */
function expectedOf(sweep, steps) {
  const metric = metricIn(sweep, state.metric), last = steps[steps.length - 1];
  return metric < 0 ? [] : page.sweeps[sweep].search.expected[metric].map(([settings, best]) => ({settings, best,
    ...Object.fromEntries(Object.keys(COSTS).map((cost) => [cost, last[cost] * settings / steps.length]))}));
}
const searchesNow = () => searches.map((sweep, i) => ({sweep, colour: searches.length > 1 ? slotColour(i % SLOTS) : "var(--slot-0)", steps: stepsOf(sweep)}))
  .filter(({steps}) => steps.some((step) => step.best !== null)).map((one) => ({...one, expected: expectedOf(one.sweep, one.steps)}));

function makeSearch() {
  if (!searches.length || !data.metrics.length) return;
  const section = byId("search"), against = byId("search-against"), better = byId("search-better");
  section.hidden = byId("search-link").hidden = false;
  against.append(...Object.entries(COSTS).map(([cost, words]) => element("option", {value: cost}, words)));
  against.addEventListener("change", () => setView(state.search, {against: against.value}));
  better.addEventListener("change", () => setView(state.search, {better: better.checked}));
  keepDrawn(byId("search-chart"), drawSearch);
  for (const what of ["metric", "view"]) events.on(`${what}.search`, () => later(drawSearch));
  saveButtons(section.querySelector(".controls"), "search", {records: searchRecords, picture: () => ({svg: search.svg})});
}

/* The ends of the scores drawn: all, or the better half with the whole of the best so far. */
function searchEnds(shown) {
  const steps = shown.flatMap((one) => one.steps), scores = steps.map((step) => step.score).filter((value) => !isNaN(value));
  if (!state.search.better) return d3.extent(scores);
  const {maximize} = data.metrics[state.metric], lines = shown.flatMap((one) => one.steps.map((step) => step.bestScore)).filter((value) => !isNaN(value));
  const middle = d3.median(scores), best = maximize ? d3.max(scores) : d3.min(scores);
  return d3.extent([middle, best, ...shown.length === 1 && lines.length > steps.length / 10 ? [d3.quantile(lines, maximize ? 0.1 : 0.9)] : []]);
}

function drawSearch() {
  const place = byId("search-chart"), shown = searchesNow();
  byId("search-against").value = state.search.against;
  byId("search-better").checked = state.search.better;
  hideTip();
  search.svg = null;
  if (!shown.length) {
    place.replaceChildren(element("p", {class: "nothing"}, say("search.nothing")));
    byId("search-note").textContent = "";
    byId("search-table").replaceChildren();
    return;
  }
  const {most, column: name} = data.metrics[state.metric], cost = state.search.against, width = place.clientWidth, height = heightFor(width < 640 ? 300 : 380);
  const y = d3.scaleLinear(scoreDomain(searchEnds(shown), most, 6), [height - 58, 28]), marks = y.ticks(6), format = y.tickFormat(6);
  const margin = widest(marks.map(format), 12) + 14, x = d3.scaleLinear([0, d3.max(shown, ({steps}) => steps[steps.length - 1][cost])], [margin, width - 12]);
  const legend = legendLayout(searchLegend(shown), width), svg = drawing(width, height + legend.height).attr("role", "img")
    .attr("aria-label", say("search.chart", {name, cost: COSTS[cost]}));
  const axis = svg.append("g").attr("class", "axis");
  for (const mark of marks) {
    axis.append("line").attr("x1", margin).attr("x2", width - 12).attr("y1", y(mark)).attr("y2", y(mark));
    axis.append("text").attr("x", margin - 8).attr("y", y(mark)).attr("dy", "0.35em").attr("text-anchor", "end").text(format(mark));
  }
  drawScatterTicks(axis, x, height - 24);
  svg.append("text").attr("class", "quiet").attr("x", (margin + width - 12) / 2).attr("y", height - 4).attr("text-anchor", "middle").text(COSTS[cost]);
  svg.append("text").attr("x", 0).attr("y", 12).text(name);
  svg.append("clipPath").attr("id", "search-clip").append("rect").attr("x", margin - 4).attr("y", 22).attr("width", width - margin - 2).attr("height", height - 74);
  const inside = svg.append("g").attr("clip-path", "url(#search-clip)");
  for (const one of shown) drawSearchOf(inside, svg, one, x, y, height);
  drawLegend(svg, legend, height + 10);
  followSearch(svg, shown, x, y, height);
  search.svg = svg.node();
  place.replaceChildren(search.svg);
  drawSearchNote(shown, y);
  byId("search-table").replaceChildren(...shown.map(searchTable));
}
const expectedColour = (colour) => (searches.length > 1 ? colour : "var(--slot-1)");
/* Filled points have a score; the others have a mark at the foot. */
function drawSearchOf(inside, svg, {steps, expected, colour}, x, y, height) {
  const cost = state.search.against, opacity = Math.max(0.2, Math.min(0.7, 12 / Math.sqrt(steps.length * 2)));
  const share = POINTS / steps.length, drawn = steps.filter((step, i) => !isNaN(step.score) && (i * 0.6180339887) % 1 < share);
  inside.append("g").selectAll("circle").data(drawn).enter().append("circle").attr("class", "point searched")
    .attr("cx", (step) => x(step[cost])).attr("cy", (step) => y(step.score)).attr("r", 3).attr("fill-opacity", opacity).style("fill", colour);
  svg.append("g").selectAll("line").data(steps.filter((step) => isNaN(step.score))).enter().append("line").attr("class", "scoreless")
    .attr("x1", (step) => x(step[cost])).attr("x2", (step) => x(step[cost])).attr("y1", height - 52).attr("y2", height - 44);
  if (expected.length)
    inside.append("path").attr("class", "expected").style("stroke", expectedColour(colour))
      .attr("d", d3.line().x((one) => x(one[cost])).y((one) => y(one.best))(expected));
  inside.append("path").attr("class", "best-so-far").style("stroke", colour)
    .attr("d", d3.line().x((step) => x(step[cost])).y((step) => y(step.bestScore)).curve(d3.curveStepAfter)(steps.filter((step) => step.best !== null)));
}
function searchLegend(shown) {
  const scoreless = shown.some(({steps}) => steps.some((step) => isNaN(step.score)));
  return [...shown.map(({sweep, colour}) => ({text: hasSeveral ? say("search.so_far_of", {name: sweepNames[sweep]}) : say("search.so_far"), colour})),
    ...shown.filter(({expected}) => expected.length).map(({sweep, colour}) => ({text: searches.length > 1 ? say("search.random_of", {name: sweepNames[sweep]}) : say("search.random"),
      colour: expectedColour(colour), dashes: true})),
    {text: say(scoreless ? "search.points_ticks" : "search.points")}];
}
function drawSearchNote(shown, y) {
  const [low, high] = y.domain(), outside = d3.sum(shown, ({steps}) => d3.sum(steps, ({score: value}) => value < low || value > high));
  const words = [say("search.note")];
  if (outside) words.push(say(data.metrics[state.metric].maximize ? "search.below" : "search.above", {n: outside}));
  for (const {sweep} of shown) words.push(ofSweep(sweep, page.sweeps[sweep].search.notes[metricIn(sweep, state.metric)]).trim());
  byId("search-note").textContent = [...words, say("filter.not_here")].join(" ");
}

/* The setting nearest to the pointer along the axis. */
function followSearch(svg, shown, x, y, height) {
  const cost = state.search.against, all = shown.flatMap((one) => one.steps), rule = svg.append("line").attr("class", "rule at").attr("y1", 28).attr("y2", height - 58)
    .attr("visibility", "hidden");
  svg.insert("rect", ":first-child").attr("class", "hit").attr("x", x.range()[0]).attr("y", 22).attr("width", x.range()[1] - x.range()[0]).attr("height", height - 66)
    .attr("fill", "transparent");
  svg.node().addEventListener("pointermove", (event) => {
    const box = svg.node().getBoundingClientRect(), [atX, atY] = pointIn(box, event);
    if (atY > height - 40 || atX < x.range()[0] - 8) { hideTip(); rule.attr("visibility", "hidden"); return; }
    const away = (step) => Math.abs(x(step[cost]) - atX) + (isNaN(step.score) ? 0 : Math.abs(y(step.score) - atY) / 50), nearest = d3.least(all, away);
    rule.attr("x1", x(nearest[cost])).attr("x2", x(nearest[cost])).attr("visibility", "visible");
    showTip(event.clientX, event.clientY, fullLabel(nearest.setting), searchRows(nearest));
  });
  svg.node().addEventListener("pointerleave", () => { hideTip(); rule.attr("visibility", "hidden"); });
}
function searchRows(step) {
  const {column: name} = data.metrics[state.metric];
  return [[name, isNaN(step.score) ? endOf(step.setting) : score(state.metric, step.score)], [say("search.so_far"), score(state.metric, step.bestScore)],
    ...Object.entries(COSTS).map(([cost, words]) => [words, costText(cost, step[cost])])];
}
const endOf = (setting) => say(countOf(setting, STOPPED) ? "end.stopped" : countOf(setting, DIVERGED) ? "end.diverged" : countOf(setting, FAILED) ? "end.failed" : "end.none");
const costText = (cost, value) => (cost === "seconds" ? numberText(value, 4) : grouped(Math.round(value)));

/* The same as a table: after parts of the trials. */
function searchTable({sweep, steps, expected}) {
  const last = steps[steps.length - 1].trials;
  const rows = [0.1, 0.25, 0.5, 0.75, 1].map((share) => [share, steps.find((step) => step.trials >= share * last)]);
  const expectedAt = (step) => expected.find((one) => one.settings >= step.place + 1);
  const heads = [say("search.share"), say("column.settings"), ...Object.values(COSTS), say("search.so_far"), ...(expected.length ? [say("search.expected")] : []), say("column.best_setting")];
  const cell = (text) => element("td", {class: "number"}, text);
  return element("details", {class: "numbers"}, element("summary", {}, hasSeveral ? say("table.same_of", {name: sweepNames[sweep]}) : say("table.same")),
    element("div", {class: "scroller", tabindex: 0, role: "region", "aria-label": say("search.table")},
      element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((head, i) => element("th", {scope: "col", class: i && i < heads.length - 1 ? "number" : null}, head)))),
        element("tbody", {}, ...rows.map(([share, step]) => element("tr", {}, element("th", {scope: "row"}, `${share * 100}\u00a0%`), cell(grouped(step.place + 1)),
          ...Object.keys(COSTS).map((cost) => cell(costText(cost, step[cost]))), cell(score(state.metric, step.bestScore)),
          ...(expected.length ? [cell(score(state.metric, expectedAt(step).best))] : []),
          element("td", {}, step.best === null ? NONE : labelWithin(sweep, step.best))))))));
}
function searchRecords() {
  return [[...(hasSeveral ? ["sweep"] : []), ...data.hyperparameters.map(({name}) => name), ...Object.keys(COSTS), "score", "best_so_far"],
    ...searchesNow().flatMap(({sweep, steps}) => steps.map((step) => [...(hasSeveral ? [sweepNames[sweep]] : []),
      ...data.hyperparameters.map(({levels}, axis) => levels[levelOf(step.setting, axis)]), ...Object.keys(COSTS).map((cost) => step[cost]),
      ...[step.score, step.bestScore].map((value) => (isNaN(value) ? null : value))]))];
}
