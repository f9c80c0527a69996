/* Two hyperparameters against each other: a cell is the mean, or the best, over the settings shown
 * that have both values. */
const heat = {x: 0, y: 1, cell: "mean"};

function makeHeatmap() {
  const section = byId("heatmap"), axes = data.hyperparameters;
  if (axes.length < 2 || !data.metrics.length) {
    section.querySelector(".controls").hidden = true;
    byId("heatmap-chart").append(element("p", {class: "nothing"}, "It takes two hyperparameters that differ, and results."));
    return;
  }
  [heat.x, heat.y] = strongest();
  for (const [id, which] of [["heat-x", "x"], ["heat-y", "y"]]) {
    const select = byId(id);
    axes.forEach((axis, i) => select.append(element("option", {value: i}, axis.name)));
    select.addEventListener("change", () => {
      const other = which === "x" ? "y" : "x", chosen = Number(select.value);
      if (heat[other] === chosen) heat[other] = heat[which]; /* they change places */
      heat[which] = chosen;
      drawHeatmap();
    });
  }
  const cell = byId("heat-cell");
  for (const [value, text] of [["mean", "the mean"], ["best", "the best setting"]]) cell.append(element("option", {value}, text));
  cell.addEventListener("change", () => { heat.cell = cell.value; drawHeatmap(); });
  keepDrawn(byId("heatmap-chart"), drawHeatmap);
  events.on("metric.heatmap", () => later(drawHeatmap));
  events.on("filter.heatmap", () => later(drawHeatmap));
}

/* The two hyperparameters whose levels' means lie furthest apart: the most to see at first. */
function strongest() {
  const all = statisticsOf(state.metric);
  const spread = data.hyperparameters.map((hyperparameter, axis) => {
    const means = hyperparameter.levels.map((_, level) => d3.mean(d3.range(settingCount)
      .filter((setting) => levelOf(setting, axis) === level && all[setting].n), (setting) => all[setting].mean));
    const [least, most] = d3.extent(means);
    return {axis, by: hyperparameter.levels.length > 40 ? -1 : (most - least) || 0};
  }).sort((a, b) => b.by - a.by);
  const [a, b] = spread;
  /* The one with more values lies across. */
  const wide = data.hyperparameters[a.axis].levels.length > data.hyperparameters[b.axis].levels.length;
  return wide ? [a.axis, b.axis] : [b.axis, a.axis];
}

function heatCells() {
  const settings = new Set(shownRows().map((row) => row.setting)), all = statisticsOf(state.metric);
  const groups = new Map();
  for (const setting of settings) {
    const [x, y] = [levelOf(setting, heat.x), levelOf(setting, heat.y)], key = `${x},${y}`;
    if (!groups.has(key)) groups.set(key, {x, y, means: [], diverged: 0});
    const group = groups.get(key);
    if (all[setting].n) group.means.push(all[setting].mean);
    group.diverged += countOf(setting, DIVERGED);
  }
  const best = data.metrics[state.metric].maximize ? d3.max : d3.min;
  return [...groups.values()].map((group) => ({...group, n: group.means.length,
    value: group.means.length ? (heat.cell === "best" ? best(group.means) : d3.mean(group.means)) : NaN}));
}
const cellText = (cell) => (isNaN(cell.value) ? (cell.diverged ? "diverged" : NONE) : score(state.metric, cell.value));

/* Where everything is. On a narrow page a row's name stands above its cells, not beside them. */
function heatLayout(width) {
  const [xs, ys] = [heat.x, heat.y].map((axis) => d3.range(data.hyperparameters[axis].levels.length));
  const narrow = width < 640, top = narrow ? 44 : 48, above = narrow ? 20 : 0;
  const names = d3.max([textWidth(nameOf(heat.y), 12), ...ys.map((level) => textWidth(levelText(heat.y, level)))]);
  const left = narrow ? 0 : 12 + Math.min(220, names);
  const band = (ys.length > 20 ? 22 : narrow ? 40 : 52) + above;
  const across = Math.min(width - left, Math.max(260, xs.length * 170));
  const x = d3.scaleBand(xs, [left, left + across]).padding(xs.length > 30 ? 0 : 0.02);
  const y = d3.scaleBand(ys, [top, top + band * ys.length]).padding(ys.length > 30 ? 0 : 0.04);
  return {width, narrow, left, top, x, y, above, height: top + band * ys.length + 4,
    cellHeight: y.bandwidth() - above};
}

function drawHeatmap() {
  byId("heat-x").value = heat.x;
  byId("heat-y").value = heat.y;
  const place = byId("heatmap-chart"), cells = heatCells(), layout = heatLayout(place.clientWidth);
  const {name, maximize} = data.metrics[state.metric];
  const svg = drawing(layout.width, layout.height).attr("role", "group")
    .attr("aria-label", `${name} by ${nameOf(heat.x)} and ${nameOf(heat.y)}; arrow keys move between cells`);
  const scored = cells.filter((cell) => cell.n);
  const [least, most] = d3.extent(scored, (cell) => cell.value);
  drawHeatAxes(svg, layout);
  drawCells(svg, cells, layout, maximize ? [least, most] : [most, least]);
  place.replaceChildren(svg.node());
  if (scored.length) place.prepend(rampLegend(score(state.metric, maximize ? least : most), `${score(state.metric, maximize ? most : least)}, best`));
  if (!cells.length) place.append(element("p", {class: "nothing"}, "Nothing passes the filters."));
  const kinds = new Set(scored.map((cell) => cell.n));
  byId("heatmap-note").textContent = scored.length ? `${name}, ${betterWords(state.metric)}. A cell is ${heat.cell === "best"
    ? "the best of" : "the mean over"} ${kinds.size === 1 ? plural([...kinds][0], "setting") : "its settings"} shown. Filters apply.${interactionWords()}` : "";
}

/* Whether the effect of the one depends on the other, as `sweep compare` has it: of the sweep's own
 * metric, and of all its trials. */
function interactionWords() {
  return page.sweeps.map((one, sweep) => interactionIn(one, sweep)).join("");
}
function interactionIn({interactions}, sweep) {
  const pair = [heat.x, heat.y], found = state.metric === metricOf(sweep)
    && interactions.find(({axes}) => axes.every((axis) => pair.includes(axisOf(axis))));
  if (!found) return "";
  const [x, y] = pair.map(nameOf), several = interactions.length, where = hasSeveral ? ` (${sweepNames[sweep]})` : "";
  const p = found.p === null ? "" : ` (${pText(found)}${several > 1 ? `, corrected for ${several} pairs` : ""})`;
  const words = {
    depends: ` The effect of ${x} depends on ${y}${p}${where}.`,
    unclear: ` Nothing shows that the effect of ${x} depends on ${y}${p}${where}.`,
    same: ` The effect of ${x} does not depend on ${y}${where}.`,
    few: ` There are too few seeds to be sure whether the effect of ${x} depends on ${y}${p}${where}.`,
  }[found.verdict] || "";
  return words + (found.share === null ? "" : ` What they do together, beyond what each does alone, explains ${shareText(found.share)} of the variance.`);
}

function drawHeatAxes(svg, {x, y, left, top, narrow}) {
  const quiet = (text, at, height, anchor) => svg.append("text").attr("class", "quiet").attr("x", at).attr("y", height)
    .attr("text-anchor", anchor).text(text);
  if (narrow) quiet(`${nameOf(heat.x)} across, ${nameOf(heat.y)} down`, 0, 12, "start");
  else {
    quiet(nameOf(heat.x), d3.mean(x.range()), 12, "middle");
    quiet(nameOf(heat.y), left - 12, top - 7, "end");
  }
  const values = data.hyperparameters[heat.x].levels;
  const text = (level) => (typeof values[level] === "number" ? numberText(values[level], 3) : levelText(heat.x, level));
  /* Numbers too close to each other to be read: every second of them, or third ... */
  const widest = data.hyperparameters[heat.x].number ? d3.max(x.domain(), (level) => textWidth(text(level))) : 0;
  const every = Math.max(1, Math.ceil((widest + 8) / x.step()));
  for (const level of x.domain().filter((one) => one % every === 0)) {
    const made = svg.append("text").attr("class", "across").attr("text-anchor", "middle");
    inLines(text(level), every * x.step() - 6, 12).forEach((line, i, lines) => made.append("tspan")
      .attr("x", x(level) + x.bandwidth() / 2).attr("y", top - 7 - 13 * (lines.length - 1 - i)).text(line));
  }
  for (const level of y.domain()) {
    const made = svg.append("text").attr("class", "down").attr("x", narrow ? 0 : left - 12).attr("text-anchor", narrow ? "start" : "end");
    if (narrow) made.attr("y", y(level) + 14).text(levelText(heat.y, level));
    else made.attr("y", y(level) + y.bandwidth() / 2).attr("dy", "0.35em").text(shortened(levelText(heat.y, level), left - 12));
  }
}

function drawCells(svg, cells, {x, y, above, cellHeight}, [worst, best]) {
  const share = d3.scaleLinear([worst, best], [0, 1]);
  const colour = (cell) => (isNaN(cell.value) ? "transparent" : ramp(worst === best ? 1 : share(cell.value)));
  const words = (cell) => `${nameOf(heat.x)} ${levelText(heat.x, cell.x)}, ${nameOf(heat.y)} ${levelText(heat.y, cell.y)}: `
    + `${cellText(cell)}, ${plural(cell.n, "setting")}`;
  const rects = svg.append("g").selectAll("rect").data(cells).enter().append("rect").attr("class", "cell")
    .attr("x", (cell) => x(cell.x)).attr("y", (cell) => y(cell.y) + above).attr("width", x.bandwidth()).attr("height", cellHeight)
    .attr("rx", 2).attr("fill", colour).style("stroke", (cell) => (isNaN(cell.value) ? "var(--line)" : null))
    .attr("role", "img").attr("aria-label", words).attr("tabindex", (_, i) => (i ? -1 : 0));
  svg.append("g").attr("pointer-events", "none").selectAll("text")
    .data(cells.filter((cell) => textWidth(cellText(cell)) <= x.bandwidth() - 6)).enter().append("text")
    .attr("x", (cell) => x(cell.x) + x.bandwidth() / 2).attr("y", (cell) => y(cell.y) + above + cellHeight / 2).attr("dy", "0.35em")
    .attr("text-anchor", "middle").style("fill", (cell) => (isNaN(cell.value) ? "var(--quiet)" : inkOn(colour(cell)))).text(cellText);
  exploreCells(svg.node(), rects.nodes(), (cell) => [cell.x, cell.y], (cell) =>
    [`${nameOf(heat.x)} ${levelText(heat.x, cell.x)} \u00b7 ${nameOf(heat.y)} ${levelText(heat.y, cell.y)}`,
      [[data.metrics[state.metric].name, cellText(cell)], [heat.cell === "best" ? "best of" : "mean over", plural(cell.n, "setting")]]]);
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
