/* Each setting's score against a hyperparameter, and of a number of many values the trend. */
const POINTS = 1500; /* more of them are only a blot */
const TREND_SHARE = 0.15; /* of the settings, those nearest to a value */

/* Where the panels stand: one to `most` side by side, as many as there is room for, below `top`. */
function scatterLayout(groups, width, top, most = 2) {
  const columns = Math.max(1, Math.min(most, groups.length, Math.floor(width / 450))), wide = (width - 32 * (columns - 1)) / columns, high = 300;
  return {height: Math.ceil(groups.length / columns) * high,
    panels: groups.map((_, i) => ({left: (i % columns) * (wide + 32), top: top + Math.floor(i / columns) * high, width: wide, height: high - 8}))};
}

/* The settings with a score, by the hyperparameter's value. */
function scatterPoints(group) {
  const {levels} = data.hyperparameters[group.axis], all = statisticsOf(state.metric);
  return d3.range(settingStarts[group.sweep], settingStarts[group.sweep + 1])
    .map((setting) => ({setting, x: levels[levelOf(setting, group.axis)], y: all[setting].mean}))
    .filter((point) => point.x !== null && all[point.setting].n).sort((a, b) => a.x - b.x);
}
/* At up to 60 of the values the quartiles of the settings nearest to it; none of a handful. */
function trendOf(points) {
  const size = Math.max(7, Math.round(points.length * TREND_SHARE));
  if (points.length < 10) return [];
  const firsts = d3.range(points.length).filter((i) => !i || points[i].x !== points[i - 1].x);
  const every = Math.ceil(firsts.length / 60);
  return firsts.filter((_, i) => i % every === 0 || i === firsts.length - 1).map((first) => {
    const {x} = points[first], last = d3.bisector((point) => point.x).right(points, x);
    const from = Math.max(0, Math.min(points.length - size, Math.round((first + last - size) / 2)));
    const scores = points.slice(Math.min(from, first), Math.max(from + size, last)).map((point) => point.y).sort(d3.ascending);
    return {x, low: d3.quantile(scores, 0.25), middle: d3.quantile(scores, 0.5), high: d3.quantile(scores, 0.75)};
  });
}

/* A panel with its title and the axis of the scores; null where there are none. */
function drawPanel(svg, group, points, {left, top, width, height}) {
  const {most, column: name} = data.metrics[state.metric];
  const panel = svg.append("g").attr("class", "scatter").attr("data-axis", group.axis).attr("transform", `translate(${left},${top})`);
  drawGroupTitle(panel, group, 0, 24, width);
  if (!points.length) return null;
  const y = d3.scaleLinear(scoreDomain(d3.extent(points, (point) => point.y), most, 5), [height - 44, 74]);
  const marks = y.ticks(5), format = y.tickFormat(5), margin = widest(marks.map(format), 12) + 12;
  panel.append("text").attr("class", "quiet").attr("x", 0).attr("y", 54).text(name);
  const axis = panel.append("g").attr("class", "axis");
  for (const mark of marks) {
    axis.append("line").attr("x1", margin).attr("x2", width).attr("y1", y(mark)).attr("y2", y(mark));
    axis.append("text").attr("x", margin - 8).attr("y", y(mark)).attr("dy", "0.35em").attr("text-anchor", "end").text(format(mark));
  }
  panel.append("text").attr("class", "quiet").attr("x", (margin + width) / 2).attr("y", height - 8).attr("text-anchor", "middle").text(nameOf(group.axis));
  return {panel, axis, y, ends: [margin + 6, width - 12]};
}
function drawScatter(svg, group, place) {
  const points = scatterPoints(group), drawn = drawPanel(svg, group, points, place);
  if (!drawn) return;
  const {panel, y} = drawn, x = scaleFor(data.hyperparameters[group.axis], points.map((point) => point.x)).range(drawn.ends);
  drawScatterTicks(drawn.axis, x, place.height - 44 + 18);
  drawPoints(panel, points, x, y, group);
  const trend = trendOf(points);
  panel.append("path").attr("class", "trend-band").attr("d", d3.area().x((one) => x(one.x)).y0((one) => y(one.low)).y1((one) => y(one.high))(trend));
  panel.append("path").attr("class", "trend").attr("d", d3.line().x((one) => x(one.x)).y((one) => y(one.middle))(trend));
}
function drawScatterTicks(axis, x, y) {
  const format = x.tickFormat(5), values = x.ticks(5).filter((one) => !x.base || format(one));
  for (const {at, text} of spacedTicks(values.map((value) => ({at: x(value), text: numberText(value)}))))
    axis.append("text").attr("x", at).attr("y", y).attr("text-anchor", "middle").text(text);
}
function drawPoints(panel, points, x, y, group) {
  /* Some of very many, spread as evenly as a multiple of the golden ratio is. */
  const share = POINTS / points.length, drawn = points.filter((_, i) => (i * 0.6180339887) % 1 < share), hit = panel.insert("rect", ":first-child");
  panel.append("g").selectAll("circle").data(drawn).enter().append("circle").attr("class", "point")
    .attr("cx", (point) => x(point.x, point)).attr("cy", (point) => y(point.y)).attr("r", drawn.length > 300 ? 2 : 3)
    .attr("fill-opacity", Math.max(0.25, Math.min(0.8, 12 / Math.sqrt(drawn.length * 2))));
  hit.attr("class", "hit").attr("width", x.range()[1]).attr("height", y.range()[0]);
  panel.node().addEventListener("pointermove", (event) => {
    const box = hit.node().getBoundingClientRect(), [atX, atY] = pointIn(box, event);
    const nearest = d3.least(drawn, (point) => Math.hypot(x(point.x, point) - atX, y(point.y) - atY));
    if (!nearest || Math.hypot(x(nearest.x, nearest) - atX, y(nearest.y) - atY) > 24) { hideTip(); return; }
    showTip(event.clientX, event.clientY, fullLabel(nearest.setting),
      [[nameOf(group.axis), valueText(nearest.x)], [data.metrics[state.metric].column, score(state.metric, nearest.y)]]);
  });
  panel.node().addEventListener("pointerleave", hideTip);
  if (drawn.length < points.length)
    panel.append("text").attr("class", "quiet").attr("x", x.range()[1]).attr("y", 54).attr("text-anchor", "end")
      .text(say("scatter.drawn", {drawn: drawn.length, n: points.length}));
}
