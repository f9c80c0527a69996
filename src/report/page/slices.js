/* The scores of a search's settings against each hyperparameter: numbers along a scale (scatter.js),
 * names and numbers of few values side by side. */
const slices = {svg: null};
const slicesNow = () => effectsNow().filter((group) => isSearch(group.sweep) && scatterPoints(group).length);

function makeSlices() {
  if (!searches.length || !data.metrics.length) return;
  const section = byId("slices");
  section.hidden = byId("slices-link").hidden = false;
  keepDrawn(byId("slices-chart"), drawSlices);
  events.on("metric.slices", () => later(drawSlices));
  saveButtons(section.querySelector(".controls"), "slices", {records: sliceRecords, picture: () => ({svg: slices.svg})});
}

function drawSlices() {
  const place = byId("slices-chart"), groups = slicesNow(), width = place.clientWidth, layout = scatterLayout(groups, width, 0, 3), keys = [];
  const svg = drawing(width, layout.height).attr("role", "img").attr("aria-label", say("slices.chart", data.metrics[state.metric]));
  groups.forEach((group, i) => {
    if (group.isScatter) drawScatter(svg, group, layout.panels[i]);
    else keys.push({title: nameOf(group.axis), key: drawStrip(svg, group, layout.panels[i])});
  });
  slices.svg = svg.node();
  place.replaceChildren(slices.svg);
  const list = keysList(keys);
  byId("slices-keys").replaceChildren(...(list ? [list] : []));
  const lacking = d3.sum(searches, (sweep) => (metricIn(sweep, state.metric) < 0 ? 0 : stepsOf(sweep).filter((step) => isNaN(step.score)).length));
  byId("slices-note").textContent = [say("slices.note"), ...(lacking ? [say("slices.lacking", {n: lacking})] : []), say("filter.not_here")].join(" ");
}

/* Values side by side; points of one lie beside each other as evenly as multiples of an irrational
 * number do, another one than that which chooses them. Returns the key of its labels, or null. */
function drawStrip(svg, group, place) {
  const points = scatterPoints(group).map((point) => ({...point, level: levelOf(point.setting, group.axis)})).sort((a, b) => a.level - b.level);
  const {panel, axis, y, ...drawn} = drawPanel(svg, group, points, place), here = [...new Set(points.map((point) => point.level))];
  const x = d3.scaleBand(here, [drawn.ends[0] - 6, drawn.ends[1] + 12]).padding(0.3), middle = x.bandwidth() / 2;
  const labels = labelsFor(here.map((level) => levelText(group.axis, level)), x.step() - 6, 1);
  labels.lines.forEach((lines, i) => {
    if (i % labels.every === 0) axis.append("text").attr("x", x(here[i]) + middle).attr("y", place.height - 26).attr("text-anchor", "middle").text(lines[0]);
  });
  for (const [level, own] of d3.group(points, (point) => point.level)) {
    const scores = own.map((point) => point.y).sort(d3.ascending);
    const [low, half, high] = [0.25, 0.5, 0.75].map((share) => y(d3.quantile(scores, share)));
    panel.append("rect").attr("class", "trend-band").attr("x", x(level)).attr("width", x.bandwidth()).attr("y", high).attr("height", Math.max(0, low - high));
    panel.append("line").attr("class", "trend").attr("x1", x(level)).attr("x2", x(level) + x.bandwidth()).attr("y1", half).attr("y2", half);
  }
  const at = new Map(points.map((point, i) => [point.setting, x(point.level) + middle + ((i * 0.7548776662) % 1 - 0.5) * x.bandwidth() * 0.8]));
  drawPoints(panel, points, Object.assign((_, point) => at.get(point.setting), {range: () => drawn.ends}), y, group);
  return labels.key;
}

function sliceRecords() {
  return [[...(hasSeveral ? ["sweep"] : []), "hyperparameter", "value", "score"], ...slicesNow().flatMap((group) => scatterPoints(group).map((point) =>
    [...(hasSeveral ? [sweepNames[group.sweep]] : []), nameOf(group.axis), point.x, point.y]))];
}
