/* What a value of a hyperparameter does, compared with its reference, everything else held equal:
 * the numbers of `sweep compare`, which were computed with the page. Of a number that takes many
 * values, scatter.js draws the settings' scores against it instead. */
const effects = {svg: null};
const verdictWords = (value) => say(`verdict.${value.verdict}`);
const isFound = (value) => ["better", "worse", "better_but", "worse_but"].includes(value.verdict);
const effectColour = (value) => (value.verdict === "better" ? "var(--slot-0)" : value.verdict === "worse" ? "var(--slot-1)" : "var(--quiet)");

function makeEffects() {
  const place = byId("effects-chart"), controls = byId("effects").querySelector(".controls");
  if (!data.metrics.length || !data.metrics.some((_, metric) => effectsOf(metric).length)) {
    controls.hidden = true;
    place.append(element("p", {class: "nothing"}, say("effects.nothing")));
    return;
  }
  byId("shared").addEventListener("change", (event) => setView(state.effects, {shared: event.target.checked}));
  keepDrawn(place, drawEffects);
  for (const what of ["metric", "view"]) events.on(`${what}.effects`, () => later(drawEffects));
  saveButtons(controls, "effects", {records: () => effectRecords(effectsNow()), picture: () => ({svg: effects.svg})});
}

/* The hyperparameters that explain most come first. Of very many names those with the largest
 * differences are drawn; the table has all. */
const DRAWN_VALUES = 30;
const sizeOf = (value) => (value.verdict === "reference" ? Infinity : Math.abs(value.difference || 0));
const largest = ({values}) => d3.range(values.length).sort((a, b) => sizeOf(values[b]) - sizeOf(values[a])).slice(0, DRAWN_VALUES).sort(d3.ascending);
const effectsNow = () => effectsOf(state.metric).map((group) => ({...group, isScatter: isScattered(group), drawn: largest(group)}))
  .sort((a, b) => a.sweep - b.sweep || d3.descending(a.share || 0, b.share || 0));
/* Of a search there are effects of what settings differ in alone; what else it tried is in slices.js. */
const isDrawn = (group) => !isSearch(group.sweep) || (!group.isScatter && group.values.some((value) => value.difference !== null));
const isScattered = (group) => data.hyperparameters[group.axis].number && (group.values.length > FEW_LEVELS || !group.values.length);

const signed = (value) => (Number.isFinite(value) ? (value > 0 ? "+" : "") + score(state.metric, value) : NONE);
const intervalText = (value) => (value.low === null ? "" : `[${signed(value.low)}, ${signed(value.high)}]`);
const pText = (value) => (value.p === null ? "" : value.p < 0.001 ? "p < 0.001" : `p = ${value.p.toPrecision(2)}`);

/* The scale: wide enough for the differences, and for their intervals where these are no wider than
 * the differences; an interval that goes on ends in an arrow. */
function effectScale(groups, range) {
  const values = groups.flatMap((group) => group.values).filter((value) => value.difference !== null);
  const [least, most] = d3.extent([0, ...values.map((value) => value.difference)]);
  const room = (most - least) * 0.6 || d3.max(values, (value) => value.high) || 1;
  /* One seed has no interval. */
  const low = d3.min([least, ...values.map((value) => value.low)]), high = d3.max([most, ...values.map((value) => value.high)]);
  const {most: bound} = data.metrics[state.metric]; /* no difference is larger than the score's range */
  const [from, to] = d3.scaleLinear().domain([Math.max(low, least - room), Math.min(high, most + room)]).nice(6).domain();
  return d3.scaleLinear(bound === null ? [from, to] : [Math.max(-bound, from), Math.min(bound, to)], range);
}

function effectLayout(groups, width) {
  const narrow = width < 700, values = groups.flatMap((group) => group.values);
  const labels = groups.flatMap((group) => group.levels.map((level) => levelText(group.axis, level)));
  const names = narrow ? 0 : Math.min(240, widest(labels) + 20);
  const numbers = narrow ? 0 : 24 + widest(values.map((value) => `${signed(value.difference)}  ${intervalText(value)}`));
  const words = narrow ? 0 : 24 + widest(values.map(verdictText));
  return {width, narrow, names, plot: [names + 8, width - numbers - words - 8], numbers: width - numbers - words, words: width - words,
    head: narrow ? 54 : 40, row: narrow ? 46 : 28, foot: 34};
}
const verdictText = (value) => [verdictWords(value), isFound(value) || value.verdict === "unclear" ? pText(value) : ""].filter((text) => text).join(", ");

/* A value's name in lines, and how high its row is with them. */
function effectLabel(group, i, layout) {
  const value = group.values[i], text = levelText(group.axis, group.levels[i]);
  const right = effectNumbers(value) || verdictText(value);
  const beside = layout.narrow ? layout.width - textWidth(right) - 12 : layout.names - 8, whole = layout.narrow ? layout.width : beside;
  const lines = inLines(text, beside, layout.narrow ? 1 : 5, 13) || inLines(text, whole, 8, 13) || [shortened(text, whole)];
  const isBelow = layout.narrow && textWidth(lines[0]) > beside; /* the numbers have a line of their own */
  return {lines, right, isBelow, height: layout.row + 16 * (lines.length - 1) + (isBelow ? 16 : 0)};
}
const effectNumbers = (value) => (value.verdict === "reference" || value.difference === null ? "" : `${signed(value.difference)}  ${intervalText(value)}`);

function drawEffects() {
  const place = byId("effects-chart"), whole = effectsNow(), all = whole.filter(isDrawn), width = place.clientWidth, {shared} = state.effects;
  byId("shared").checked = shared;
  const groups = all.filter((group) => !group.isScatter), layout = groups.length ? effectLayout(groups, width) : {width};
  for (const group of groups) group.labels = group.drawn.map((i) => effectLabel(group, i, layout));
  const heightOf = (group) => layout.head + d3.sum(group.labels, (label) => label.height);
  const ruled = d3.sum(groups, (group) => heightOf(group) + (shared ? 0 : layout.foot)) + (shared && groups.length ? layout.foot + 14 : 0);
  const scattered = all.filter((group) => group.isScatter), scatter = scatterLayout(scattered, width, ruled);
  const svg = drawing(width, ruled + scatter.height).attr("role", "img")
    .attr("aria-label", say("effects.chart", data.metrics[state.metric]));
  if (groups.length) {
    const one = effectScale(groups, layout.plot);
    let y = 0;
    if (shared) drawEffectAxis(svg, one, layout, 8, ruled - layout.foot - 14);
    for (const group of groups) {
      const scale = shared ? one : effectScale([group], layout.plot), bottom = y + heightOf(group);
      if (!shared) drawEffectAxis(svg, scale, layout, y + layout.head - 6, bottom);
      drawGroup(svg, group, scale, layout, y);
      y = bottom + (shared ? 0 : layout.foot);
    }
  }
  scattered.forEach((group, i) => drawScatter(svg, group, scatter.panels[i]));
  effects.svg = svg.node();
  place.replaceChildren(all.length || !whole.length ? effects.svg : element("p", {class: "nothing"},
    say("effects.no_pair")));
  byId("effects-table").replaceChildren(all.length || !whole.length ? effectTable(all) : "");
  drawEffectsNote(groups, scattered);
}
function drawEffectsNote(groups, scattered) {
  const {name, maximize} = data.metrics[state.metric], words = [];
  if (groups.length)
    words.push(say(maximize ? "effects.note_right" : "effects.note_left", {name}), say("effects.note_paired"));
  if (scattered.length)
    words.push(say("effects.note_scatter", {n: FEW_LEVELS}));
  byId("effects-note").textContent = words.length ? [...words, say("filter.not_here")].join(" ") : "";
}

function drawEffectAxis(svg, scale, layout, top, bottom) {
  const ticks = scale.ticks(Math.max(2, (layout.plot[1] - layout.plot[0]) / 90));
  const format = scale.tickFormat(6);
  const axis = svg.append("g").attr("class", "axis");
  for (const tick of ticks) {
    axis.append("line").attr("class", tick === 0 ? "effect-zero" : null).attr("x1", scale(tick)).attr("x2", scale(tick)).attr("y1", top).attr("y2", bottom);
    axis.append("text").attr("x", scale(tick)).attr("y", bottom + 16).attr("text-anchor", "middle")
      .text(tick === 0 ? "0" : (tick > 0 ? "+" : "\u2212") + format(Math.abs(tick)));
  }
}

function drawGroup(svg, group, scale, layout, top) {
  drawGroupTitle(svg, group, 0, top + 24, layout.width);
  let y = top + layout.head;
  group.labels.forEach((label, i) => {
    drawEffect(svg, group, group.drawn[i], label, scale, layout, y);
    y += label.height;
  });
}
/* The hyperparameter's name and what it explains; below it where the width is short. */
function drawGroupTitle(svg, group, x, y, width) {
  const title = svg.append("text").attr("x", x).attr("y", y).attr("class", "halo"), name = nameOf(group.axis), words = [];
  title.append("tspan").attr("class", "effect-title").text(name);
  if (group.share !== null) words.push(say("effects.share", {share: shareText(group.share)}));
  if (hasSeveral) words.push(say("effects.in", {name: sweepNames[group.sweep]}));
  const along = group.carried.filter((other) => data.hyperparameters.some((one) => one.name === other));
  if (along.length) words.push(say("effects.along", {n: along.length, names: along.join(", ")}));
  if (!group.isScatter && group.drawn.length < group.values.length) words.push(say("effects.drawn", {n: group.values.length, drawn: group.drawn.length}));
  const beside = width - textWidth(name, 13, 600) - 10, text = words.join("; "), fits = textWidth(text) <= beside;
  const span = title.append("tspan").attr("class", "effect-share").text(fits ? text : shortened(text, width));
  if (fits) span.attr("dx", 10); else span.attr("x", x).attr("dy", 16);
  if (textWidth(text) > width) title.append("title").text(text);
}
const shareText = (share) => (share < 0.01 ? say("share.less") : say("share.text", {value: String(Math.round(share * 100))}));

function drawEffect(svg, group, at, {lines, right, isBelow, height}, scale, layout, top) {
  const {narrow, plot} = layout, value = group.values[at], level = group.levels[at];
  const middle = narrow ? top + height - 14 : top + height / 2, first = narrow ? top + 16 : middle + 4.5 - 8 * (lines.length - 1);
  const row = svg.append("g").attr("class", "effect").attr("data-axis", group.axis).attr("data-level", level);
  const write = (text, x, y, anchor, quiet) => row.append("text").attr("class", `halo ${quiet ? "quiet-text" : ""}`).attr("x", x).attr("y", y)
    .attr("text-anchor", anchor).text(text);
  row.append("rect").attr("class", "hit").attr("x", 0).attr("y", top).attr("width", layout.width).attr("height", height);
  lines.forEach((line, i) => write(line, narrow ? 0 : layout.names - 8, first + 16 * i, narrow ? "start" : "end"));
  if (narrow) write(right, layout.width, isBelow ? first + 16 * lines.length : first, "end", !effectNumbers(value));
  else {
    write(effectNumbers(value), layout.numbers + 16, middle + 4.5, "start");
    write(verdictText(value), layout.words + 16, middle + 4.5, "start", !isFound(value));
  }
  if (value.verdict === "reference") {
    row.append("path").attr("class", "mark").attr("d", "M0,-5L5,0L0,5L-5,0Z").attr("transform", `translate(${scale(0)},${middle})`)
      .style("fill", "var(--paper)").style("stroke", "var(--quiet)");
  } else if (value.difference !== null) drawInterval(row, value, scale, plot, middle);
  row.node().addEventListener("pointermove", (event) => showTip(event.clientX, event.clientY,
    `${nameOf(group.axis)} ${levelText(group.axis, level)}`, effectRows(group, value)));
  row.node().addEventListener("pointerleave", hideTip);
}

function drawInterval(row, value, scale, [left, right], y) {
  const colour = effectColour(value);
  if (value.low !== null) {
    const [a, b] = [Math.max(left, scale(value.low)), Math.min(right, scale(value.high))];
    row.append("line").attr("class", "effect-ci").attr("x1", a).attr("x2", b).attr("y1", y).attr("y2", y).style("stroke", colour);
    for (const [edge, beyond, way] of [[left, scale(value.low) < left, 1], [right, scale(value.high) > right, -1]])
      if (beyond) row.append("path").attr("d", `M${edge + 6 * way},${y - 4}L${edge},${y}L${edge + 6 * way},${y + 4}`)
        .attr("fill", "none").style("stroke", colour);
  }
  /* Filled where a difference was found, hollow where none was: not by colour alone. */
  row.append("circle").attr("class", "mark").attr("cx", scale(value.difference)).attr("cy", y).attr("r", 4.5).attr("stroke-width", 2)
    .style("stroke", colour).style("fill", isFound(value) ? colour : "var(--paper)");
}

function effectRows(group, value) {
  const rows = [[say("column.mean"), `${score(state.metric, value.mean)}${value.deviation === null ? "" : ` \u00b1 ${score(state.metric, value.deviation)}`}`],
    [say("column.trials"), value.diverged ? say("effects.and_diverged", {trials: value.n, n: value.diverged}) : grouped(value.n)]];
  if (value.verdict === "reference") return [...rows, ["", say("effects.reference")]];
  if (value.difference !== null)
    rows.push([say("column.difference"), signed(value.difference)], [say("column.interval"), intervalText(value) || NONE],
      [say("effects.better_in"), `${someOf(value.better, counted("pair", value.pairs))}, ${counted("seed", value.seeds)}`]);
  if (value.p !== null) rows.push([say(`test.${value.test}`), pText(value)]);
  return [...rows, ["", verdictWords(value)]];
}

/* The same with all digits, for a file. */
function effectRecords(groups) {
  const numbers = ["n", "mean", "deviation", "diverged", "difference", "low", "high", "p", "seeds"];
  return [["hyperparameter", ...(hasSeveral ? ["sweep"] : []), "value", ...numbers, "verdict"], ...groups.flatMap((group) => group.values.map((value, i) => [
    nameOf(group.axis), ...(hasSeveral ? [sweepNames[group.sweep]] : []), data.hyperparameters[group.axis].levels[group.levels[i]],
    ...numbers.map((name) => value[name]), value.verdict]))];
}

/* The same for those who read rather than look. */
function effectTable(groups) {
  const heads = [...["hyperparameter", ...(hasSeveral ? ["sweep"] : []), "value", "trials", "mean", "deviation", "difference", "interval", "p", "seeds"]
    .map((key) => say(`column.${key}`)), ""];
  const body = groups.flatMap((group) => group.values.map((value, i) => element("tr", {},
    element("th", {scope: "row"}, nameOf(group.axis)), ...(hasSeveral ? [element("td", {}, sweepNames[group.sweep])] : []),
    ...[[levelText(group.axis, group.levels[i])], [grouped(value.n), 1], [score(state.metric, value.mean), 1], [score(state.metric, value.deviation), 1],
      [value.verdict === "reference" ? "" : signed(value.difference), 1], [intervalText(value), 1],
      [value.p === null ? "" : pText(value).replace("p = ", "").replace("p ", ""), 1],
      [value.verdict === "reference" ? "" : grouped(value.seeds), 1], [verdictWords(value)]]
      .map(([text, number]) => element("td", {class: number ? "number" : null}, text)))));
  const isNumber = (i) => i > heads.length - 9 && i < heads.length - 1;
  return element("details", {class: "numbers"}, element("summary", {}, say("table.same")),
    element("div", {class: "scroller", tabindex: 0, role: "region", "aria-label": say("effects.table")},
      element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((head, i) =>
        element("th", {scope: "col", class: isNumber(i) ? "number" : null}, head)))),
        element("tbody", {}, ...body))));
}
