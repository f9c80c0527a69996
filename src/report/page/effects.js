/* What a value of a hyperparameter does, compared with its reference, everything else held equal:
 * the numbers of `sweep compare`, which were computed with the page. */
const effects = {shared: true};
const VERDICTS = {
  reference: "reference", better: "better", worse: "worse", same: "the same in every seed", unclear: "no difference found",
  few: "too few seeds to tell", unpaired: "nothing to compare it with",
};
const isFound = (value) => value.verdict === "better" || value.verdict === "worse";
const effectColour = (value) => (value.verdict === "better" ? "var(--slot-0)" : value.verdict === "worse" ? "var(--slot-1)" : "var(--quiet)");

function makeEffects() {
  const place = byId("effects-chart");
  if (!effectsNow().length) {
    byId("effects").querySelector(".controls").hidden = true;
    place.append(element("p", {class: "nothing"}, "Nothing differs, or nothing has been completed: there are no effects to tell of."));
    return;
  }
  byId("shared").addEventListener("change", (event) => {
    effects.shared = event.target.checked;
    drawEffects();
  });
  keepDrawn(place, drawEffects);
  events.on("metric.effects", () => later(drawEffects));
}

/* The hyperparameters that explain most come first. Of very many values those with the largest
 * differences are drawn; the table has all. */
const DRAWN_VALUES = 30;
const effectsNow = () => (data.metrics.length ? effectsOf(state.metric) : []).map((group) => {
  const all = d3.range(group.values.length);
  const large = all.slice().sort((a, b) => sizeOf(group.values[b]) - sizeOf(group.values[a])).slice(0, DRAWN_VALUES);
  return {...group, drawn: all.length > DRAWN_VALUES ? large.sort(d3.ascending) : all};
}).sort((a, b) => a.sweep - b.sweep || d3.descending(a.share || 0, b.share || 0));
const sizeOf = (value) => (value.verdict === "reference" ? Infinity : Math.abs(value.difference || 0));

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
  return d3.scaleLinear([Math.max(low, least - room), Math.min(high, most + room)], range).nice(6);
}

function effectLayout(groups, width) {
  const narrow = width < 700;
  const labels = groups.flatMap((group) => group.levels.map((level) => levelText(group.axis, level)));
  const names = narrow ? 0 : Math.min(240, d3.max(labels, (label) => textWidth(label)) + 20);
  const numbers = narrow ? 0 : 24 + d3.max(groups.flatMap((group) => group.values), (value) =>
    textWidth(`${signed(value.difference)}  ${intervalText(value)}`));
  const words = narrow ? 0 : 24 + d3.max(groups.flatMap((group) => group.values), (value) => textWidth(verdictText(value)));
  return {width, narrow, names, plot: [names + 8, width - numbers - words - 8], numbers: width - numbers - words, words: width - words,
    head: 40, row: narrow ? 46 : 28, foot: 34};
}
const verdictText = (value) => [VERDICTS[value.verdict], isFound(value) || value.verdict === "unclear" ? pText(value) : ""].filter((text) => text).join(", ");

function drawEffects() {
  const place = byId("effects-chart"), groups = effectsNow();
  const layout = effectLayout(groups, place.clientWidth);
  const height = d3.sum(groups, (group) => layout.head + group.drawn.length * layout.row + (effects.shared ? 0 : layout.foot)) + (effects.shared ? layout.foot + 14 : 0);
  const svg = drawing(layout.width, height).attr("role", "img")
    .attr("aria-label", `Effects on ${data.metrics[state.metric].name}; the same numbers are in the table below`);
  const all = effectScale(groups, layout.plot);
  let y = 0;
  if (effects.shared) drawEffectAxis(svg, all, layout, 8, height - layout.foot - 14);
  for (const group of groups) {
    const scale = effects.shared ? all : effectScale([group], layout.plot), bottom = y + layout.head + group.drawn.length * layout.row;
    if (!effects.shared) drawEffectAxis(svg, scale, layout, y + layout.head - 6, bottom);
    drawGroup(svg, group, scale, layout, y);
    y = bottom + (effects.shared ? 0 : layout.foot);
  }
  place.replaceChildren(svg.node());
  byId("effects-table").replaceChildren(effectTable(groups));
  const {name, maximize} = data.metrics[state.metric];
  byId("effects-note").textContent = `Difference in ${name} to the reference (${maximize ? "to the right is better" : "to the left is better"}), with its 95 % confidence interval. `
    + "Trials are paired: the same seed and everything else the same. p is corrected for the number of values (Holm). Filters don\u2019t apply here.";
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
  const title = svg.append("text").attr("x", 0).attr("y", top + 24).attr("class", "halo");
  title.append("tspan").attr("class", "effect-title").text(nameOf(group.axis));
  const words = [];
  if (group.share !== null) words.push(`explains ${shareText(group.share)} of the variance`);
  const along = group.carried.filter((name) => data.hyperparameters.some((one) => one.name === name));
  if (hasSeveral) words.push(`in ${sweepNames[group.sweep]}`);
  if (group.drawn.length < group.values.length) words.push(`${group.drawn.length} of ${group.values.length} values drawn`);
  if (along.length) words.push(`${along.join(", ")} changes along`);
  title.append("tspan").attr("class", "effect-share").attr("dx", 10).text(words.join("; "));
  group.drawn.forEach((value, i) => drawEffect(svg, group, value, scale, layout, top + layout.head + i * layout.row));
}
const shareText = (share) => (share < 0.01 ? "less than 1\u00a0%" : `${Math.round(share * 100)}\u00a0%`);

function drawEffect(svg, group, at, scale, layout, top) {
  const {narrow, plot} = layout, value = group.values[at], level = group.levels[at];
  const middle = top + (narrow ? 32 : layout.row / 2), baseline = narrow ? top + 16 : middle + 4.5;
  const row = svg.append("g").attr("class", "effect").attr("data-axis", group.axis).attr("data-level", level);
  const write = (text, x, anchor, quiet) => row.append("text").attr("class", `halo ${quiet ? "quiet-text" : ""}`).attr("x", x).attr("y", baseline)
    .attr("text-anchor", anchor).text(text);
  row.append("rect").attr("class", "hit").attr("x", 0).attr("y", top).attr("width", layout.width).attr("height", layout.row);
  const numbers = value.verdict === "reference" || value.difference === null ? "" : `${signed(value.difference)}  ${intervalText(value)}`;
  const right = numbers || verdictText(value);
  const room = narrow ? layout.width - textWidth(right) - 12 : layout.names - 8;
  write(shortened(levelText(group.axis, level), room), narrow ? 0 : room, narrow ? "start" : "end");
  if (narrow) write(right, layout.width, "end", !numbers);
  else {
    write(numbers, layout.numbers + 16, "start");
    write(verdictText(value), layout.words + 16, "start", !isFound(value));
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
      if (beyond) row.append("path").attr("d", `M${edge + 6 * way},${y - 4}L${edge},${y}L${edge + 6 * way},${y + 4}`).attr("fill", "none").style("stroke", colour);
  }
  /* Filled where a difference was found, hollow where none was: not by colour alone. */
  row.append("circle").attr("class", "mark").attr("cx", scale(value.difference)).attr("cy", y).attr("r", 4.5).attr("stroke-width", 2)
    .style("stroke", colour).style("fill", isFound(value) ? colour : "var(--paper)");
}

function effectRows(group, value) {
  const rows = [["mean", `${score(state.metric, value.mean)}${value.deviation === null ? "" : ` \u00b1 ${score(state.metric, value.deviation)}`}`],
    ["trials", grouped(value.n) + (value.diverged ? `, and ${grouped(value.diverged)} diverged` : "")]];
  if (value.verdict === "reference") return [...rows, ["", "what the others are compared with"]];
  if (value.difference !== null)
    rows.push(["difference", signed(value.difference)], ["95 % interval", intervalText(value) || NONE],
      ["better in", `${grouped(value.better)} of ${plural(value.pairs, "pair")}, ${plural(value.seeds, "seed")}`]);
  if (value.p !== null) rows.push([value.test, pText(value)]);
  return [...rows, ["", VERDICTS[value.verdict]]];
}

/* The same for those who read rather than look. */
function effectTable(groups) {
  const heads = ["hyperparameter", ...(hasSeveral ? ["sweep"] : []), "value", "trials", "mean", "sd", "difference", "95 % interval", "p (Holm)", "seeds", ""];
  const body = groups.flatMap((group) => group.values.map((value, i) => element("tr", {},
    element("th", {scope: "row"}, nameOf(group.axis)), ...(hasSeveral ? [element("td", {}, sweepNames[group.sweep])] : []),
    ...[[levelText(group.axis, group.levels[i])], [grouped(value.n), 1], [score(state.metric, value.mean), 1], [score(state.metric, value.deviation), 1],
      [value.verdict === "reference" ? "" : signed(value.difference), 1], [intervalText(value), 1], [value.p === null ? "" : pText(value).replace("p = ", "").replace("p ", ""), 1],
      [value.verdict === "reference" ? "" : grouped(value.seeds), 1], [VERDICTS[value.verdict]]]
      .map(([text, number]) => element("td", {class: number ? "number" : null}, text)))));
  return element("details", {class: "numbers"}, element("summary", {}, "The same as a table"),
    element("div", {class: "scroller", tabindex: 0, role: "region", "aria-label": "Effects as a table, scrolls"},
      element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((head, i) => element("th", {scope: "col", class: i > heads.length - 9 && i < heads.length - 1 ? "number" : null}, head)))),
        element("tbody", {}, ...body))));
}
