/* Learning curves of the settings chosen in the table: the mean over seeds and its spread. */
const curves = {quantity: "", training: true, epoch: null, drawn: null};

/* accuracy, loss, f1_score ... each with its series for training and validation images. */
function quantities() {
  const found = new Map();
  data.curves.series.forEach(({name: series}, i) => {
    const validation = series.startsWith("val_");
    const name = validation ? series.slice(4) : series;
    if (!found.has(name)) found.set(name, {});
    found.get(name)[validation ? "validation" : "training"] = i;
  });
  return found;
}
const baseOf = (metric) => metric.replace(/^(val_|test_)/, "");

/* A setting's epochs with mean and deviation over its seeds. */
function seriesOf(setting, series) {
  const last = lastEpochOf(setting), byEpoch = new Map();
  for (const trial of trialsOf[setting]) {
    const curve = curveOfRun.get(data.trials.run[trial]);
    if (!curve) continue;
    curve.epoch.forEach((epoch, i) => {
      const value = curve.values[series][i];
      if (epoch > last || value === null) return;
      if (!byEpoch.has(epoch)) byEpoch.set(epoch, []);
      byEpoch.get(epoch).push(value);
    });
  }
  return [...byEpoch].sort((a, b) => a[0] - b[0]).map(([epoch, values]) => {
    const mean = d3.mean(values);
    return {epoch, mean, n: values.length, deviation: values.length > 1 ? d3.deviation(values) : 0};
  });
}

function makeCurves() {
  const found = quantities(), select = byId("quantity");
  const choose = () => {
    const base = data.metrics.length ? baseOf(data.metrics[state.metric].name) : "";
    curves.quantity = found.has(base) ? base : curves.quantity || (found.has("accuracy") ? "accuracy" : [...found.keys()][0] || "");
    select.value = curves.quantity;
  };
  for (const name of found.keys()) select.append(element("option", {value: name}, name));
  select.addEventListener("change", () => {
    curves.quantity = select.value;
    drawCurves();
  });
  byId("training").addEventListener("change", (event) => {
    curves.training = event.target.checked;
    drawCurves();
  });
  choose();
  events.on("metric.curves", () => { choose(); later(drawCurves); });
  events.on("select.curves", () => later(drawCurves));
  keepDrawn(byId("curves-chart"), drawCurves);
  const missing = data.curves.of - data.curves.runs.length;
  if (missing > 0)
    byId("curves-note").textContent = `The page has the curves of the best ${plural(data.curves.runs.length, "training")} of ${grouped(data.curves.of)}; the table history has them all.`;
}

/* What there is to draw: for each chosen setting its curves and its colour. */
function chosenCurves() {
  const found = quantities().get(curves.quantity) || {};
  const chosen = [...state.slots.keys()].sort((a, b) => state.slots.get(a) - state.slots.get(b));
  const labels = chosen.length ? labelsOf(chosen) : [];
  return chosen.map((setting, i) => {
    const of = (series) => (series === undefined ? [] : seriesOf(setting, series));
    const validation = of(found.validation), training = of(found.training);
    /* Without validation images the training curve is the one there is. */
    return {setting, label: labels[i], colour: slotColour(state.slots.get(setting)),
      main: validation.length ? validation : training,
      training: validation.length && curves.training ? training : []};
  }).filter((curve) => curve.main.length);
}

function drawCurves() {
  const place = byId("curves-chart");
  const all = chosenCurves();
  place.replaceChildren();
  hideTip();
  curves.drawn = null;
  if (!all.length) {
    place.append(element("p", {class: "nothing"}, data.curves.runs.length ? "Tick settings in the leaderboard to draw their curves."
      : "No training has ended yet."));
    return;
  }
  const width = place.clientWidth, narrow = width < 640;
  /* Names stand at the lines' ends where there is room for them, else below. */
  const labelWidth = d3.max(all, (curve) => textWidth(curve.label)) + 28;
  const direct = labelWidth < Math.min(360, width / 3);
  const margin = {top: 28, right: direct ? labelWidth : 12, bottom: 40, left: 48};
  const height = narrow ? 280 : 400;
  const points = all.flatMap((curve) => [...curve.main, ...curve.training]);
  const x = d3.scaleLinear([1, Math.max(2, d3.max(points, (point) => point.epoch))], [margin.left, width - margin.right]);
  /* The training curves start far below; they are cut there, so that the others can be told apart. */
  const y = d3.scaleLinear(d3.extent(all.flatMap((curve) => curve.main).flatMap((point) =>
    [point.mean - point.deviation, point.mean + point.deviation])), [height - margin.bottom, margin.top]).nice();
  const svg = drawing(width, height).attr("tabindex", 0)
    .attr("role", "application").attr("aria-label", `Learning curves of ${plural(all.length, "setting")}: ${curves.quantity} by epoch. Arrow keys read the epochs out.`);
  place.append(svg.node());
  drawCurveAxes(svg, x, y, width, height, margin);
  svg.append("clipPath").attr("id", "curves-clip").append("rect").attr("x", margin.left).attr("y", margin.top - 2)
    .attr("width", width - margin.left - margin.right + 2).attr("height", height - margin.top - margin.bottom + 4);
  const inside = svg.append("g").attr("clip-path", "url(#curves-clip)");
  for (const curve of all) drawCurve(inside, curve, x, y);
  if (direct) labelCurves(svg, all, x, y, margin, height);
  place.append(curveLegend(all, !direct));
  curves.drawn = {all, x, y, svg, epochs: [...new Set(points.map((point) => point.epoch))].sort(d3.ascending), margin, height};
  followCurves(svg);
}

function drawCurveAxes(svg, x, y, width, height, margin) {
  const round = x.ticks(Math.max(2, Math.min(10, width / 70))).filter(Number.isInteger);
  const apart = round.length > 1 ? round[1] - round[0] : 1;
  const ticks = [1, ...round.filter((epoch) => epoch - 1 > apart / 2)];
  svg.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`)
    .call(d3.axisLeft(y).ticks(height / 60).tickSize(-(width - margin.left - margin.right)).tickPadding(10));
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
    .call(d3.axisBottom(x).tickValues(ticks).tickFormat(d3.format("d")).tickSize(0).tickPadding(10));
  svg.append("text").attr("class", "quiet").attr("x", (margin.left + width - margin.right) / 2).attr("y", height - 4)
    .attr("text-anchor", "middle").text("epoch");
  svg.append("text").attr("x", 0).attr("y", 12).text(curves.quantity);
}

function drawCurve(svg, curve, x, y) {
  const line = d3.line().x((point) => x(point.epoch)).y((point) => y(point.mean));
  const area = d3.area().x((point) => x(point.epoch)).y0((point) => y(point.mean - point.deviation)).y1((point) => y(point.mean + point.deviation));
  const group = svg.append("g").attr("class", "curve").attr("data-setting", curve.setting).style("stroke", curve.colour);
  group.append("path").attr("class", "curve-band").attr("d", area(curve.main)).style("fill", curve.colour).style("stroke", "none");
  if (curve.training.length) group.append("path").attr("class", "curve-line training").attr("d", line(curve.training));
  group.append("path").attr("class", "curve-line main").attr("d", line(curve.main));
  if (curve.main.length === 1)
    group.append("circle").attr("r", 3).attr("cx", x(curve.main[0].epoch)).attr("cy", y(curve.main[0].mean)).style("fill", curve.colour);
}

/* Names at the lines' ends, joined to them where they had to move. */
function labelCurves(svg, all, x, y, margin, height) {
  const ends = all.map((curve) => curve.main[curve.main.length - 1]);
  const places = spreadOut(ends.map((end) => y(end.mean)), 18, margin.top, height - margin.bottom);
  const right = d3.max(ends, (end) => x(end.epoch));
  all.forEach((curve, i) => {
    svg.append("path").attr("fill", "none").attr("stroke-width", 1).style("stroke", curve.colour)
      .attr("d", `M${x(ends[i].epoch) + 3},${y(ends[i].mean)}L${right + 14},${places[i]}`).attr("opacity", 0.6);
    svg.append("text").attr("class", "curve-label").attr("x", right + 18).attr("y", places[i]).attr("dy", "0.33em")
      .text(shortened(curve.label, margin.right - 22));
  });
}

function curveLegend(all, named) {
  const sample = (dashes, colour) => {
    const svg = d3.create("svg").attr("width", 22).attr("height", 4).attr("aria-hidden", "true");
    svg.append("line").attr("x2", 22).attr("y1", 2).attr("y2", 2).attr("stroke-width", dashes ? 1.25 : 2)
      .attr("stroke-dasharray", dashes ? "4 3" : null).style("stroke", colour);
    return svg.node();
  };
  const items = named ? all.map((curve) => element("li", {}, sample(false, curve.colour), curve.label)) : [];
  const kinds = quantities().get(curves.quantity) || {};
  const main = kinds.validation === undefined ? "training images" : "validation images";
  items.push(element("li", {}, sample(false, "var(--quiet)"), `${main}, mean and \u00b1 sd over seeds`));
  if (all.some((curve) => curve.training.length)) items.push(element("li", {}, sample(true, "var(--quiet)"), "training images"));
  return element("ul", {class: "legend"}, ...items);
}

/* The epoch under the pointer, or the one that the arrow keys have come to. */
function followCurves(svg) {
  const node = svg.node();
  node.addEventListener("pointermove", (event) => {
    const {x, epochs} = curves.drawn;
    const at = x.invert(event.clientX - node.getBoundingClientRect().left);
    showEpoch(d3.least(epochs, (epoch) => Math.abs(epoch - at)), event.clientX, event.clientY);
  });
  node.addEventListener("pointerleave", hideEpoch);
  node.addEventListener("blur", hideEpoch);
  node.addEventListener("keydown", (event) => {
    const {epochs, x, margin} = curves.drawn;
    const now = epochs.indexOf(curves.epoch);
    const to = {ArrowRight: now + 1, ArrowLeft: now < 0 ? epochs.length - 1 : now - 1, Home: 0, End: epochs.length - 1}[event.key];
    if (event.key === "Escape") hideEpoch();
    if (to === undefined) return;
    event.preventDefault();
    const epoch = epochs[Math.max(0, Math.min(epochs.length - 1, to))];
    const box = node.getBoundingClientRect();
    showEpoch(epoch, box.left + x(epoch), box.top + margin.top);
    byId("curves-readout").textContent = curvesAt(epoch).map(({curve, main}) =>
      `${curve.label}: ${fixed(main.mean, 4)}`).join("; ") + ` in epoch ${epoch}`;
  });
}
const curvesAt = (epoch) => curves.drawn.all.map((curve) => ({curve,
  main: curve.main.find((point) => point.epoch === epoch),
  training: curve.training.find((point) => point.epoch === epoch)})).filter(({main}) => main);

function showEpoch(epoch, clientX, clientY) {
  const {svg, x, y, margin, height, all} = curves.drawn;
  const here = curvesAt(epoch).sort((a, b) => b.main.mean - a.main.mean);
  const decimals = decimalsOf(here.map(({main}) => main.mean), here.map(({main}) => main.deviation));
  curves.epoch = epoch;
  svg.selectAll(".at").remove();
  svg.append("line").attr("class", "rule at").attr("x1", x(epoch)).attr("x2", x(epoch)).attr("y1", margin.top).attr("y2", height - margin.bottom);
  for (const {curve, main} of here)
    svg.append("circle").attr("class", "at").attr("cx", x(epoch)).attr("cy", y(main.mean)).attr("r", 4)
      .style("fill", curve.colour).style("stroke", "var(--paper)");
  const training = all.some((curve) => curve.training.length);
  const rows = here.map(({curve, main, training: train}) => [
    element("span", {}, dot(curve.colour), curve.label),
    fixed(main.mean, decimals) + (main.n > 1 ? ` \u00b1 ${fixed(main.deviation, decimals)}` : ""),
    ...(training ? [element("span", {class: "quiet"}, train ? `${fixed(train.mean, decimals)} in training` : "")] : [])]);
  showTip(clientX, clientY, `${curves.quantity} after epoch ${epoch}`, rows);
}
function hideEpoch() {
  curves.epoch = null;
  if (curves.drawn) curves.drawn.svg.selectAll(".at").remove();
  hideTip();
}
