/* Sweeps of several metrics: each setting's score in the two first ones, and the Pareto set, the
 * settings that no other one dominates. */
const pareto = {svg: null};
const paretoSweeps = () => d3.range(page.sweeps.length).filter((sweep) => page.sweeps[sweep].pareto);

/* A sweep's settings with a mean in each metric, those of the set last, so that they lie on top. */
function paretoPoints(sweep) {
  const {settings, scores} = page.sweeps[sweep].pareto, inSet = new Set(settings);
  return d3.range(settingStarts[sweep + 1] - settingStarts[sweep])
    .map((at) => ({setting: settingStarts[sweep] + at, scores: scores.map((list) => list[at]), isBest: inSet.has(at)}))
    .filter((point) => !point.scores.includes(null)).sort((a, b) => a.isBest - b.isBest);
}
/* A setting's rank by the sweep's own metric, among those of its quantity. */
function ownRank(sweep, setting) {
  const metric = bestsOf[sweep].map((best) => best.metric).find((one) => statisticsOf(one)[setting].n) ?? metricOf(sweep);
  return placesOf(metric)[setting] + 1;
}
/* The set in the order of the leaderboard. */
const paretoSet = (sweep) => paretoPoints(sweep).filter((point) => point.isBest)
  .map((point) => ({...point, rank: ownRank(sweep, point.setting)})).sort((a, b) => a.rank - b.rank);
const goalWords = ({name, maximize}) => `${name} (${say(maximize ? "better.higher" : "better.lower")})`;
function paretoFormats(sweep) {
  return page.sweeps[sweep].pareto.scores.map((list) => {
    const decimals = decimalsOf(list.filter((value) => value !== null));
    return (value) => (decimals ? fixed(value, decimals) : grouped(value));
  });
}

function makePareto() {
  const section = byId("pareto");
  if (!paretoSweeps().length) return;
  section.hidden = byId("pareto-link").hidden = false;
  keepDrawn(byId("pareto-chart"), drawPareto);
  drawParetoTable();
  saveButtons(section.querySelector(".controls"), "pareto", {records: paretoRecords, picture: () => ({svg: pareto.svg})});
}

function drawPareto() {
  const place = byId("pareto-chart"), width = place.clientWidth, high = heightFor(Math.min(420, Math.max(300, width * 0.6))), sweeps = paretoSweeps();
  const svg = drawing(width, high * sweeps.length).attr("role", "img")
    .attr("aria-label", say("pareto.chart"));
  sweeps.forEach((sweep, i) => drawParetoOf(svg, sweep, i * high, width, high - 8));
  pareto.svg = svg.node();
  place.replaceChildren(pareto.svg);
}
/* The scale of a metric, where its values go over several sizes a logarithmic one. */
function paretoScale(values, most, range) {
  return isLogarithmic({}, values) ? d3.scaleLog(d3.extent(values), range) : d3.scaleLinear(scoreDomain(d3.extent(values), most, 5), range);
}
function drawParetoOf(svg, sweep, top, width, height) {
  const {metrics: [up, across]} = page.sweeps[sweep].pareto, points = paretoPoints(sweep);
  const panel = svg.append("g").attr("class", "scatter").attr("transform", `translate(0,${top})`);
  panel.append("text").attr("class", "quiet").attr("y", 14).text(ofSweep(sweep, goalWords(up)));
  if (!points.length) return;
  const ys = points.map((point) => point.scores[0]), xs = points.map((point) => point.scores[1]);
  const y = paretoScale(ys, up.most, [height - 44, 34]), marks = y.ticks(5).filter((value) => !y.base || y.tickFormat(5)(value));
  const margin = widest(marks.map((value) => numberText(value)), 12) + 12, x = paretoScale(xs, across.most, [margin + 8, width - 14]);
  const axis = panel.append("g").attr("class", "axis");
  for (const mark of marks) {
    axis.append("line").attr("x1", margin).attr("x2", width).attr("y1", y(mark)).attr("y2", y(mark));
    axis.append("text").attr("x", margin - 8).attr("y", y(mark)).attr("dy", "0.35em").attr("text-anchor", "end").text(numberText(mark));
  }
  drawScatterTicks(axis, x, height - 44 + 20);
  panel.append("text").attr("class", "quiet").attr("x", (margin + width) / 2).attr("y", height - 4).attr("text-anchor", "middle").text(goalWords(across));
  drawParetoPoints(panel, sweep, points, x, y);
}
/* Filled and larger in the set, hollow elsewhere: not by colour alone. */
function drawParetoPoints(panel, sweep, points, x, y) {
  const {metrics} = page.sweeps[sweep].pareto, formats = paretoFormats(sweep);
  const others = points.filter((point) => !point.isBest), share = POINTS / others.length;
  const drawn = [...others.filter((_, i) => (i * 0.6180339887) % 1 < share), ...points.filter((point) => point.isBest)];
  panel.insert("rect", ":first-child").attr("class", "hit").attr("width", x.range()[1]).attr("height", y.range()[0]);
  panel.append("g").selectAll("circle").data(drawn).enter().append("circle").attr("class", (point) => (point.isBest ? "point best" : "point other"))
    .attr("cx", (point) => x(point.scores[1])).attr("cy", (point) => y(point.scores[0])).attr("r", (point) => (point.isBest ? 5 : 3));
  panel.node().addEventListener("pointermove", (event) => {
    const box = panel.select(".hit").node().getBoundingClientRect(), [atX, atY] = pointIn(box, event);
    const away = (point) => Math.hypot(x(point.scores[1]) - atX, y(point.scores[0]) - atY), nearest = d3.least(drawn, away);
    if (!nearest || away(nearest) > 24) { hideTip(); return; }
    showTip(event.clientX, event.clientY, fullLabel(nearest.setting), [...metrics.map(({name}, i) => [name, formats[i](nearest.scores[i])]),
      ...(nearest.isBest ? [["", say("pareto.in_set")]] : [])]);
  });
  panel.node().addEventListener("pointerleave", hideTip);
}

const PARETO_ROWS = 100;
function drawParetoTable() {
  const place = byId("pareto-table"), words = [];
  for (const sweep of paretoSweeps()) {
    const {metrics} = page.sweeps[sweep].pareto, set = paretoSet(sweep), formats = paretoFormats(sweep);
    const others = paretoPoints(sweep).length - set.length;
    words.push(ofSweep(sweep, say("pareto.note", {n: set.length, names: metrics.map(({name}) => name).join(", "),
      some: someOf(set.length, counted("setting", settingStarts[sweep + 1] - settingStarts[sweep]))})));
    if (others > POINTS) words.push(say("pareto.drawn", {others, drawn: POINTS}));
    if (set.length > PARETO_ROWS) words.push(say("pareto.listed", {n: PARETO_ROWS}));
    if (hasSeveral) place.append(element("h3", {class: "sweep"}, sweepNames[sweep]));
    place.append(element("div", {class: "scroller numbers", tabindex: 0, role: "region", "aria-label": say("pareto.table")},
      element("table", {}, element("thead", {}, element("tr", {}, element("th", {scope: "col", class: "number"}, say("column.rank")),
        ...metrics.map(({name}) => element("th", {scope: "col", class: "number"}, name)), element("th", {scope: "col"}, say("column.setting")))),
      element("tbody", {}, ...set.slice(0, PARETO_ROWS).map((point) => element("tr", {},
        element("td", {class: "number"}, grouped(point.rank)),
        ...point.scores.map((value, i) => element("td", {class: "number"}, formats[i](value))),
        element("td", {}, labelWithin(sweep, point.setting))))))));
  }
  byId("pareto-note").textContent = [...words, say("filter.not_here")].join(" ");
}
/* The set with all digits, for a file. */
function paretoRecords() {
  return paretoSweeps().flatMap((sweep) => [[...(hasSeveral ? ["sweep"] : []), ...page.sweeps[sweep].pareto.metrics.map(({name}) => name),
    ...data.hyperparameters.map(({name}) => name)], ...paretoSet(sweep).map(({setting, scores}) => [...(hasSeveral ? [sweepNames[sweep]] : []), ...scores,
    ...data.hyperparameters.map((one, axis) => one.levels[levelOf(setting, axis)])])]);
}
