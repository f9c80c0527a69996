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
    if (!all[setting].n) continue;
    const key = `${levelOf(setting, heat.x)},${levelOf(setting, heat.y)}`;
    if (!groups.has(key)) groups.set(key, {x: levelOf(setting, heat.x), y: levelOf(setting, heat.y), means: []});
    groups.get(key).means.push(all[setting].mean);
  }
  const best = data.metrics[state.metric].maximize ? d3.max : d3.min;
  return [...groups.values()].map((group) => ({...group, n: group.means.length,
    value: heat.cell === "best" ? best(group.means) : d3.mean(group.means)}));
}

function drawHeatmap() {
  byId("heat-x").value = heat.x;
  byId("heat-y").value = heat.y;
  const place = byId("heatmap-chart"), cells = heatCells();
  const [xs, ys] = [heat.x, heat.y].map((axis) => d3.range(data.hyperparameters[axis].levels.length));
  const width = place.clientWidth, narrow = width < 640;
  const left = narrow ? 0 : 12 + Math.min(220, Math.max(textWidth(nameOf(heat.y), 12), d3.max(ys, (level) => textWidth(levelText(heat.y, level)))));
  const across = Math.min(width - left, Math.max(260, xs.length * 170));
  const band = ys.length > 20 ? 22 : narrow ? 62 : 52, top = narrow ? 44 : 48;
  const x = d3.scaleBand(xs, [left, left + across]).padding(xs.length > 40 ? 0 : 0.02);
  const y = d3.scaleBand(ys, [top, top + band * ys.length]).padding(ys.length > 40 ? 0 : 0.04);
  const svg = d3.create("svg").attr("width", width).attr("height", top + band * ys.length + 4)
    .attr("role", "group").attr("aria-label", `${data.metrics[state.metric].name} by ${nameOf(heat.x)} and ${nameOf(heat.y)}; arrow keys move between cells`);
  drawHeatAxes(svg, x, y, left, top, narrow);
  drawCells(svg, cells, x, y, narrow);
  const [least, most] = d3.extent(cells, (cell) => cell.value);
  const {maximize} = data.metrics[state.metric];
  place.replaceChildren(rampLegend(cells.length ? score(state.metric, maximize ? least : most) : "", cells.length
    ? `${score(state.metric, maximize ? most : least)}, best` : ""), svg.node());
  if (!cells.length) place.append(element("p", {class: "nothing"}, "Nothing passes the filters."));
  const kinds = new Set(cells.map((cell) => cell.n));
  byId("heatmap-note").textContent = cells.length ? `${data.metrics[state.metric].name}, ${betterWords(state.metric)}. A cell is ${heat.cell === "best"
    ? "the best of" : "the mean over"} ${kinds.size === 1 ? plural([...kinds][0], "setting") : "its settings"} shown. Filters apply.` : "";
}

function drawHeatAxes(svg, x, y, left, top, narrow) {
  const columnText = (level) => inLines(levelText(heat.x, level), x.bandwidth() - 6, 12);
  const [a, b] = x.range();
  svg.append("text").attr("class", "quiet").attr("x", narrow ? 0 : (a + b) / 2).attr("y", 12).attr("text-anchor", narrow ? "start" : "middle")
    .text(narrow ? `${nameOf(heat.x)} across, ${nameOf(heat.y)} in the cells` : nameOf(heat.x));
  if (!narrow) svg.append("text").attr("class", "quiet").attr("x", left - 12).attr("y", top - 7).attr("text-anchor", "end").text(nameOf(heat.y));
  if (x.bandwidth() > 14)
    for (const level of x.domain()) {
      const lines = columnText(level);
      const text = svg.append("text").attr("text-anchor", "middle");
      lines.forEach((line, i) => text.append("tspan").attr("x", x(level) + x.bandwidth() / 2)
        .attr("y", top - 7 - 13 * (lines.length - 1 - i)).text(line));
    }
  if (!narrow)
    for (const level of y.domain())
      svg.append("text").attr("x", left - 12).attr("y", y(level) + y.bandwidth() / 2).attr("dy", "0.35em").attr("text-anchor", "end")
        .text(shortened(levelText(heat.y, level), left - 12));
}

function drawCells(svg, cells, x, y, narrow) {
  const values = d3.extent(cells, (cell) => cell.value), {maximize} = data.metrics[state.metric];
  const share = d3.scaleLinear(maximize ? values : values.slice().reverse(), [0, 1]);
  const colour = (cell) => ramp(values[0] === values[1] ? 1 : share(cell.value));
  const words = (cell) => `${nameOf(heat.x)} ${levelText(heat.x, cell.x)}, ${nameOf(heat.y)} ${levelText(heat.y, cell.y)}: `
    + `${score(state.metric, cell.value)}, ${plural(cell.n, "setting")}`;
  const rects = svg.append("g").selectAll("rect").data(cells).enter().append("rect").attr("class", "cell")
    .attr("x", (cell) => x(cell.x)).attr("y", (cell) => y(cell.y)).attr("width", x.bandwidth()).attr("height", y.bandwidth())
    .attr("rx", 2).attr("fill", colour).attr("role", "img").attr("aria-label", words)
    .attr("tabindex", (_, i) => (i ? -1 : 0));
  const text = svg.append("g").attr("pointer-events", "none");
  for (const cell of cells) {
    const shown = score(state.metric, cell.value), middle = x(cell.x) + x.bandwidth() / 2;
    if (textWidth(shown) > x.bandwidth() - 6) continue;
    const label = narrow ? inLines(levelText(heat.y, cell.y), x.bandwidth() - 8, 11) : [];
    const fill = inkOn(colour(cell)), centre = y(cell.y) + y.bandwidth() / 2;
    text.append("text").attr("x", middle).attr("y", centre - label.length * 6.5).attr("dy", "0.35em").attr("text-anchor", "middle").style("fill", fill).text(shown);
    label.forEach((line, i) => text.append("text").attr("x", middle).attr("y", centre + 9 + i * 12 - (label.length - 1) * 6.5)
      .attr("dy", "0.35em").attr("text-anchor", "middle").style("fill", fill).style("font-size", "0.6875rem").attr("opacity", 0.85).text(line));
  }
  const node = svg.node();
  const tell = (rect) => {
    const cell = d3.select(rect).datum(), box = rect.getBoundingClientRect();
    showTip(box.left + box.width / 2, box.top + box.height / 2, `${levelLabel(heat.x, cell.x)} \u00b7 ${levelLabel(heat.y, cell.y)}`,
      [[data.metrics[state.metric].name, score(state.metric, cell.value)], [heat.cell === "best" ? "best of" : "mean over", plural(cell.n, "setting")]]);
  };
  node.addEventListener("pointerover", (event) => (event.target.matches("rect.cell") ? tell(event.target) : hideTip()));
  node.addEventListener("pointerleave", hideTip);
  node.addEventListener("focusin", (event) => event.target.matches("rect.cell") && tell(event.target));
  node.addEventListener("focusout", hideTip);
  node.addEventListener("keydown", (event) => moveInGrid(event, rects.nodes(), (rect) => { const cell = d3.select(rect).datum(); return [cell.x, cell.y]; }));
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
