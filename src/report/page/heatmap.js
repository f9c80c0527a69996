/* Two hyperparameters against each other: a cell is the mean, or the best, over the settings shown
 * that have both values. Numbers of many values are taken together in ranges. */
const heat = {svg: null};
const RANGES = 12;

function makeHeatmap() {
  const controls = byId("heatmap").querySelector(".controls"), axes = data.hyperparameters;
  if (axes.length < 2 || !data.metrics.length) {
    controls.hidden = true;
    byId("heatmap-chart").append(element("p", {class: "nothing"}, say("heatmap.nothing")));
    return;
  }
  for (const [id, which] of [["heat-x", "x"], ["heat-y", "y"]]) {
    const select = byId(id);
    axes.forEach((axis, i) => select.append(element("option", {value: i}, axis.name)));
    select.addEventListener("change", () => {
      const other = which === "x" ? "y" : "x", chosen = Number(select.value);
      /* The same one twice: they change places. */
      setView(state.heat, {[which]: chosen, ...(state.heat[other] === chosen ? {[other]: state.heat[which]} : {})});
    });
  }
  const cell = byId("heat-cell");
  for (const [value, text] of [["mean", say("heatmap.mean")], ["best", say("heatmap.best")]]) cell.append(element("option", {value}, text));
  cell.addEventListener("change", () => setView(state.heat, {cell: cell.value}));
  keepDrawn(byId("heatmap-chart"), drawHeatmap);
  for (const what of ["metric", "filter", "view"]) events.on(`${what}.heatmap`, () => later(drawHeatmap));
  saveButtons(controls, "heatmap", {records: heatRecords, picture: () => ({svg: heat.svg})});
}

/* The two hyperparameters whose levels' means lie furthest apart: the most to see at first. */
function chooseHeat() {
  if (data.hyperparameters.length < 2 || !data.metrics.length) return;
  const all = statisticsOf(state.metric);
  const spread = data.hyperparameters.map((hyperparameter, axis) => {
    const means = d3.rollup(d3.range(settingCount).filter((setting) => all[setting].n),
      (settings) => d3.mean(settings, (setting) => all[setting].mean), (setting) => levelOf(setting, axis));
    const [least, most] = d3.extent(means.values());
    return {axis, by: hyperparameter.levels.length > 40 ? -1 : (most - least) || 0};
  }).sort((a, b) => b.by - a.by);
  const [a, b] = spread;
  /* The one with more values lies across. */
  const wide = data.hyperparameters[a.axis].levels.length > data.hyperparameters[b.axis].levels.length;
  [state.heat.x, state.heat.y] = wide ? [a.axis, b.axis] : [b.axis, a.axis];
}

/* An axis' bins: {texts, of: each level's bin}. A bin is a level, or a range of equal width (on a
 * logarithmic scale where values go over two orders of magnitude). */
function heatBins(axis) {
  const {levels, number} = data.hyperparameters[axis], present = levels.filter((level) => level !== null);
  const short = (level) => (typeof level === "number" ? numberText(level, 3) : valueText(level));
  if (!number || present.length <= 2 * RANGES) return {texts: levels.map(short), of: levels.map((_, level) => level), isNumber: number};
  const scale = scaleFor(data.hyperparameters[axis], present).range([0, RANGES]);
  const of = levels.map((level) => (level === null ? RANGES : Math.min(RANGES - 1, Math.floor(scale(level)))));
  const text = (value) => numberText(value, 2);
  const texts = d3.range(RANGES).map((i) => `${text(scale.invert(i))} \u2013 ${text(scale.invert(i + 1))}`);
  return {texts: levels.includes(null) ? [...texts, NONE] : texts, of, isNumber: false};
}

function heatCells(bins = [state.heat.x, state.heat.y].map(heatBins)) {
  const settings = new Set(shownRows().map((row) => row.setting)), all = statisticsOf(state.metric);
  const groups = new Map();
  for (const setting of settings) {
    const x = bins[0].of[levelOf(setting, state.heat.x)], y = bins[1].of[levelOf(setting, state.heat.y)], key = x * 100000 + y;
    if (!groups.has(key)) groups.set(key, {x, y, means: [], diverged: 0});
    const group = groups.get(key);
    if (all[setting].n) group.means.push(all[setting].mean);
    group.diverged += countOf(setting, DIVERGED);
  }
  const best = data.metrics[state.metric].maximize ? d3.max : d3.min;
  return [...groups.values()].map((group) => ({...group, n: group.means.length, xText: bins[0].texts[group.x], yText: bins[1].texts[group.y],
    value: group.means.length ? (state.heat.cell === "best" ? best(group.means) : d3.mean(group.means)) : NaN}));
}
const cellText = (cell) => (isNaN(cell.value) ? (cell.diverged ? say("end.diverged") : NONE) : score(state.metric, cell.value));
function heatRecords() {
  return [[nameOf(state.heat.x), nameOf(state.heat.y), `${state.heat.cell}_${data.metrics[state.metric].column}`, "settings", "diverged"],
    ...heatCells().sort((a, b) => a.y - b.y || a.x - b.x).map((cell) => [cell.xText, cell.yText, isNaN(cell.value) ? "" : cell.value, cell.n, cell.diverged])];
}

/* Where everything is. On a narrow page a row's name stands above its cells, not beside them. Only
 * values that occur among the cells have a row or a column. */
function heatLayout(width, cells, bins) {
  const [xs, ys] = ["x", "y"].map((which) => [...new Set(cells.map((cell) => cell[which]))].sort(d3.ascending));
  const narrow = width < 640, names = ys.map((y) => bins[1].texts[y]);
  const left = narrow ? 0 : 12 + Math.min(260, Math.max(textWidth(nameOf(state.heat.y), 12), widest(names)));
  const across = Math.min(width - left, Math.max(260, xs.length * 170));
  const x = d3.scaleBand(xs, [left, left + across]).padding(xs.length > 30 ? 0 : 0.02);
  const labels = labelsFor(xs.map((one) => bins[0].texts[one]), x.step() - 6, 4, {isOrdered: bins[0].isNumber, step: x.step()});
  const top = 22 + 13 * d3.max(labels.lines, (lines) => lines.length) + 8 + (narrow ? 6 : 0);
  const rows = names.map((name) => inLines(name, narrow ? width : left - 12, 4, 13) || [shortened(name, narrow ? width : left - 12)]);
  const lines = d3.max(rows, (row) => row.length) || 1, above = narrow ? 4 + 16 * lines : 0;
  const band = Math.max(ys.length > 20 ? 22 : narrow ? 40 : 52, narrow ? 0 : 16 * lines + 6) + above;
  const y = d3.scaleBand(ys, [top, top + band * ys.length]).padding(ys.length > 30 ? 0 : 0.04);
  return {width, narrow, left, top, x, y, above, labels, rows, height: top + band * ys.length + 4, cellHeight: y.bandwidth() - above};
}

function drawHeatmap() {
  const place = byId("heatmap-chart"), bins = [state.heat.x, state.heat.y].map(heatBins), cells = heatCells(bins);
  for (const which of ["x", "y", "cell"]) byId(`heat-${which}`).value = state.heat[which];
  heat.svg = null;
  byId("heatmap-note").textContent = "";
  if (!cells.length) {
    place.replaceChildren(element("p", {class: "nothing"}, say("filter.nothing")));
    return;
  }
  const layout = heatLayout(place.clientWidth, cells, bins), {name, maximize} = data.metrics[state.metric];
  const svg = drawing(layout.width, layout.height + 28).attr("role", "group")
    .attr("aria-label", say("heatmap.chart", {name, x: nameOf(state.heat.x), y: nameOf(state.heat.y)}));
  const scored = cells.filter((cell) => cell.n), [least, most] = d3.extent(scored, (cell) => cell.value);
  drawHeatAxes(svg, layout);
  drawCells(svg, cells, layout, maximize ? [least, most] : [most, least]);
  const [worst, best] = (maximize ? [least, most] : [most, least]).map((value) => score(state.metric, value));
  if (scored.length) drawRamp(svg, 0, layout.height + 10, worst, say("heatmap.best_end", {score: best}));
  heat.svg = svg.node();
  const keys = keysList([{title: nameOf(state.heat.x), key: layout.labels.key}]);
  place.replaceChildren(heat.svg, ...(keys ? [keys] : []));
  const kinds = new Set(scored.map((cell) => cell.n));
  byId("heatmap-note").textContent = scored.length ? [say("heatmap.metric", {name, better: betterWords(state.metric)}),
    kinds.size === 1 ? say(`heatmap.note_${state.heat.cell}`, {n: [...kinds][0]}) : say(`heatmap.note_${state.heat.cell}_own`), say("filter.here"), ...interactionWords()].join(" ") : "";
}

/* Whether the effect of the one depends on the other, as `sweep compare` has it: of the sweep's own
 * metric, and of all its trials. */
function interactionWords() {
  return page.sweeps.flatMap((one, sweep) => interactionIn(one, sweep));
}
function interactionIn({interactions}, sweep) {
  const pair = [state.heat.x, state.heat.y], found = state.metric === metricOf(sweep)
    && interactions.find(({axes}) => axes.every((axis) => pair.includes(axisOf(axis))));
  if (!found) return [];
  const [x, y] = pair.map(nameOf), several = interactions.length, where = hasSeveral ? ` (${sweepNames[sweep]})` : "";
  const p = found.p === null ? "" : ` (${pText(found)}${several > 1 ? say("interaction.corrected", {n: several}) : ""})`, key = `interaction.${found.verdict}`;
  return [...(WORDS[key] ? [say(key, {x, y, note: p + where})] : []),
    ...(found.share === null ? [] : [say("interaction.share", {share: shareText(found.share)})])];
}

function drawHeatAxes(svg, {x, y, left, top, narrow, labels, rows}) {
  const quiet = (text, at, height, anchor) => svg.append("text").attr("class", "quiet").attr("x", at).attr("y", height)
    .attr("text-anchor", anchor).text(text);
  const [across, down] = [state.heat.x, state.heat.y].map(nameOf);
  if (narrow) quiet(say("heatmap.axes", {across, down}), 0, 12, "start");
  else {
    quiet(across, d3.mean(x.range()), 12, "middle");
    quiet(down, left - 12, top - 7, "end");
  }
  x.domain().forEach((one, i) => {
    if (i % labels.every) return;
    const made = svg.append("text").attr("class", "across").attr("text-anchor", "middle");
    labels.lines[i].forEach((line, j, lines) => made.append("tspan")
      .attr("x", x(one) + x.bandwidth() / 2).attr("y", top - 7 - 13 * (lines.length - 1 - j)).text(line));
  });
  y.domain().forEach((one, i) => {
    const made = svg.append("text").attr("class", "down").attr("text-anchor", narrow ? "start" : "end"), lines = rows[i];
    lines.forEach((line, j) => made.append("tspan").attr("x", narrow ? 0 : left - 12)
      .attr("y", narrow ? y(one) + 14 + 16 * j : y(one) + y.bandwidth() / 2 + 4.5 + 16 * (j - (lines.length - 1) / 2)).text(line));
  });
}

function drawCells(svg, cells, {x, y, above, cellHeight}, [worst, best]) {
  const share = d3.scaleLinear([worst, best], [0, 1]);
  const colour = (cell) => (isNaN(cell.value) ? "transparent" : ramp(worst === best ? 1 : share(cell.value)));
  const [across, down] = [state.heat.x, state.heat.y].map(nameOf);
  const words = (cell) => `${across} ${cell.xText}, ${down} ${cell.yText}: ${cellText(cell)}, ${counted("setting", cell.n)}`;
  const rects = svg.append("g").selectAll("rect").data(cells).enter().append("rect").attr("class", "cell")
    .attr("x", (cell) => x(cell.x)).attr("y", (cell) => y(cell.y) + above).attr("width", x.bandwidth()).attr("height", cellHeight)
    .attr("rx", 2).attr("fill", colour).style("stroke", (cell) => (isNaN(cell.value) ? "var(--line)" : null))
    .attr("role", "img").attr("aria-label", words).attr("tabindex", (_, i) => (i ? -1 : 0));
  svg.append("g").attr("pointer-events", "none").selectAll("text")
    .data(cells.filter((cell) => textWidth(cellText(cell)) <= x.bandwidth() - 6)).enter().append("text")
    .attr("x", (cell) => x(cell.x) + x.bandwidth() / 2).attr("y", (cell) => y(cell.y) + above + cellHeight / 2).attr("dy", "0.35em")
    .attr("text-anchor", "middle").style("fill", (cell) => (isNaN(cell.value) ? "var(--quiet)" : inkOn(colour(cell)))).text(cellText);
  exploreCells(svg.node(), rects.nodes(), (cell) => [cell.x, cell.y], (cell) =>
    [`${across} ${cell.xText} \u00b7 ${down} ${cell.yText}`,
      [[data.metrics[state.metric].column, cellText(cell)], [say(`heatmap.${state.heat.cell}_of`), counted("setting", cell.n)]]]);
}

/* A grid of cells that tell about themselves under the pointer and under the arrow keys. `tell`
 * gives a title and rows. */
function exploreCells(svg, nodes, placeOf, tell) {
  const show = (node) => {
    const box = node.getBoundingClientRect();
    showTip(box.left + box.width / 2, box.top + box.height / 2, ...tell(d3.select(node).datum()));
  };
  svg.addEventListener("pointerover", (event) => (nodes.includes(event.target) ? show(event.target) : hideTip()));
  svg.addEventListener("pointerleave", hideTip);
  svg.addEventListener("focusin", (event) => nodes.includes(event.target) && show(event.target));
  svg.addEventListener("focusout", hideTip);
  svg.addEventListener("keydown", (event) => moveInGrid(event, nodes, (node) => placeOf(d3.select(node).datum())));
}

/* Arrow keys: to the nearest cell on that side. One cell at a time is in the tab order. */
function moveInGrid(event, nodes, placeOf) {
  const step = {ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1]}[event.key];
  if (event.key === "Escape") hideTip();
  if (!step || !nodes.includes(event.target)) return;
  event.preventDefault();
  const [x, y] = placeOf(event.target);
  const next = d3.least(nodes.filter((node) => {
    const [toX, toY] = placeOf(node);
    return step[0] ? toY === y && (toX - x) * step[0] > 0 : toX === x && (toY - y) * step[1] > 0;
  }), (node) => { const [toX, toY] = placeOf(node); return Math.abs(toX - x) + Math.abs(toY - y); });
  if (!next) return;
  event.target.setAttribute("tabindex", -1);
  next.setAttribute("tabindex", 0);
  next.focus();
}
