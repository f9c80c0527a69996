/* Learning curves: of the settings ticked in the table, the mean over seeds and its spread; or of
 * all settings shown, a line each, coloured by a hyperparameter. A training that is unfinished has a
 * line of its own, as far as it has come: a mean over seeds that are not equally far would jump. */
const curves = {epoch: null, drawn: null};
const SHOWN_CURVES = 300; /* more lines than these tell nothing */

/* accuracy, loss, f1_score ... each with its series for training and validation images. */
function quantities() {
  const found = new Map();
  data.curves.series.forEach(({quantity, split}, i) => {
    if (!found.has(quantity)) found.set(quantity, {});
    found.get(quantity)[split] = i;
  });
  return found;
}
/* What is drawn: what the reader chose, else what the metric measures. */
function quantityNow() {
  const found = quantities(), base = data.metrics.length ? data.metrics[state.metric].quantity : "";
  return [state.curves.quantity, base, "accuracy", [...found.keys()][0]].find((name) => found.has(name)) || "";
}
const mostOf = (kinds) => (data.curves.series[kinds.validation ?? kinds.training] || {most: null}).most;

/* A setting's epochs with mean and deviation over its seeds. */
function seriesOf(setting, series, trials = trialsOf[setting]) {
  const last = lastEpochOf(setting), byEpoch = new Map();
  for (const trial of trials) {
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
  const quantity = byId("quantity"), of = byId("curves-of"), colour = byId("curves-colour"), training = byId("training");
  for (const name of quantities().keys()) quantity.append(element("option", {value: name}, name));
  of.append(element("option", {value: "ticked"}, say("curves.ticked")), element("option", {value: "shown"}, say("curves.shown")));
  colour.append(element("option", {value: ""}, say("column.setting")), ...data.hyperparameters.map((one, axis) => element("option", {value: axis}, one.name)));
  quantity.addEventListener("change", () => setView(state.curves, {quantity: quantity.value}));
  of.addEventListener("change", () => setView(state.curves, {of: of.value}));
  colour.addEventListener("change", () => setView(state.curves, {colour: colour.value === "" ? null : Number(colour.value),
    /* Colours by a hyperparameter tell most of many curves. */
    of: colour.value !== "" && state.curves.colour === null ? "shown" : state.curves.of}));
  training.addEventListener("change", () => setView(state.curves, {training: training.checked}));
  for (const what of ["metric", "select", "view"]) events.on(`${what}.curves`, () => later(drawCurves));
  events.on("filter.curves", () => { if (state.curves.of === "shown") later(drawCurves); });
  keepDrawn(byId("curves-chart"), drawCurves);
  saveButtons(byId("curves").querySelector(".controls"), "curves", {records: curveRecords, picture: () => curves.drawn && {svg: curves.drawn.svg.node()}});
}
function showCurveChoices() {
  byId("quantity").value = quantityNow();
  byId("curves-of").value = state.curves.of;
  byId("curves-colour").value = state.curves.colour ?? "";
  byId("training").checked = state.curves.training;
  byId("training").disabled = state.curves.of === "shown";
}

/* The settings whose curves are drawn. Of settings that differ in epochs only, which are one
 * training, the longest is drawn among all. */
function curveSettings() {
  if (state.curves.of === "ticked") return [...state.slots.keys()].sort((a, b) => state.slots.get(a) - state.slots.get(b));
  const longest = new Map();
  const rows = shownRows().filter((row) => hasCurve(row.setting)).sort((a, b) => a.place - b.place);
  for (const {setting} of rows) {
    const key = state.curves.colour !== null && state.curves.colour === epochsAxis ? setting
      : d3.range(data.hyperparameters.length).filter((axis) => axis !== epochsAxis).map((axis) => levelOf(setting, axis)).join();
    const before = longest.get(key);
    if (before === undefined || lastEpochOf(setting) > lastEpochOf(before)) longest.set(key, setting);
  }
  return [...longest.values()];
}
/* A level's colour: six that colour-blind readers tell apart, or the ramp in the levels' order. */
function levelColours(axis) {
  const {levels, number} = data.hyperparameters[axis], present = levels.filter((level) => level !== null).length;
  const wide = number && present > 2;
  return levels.map((level, i) => (level === null ? "var(--quiet)" : !wide && present <= SLOTS ? slotColour(i) : ramp(present > 1 ? i / (present - 1) : 1)));
}

/* A setting's trials in lines: those that have ended, and each one that is unfinished, the one that has
 * come furthest first. */
function linesOf(setting) {
  const epochsOf = (trial) => d3.max(curveOfRun.get(data.trials.run[trial])?.epoch ?? [0]);
  const going = trialsOf[setting].filter(isUnfinished).sort((a, b) => epochsOf(b) - epochsOf(a)).map((trial) => [trial]);
  const ended = trialsOf[setting].filter((trial) => !isUnfinished(trial) && curveOfRun.has(data.trials.run[trial]));
  return ended.length ? [ended, ...going] : going;
}

/* What there is to draw: for each setting its curves and its colour. */
function chosenCurves() {
  const kinds = quantities().get(quantityNow()) || {}, axis = state.curves.colour, ticked = state.curves.of === "ticked";
  const all = curveSettings(), chosen = all.slice(0, ticked ? SLOTS : SHOWN_CURVES);
  const labels = !chosen.length ? [] : ticked ? labelsOf(chosen) : chosen.map(fullLabel), colours = axis === null ? null : levelColours(axis);
  const found = chosen.map((setting, i) => {
    const [first = [], ...others] = linesOf(setting), going = first.some(isUnfinished);
    const of = (series, trials = first) => (series === undefined ? [] : seriesOf(setting, series, trials));
    const validation = of(kinds.validation), training = validation.length && !(ticked && state.curves.training) ? [] : of(kinds.training);
    /* Without validation images the training curve is the one there is. */
    return {setting, going, others: others.map((trials) => of(validation.length ? kinds.validation : kinds.training, trials)).filter((points) => points.length),
      label: going ? say("curves.unfinished", {label: labels[i], status: stateText(first[0])}) : labels[i], colour: colours ? colours[levelOf(setting, axis)] : ticked ? slotColour(state.slots.get(setting)) : "var(--accent)",
      main: validation.length ? validation : training, training: validation.length ? training : []};
  }).filter((curve) => curve.main.length);
  return {all: found, of: all.length, ticked, axis, most: mostOf(kinds), hasValidation: kinds.validation !== undefined};
}

function drawCurves() {
  const place = byId("curves-chart"), chosen = chosenCurves();
  showCurveChoices();
  place.replaceChildren();
  hideTip();
  curves.drawn = null;
  drawCurvesNote(chosen);
  if (!chosen.all.length) {
    place.append(element("p", {class: "nothing"}, say(!data.curves.runs.length ? "curves.none_yet"
      : chosen.ticked ? "curves.tick" : "curves.none_shown")));
    return;
  }
  /* The training curves start far below; they are cut there, so that the others can be told apart. */
  const drawn = ({main, others, training}) => [...main, ...others.flat(), ...training.slice(training.length / 2)];
  const ends = d3.extent(chosen.all.flatMap(drawn).flatMap((point) => (chosen.ticked ? spreadEnds(point, chosen.most) : [point.mean])));
  const y = d3.scaleLinear().domain(scoreDomain(ends, chosen.most));
  const layout = curveLayout(place, chosen, y), {width, height, margin} = layout;
  y.range([height - margin.bottom, margin.top]);
  const x = d3.scaleLinear([1, Math.max(2, d3.max(chosen.all, (curve) => d3.max([...curve.main, ...curve.training, ...curve.others.flat()], (point) => point.epoch)))],
    [margin.left, width - margin.right]);
  const svg = drawing(width, height + layout.legend.height).attr("tabindex", 0)
    .attr("role", "application").attr("aria-label", say("curves.chart", {settings: counted("setting", chosen.all.length), quantity: quantityNow()}));
  place.append(svg.node());
  drawCurveAxes(svg, x, y, layout);
  svg.append("clipPath").attr("id", "curves-clip").append("rect").attr("x", margin.left).attr("y", margin.top - 2)
    .attr("width", width - margin.left - margin.right + 2).attr("height", height - margin.top - margin.bottom + 4);
  const inside = svg.append("g").attr("clip-path", "url(#curves-clip)");
  for (const curve of chosen.all.slice().reverse()) drawCurve(inside, curve, x, y, chosen);
  if (layout.direct) labelCurves(svg, chosen.all, x, y, margin, height);
  drawLegend(svg, layout.legend, height + 8);
  const epochs = [...new Set(chosen.all.flatMap((curve) => [...curve.main, ...curve.training].map((point) => point.epoch)))].sort(d3.ascending);
  curves.drawn = {...chosen, x, y, svg, epochs, margin, height};
  followCurves(svg);
}
/* Names stand at the lines' ends where there is room for them, else in the legend. */
function curveLayout(place, chosen, y) {
  const width = place.clientWidth, labelWidth = widest(chosen.all.map((curve) => curve.label)) + 28;
  const direct = chosen.ticked && labelWidth < Math.min(420, width / 3);
  const height = heightFor(width < 640 ? 300 : 400), names = y.ticks(height / 60).map(y.tickFormat(height / 60));
  const margin = {top: 28, right: direct ? labelWidth : 12, bottom: 40, left: Math.max(40, widest(names, 12) + 14)};
  return {width, height, margin, direct, legend: legendLayout(curveLegend(chosen, direct), width)};
}
function drawCurvesNote({all, of, ticked}) {
  /* Trainings that have not begun are not missing. */
  const begun = new Set(data.trials.run.filter((_, trial) => ![PENDING, FAILED].includes(data.trials.state[trial]))).size;
  const words = [], missing = begun - data.curves.runs.length;
  if (!ticked && all.length < of) words.push(say("curves.some", {n: all.length, of}));
  if (missing > 0)
    words.push(say("curves.missing", {n: data.curves.runs.length, of: begun}));
  byId("curves-note").textContent = words.join(" ");
}

function drawCurveAxes(svg, x, y, {width, height, margin}) {
  const round = x.ticks(Math.max(2, Math.min(10, width / 70))).filter(Number.isInteger);
  const apart = round.length > 1 ? round[1] - round[0] : 1;
  const ticks = [1, ...round.filter((epoch) => epoch - 1 > apart / 2)];
  svg.append("g").attr("class", "axis").attr("transform", `translate(${margin.left},0)`)
    .call(d3.axisLeft(y).ticks(height / 60).tickSize(-(width - margin.left - margin.right)).tickPadding(10));
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - margin.bottom})`)
    .call(d3.axisBottom(x).tickValues(ticks).tickFormat(d3.format("d")).tickSize(0).tickPadding(10));
  svg.append("text").attr("class", "quiet").attr("x", (margin.left + width - margin.right) / 2).attr("y", height - 4)
    .attr("text-anchor", "middle").text(say("curves.epoch"));
  svg.append("text").attr("x", 0).attr("y", 12).text(quantityNow());
}

function drawCurve(svg, curve, x, y, {ticked, most, all}) {
  const line = d3.line().x((point) => x(point.epoch)).y((point) => y(point.mean));
  const area = d3.area().x((point) => x(point.epoch)).y0((point) => y(spreadEnds(point, most)[0])).y1((point) => y(spreadEnds(point, most)[1]));
  const group = svg.append("g").attr("class", ticked ? "curve" : "curve many").attr("data-setting", curve.setting).style("stroke", curve.colour);
  if (!ticked) group.attr("opacity", Math.max(0.25, Math.min(0.9, 12 / Math.sqrt(all.length * 4))));
  else group.append("path").attr("class", "curve-band").attr("d", area(curve.main)).style("fill", curve.colour).style("stroke", "none");
  if (curve.training.length) group.append("path").attr("class", "curve-line training").attr("d", line(curve.training));
  group.append("path").attr("class", "curve-line main").attr("d", line(curve.main));
  for (const points of curve.others) group.append("path").attr("class", "curve-line running").attr("d", line(points));
  const end = (points, fill) => group.append("circle").attr("r", 3).attr("cx", x(points[points.length - 1].epoch))
    .attr("cy", y(points[points.length - 1].mean)).style("fill", fill);
  if (curve.going || curve.main.length === 1) end(curve.main, curve.going ? "var(--paper)" : curve.colour);
  for (const points of curve.others) end(points, "var(--paper)");
}

/* Names at the lines' ends, joined to them where they had to move. */
function labelCurves(svg, all, x, y, margin, height) {
  const ends = all.map((curve) => curve.main[curve.main.length - 1]);
  const places = spreadOut(ends.map((end) => y(end.mean)), 18, margin.top, height - margin.bottom);
  const right = d3.max(ends, (end) => x(end.epoch));
  all.forEach((curve, i) => {
    svg.append("path").attr("fill", "none").attr("stroke-width", 1).style("stroke", curve.colour)
      .attr("d", `M${x(ends[i].epoch) + 3},${y(ends[i].mean)}L${right + 14},${places[i]}`).attr("opacity", 0.6);
    svg.append("text").attr("class", "curve-label").attr("x", right + 18).attr("y", places[i]).attr("dy", "0.33em").text(curve.label);
  });
}

/* What the lines are: {text, colour, dashes}, and a ramp for levels that are many. */
function curveLegend({all, ticked, axis, hasValidation}, direct) {
  const items = [];
  if (axis !== null) {
    const {levels} = data.hyperparameters[axis], colours = levelColours(axis), here = new Set(all.map((curve) => levelOf(curve.setting, axis)));
    const named = levels.length <= FEW_LEVELS ? levels.map((_, i) => i).filter((i) => here.has(i)) : [];
    items.push({text: `${nameOf(axis)}:`}, ...named.map((i) => ({text: levelText(axis, i), colour: colours[i]})));
    if (!named.length) items.push({ramp: [levelText(axis, 0), levelText(axis, levels.filter((level) => level !== null).length - 1)]});
  } else if (ticked && !direct) items.push(...all.map((curve) => ({text: curve.label, colour: curve.colour})));
  const main = say(hasValidation ? "images.validation" : "images.training");
  items.push({text: say(ticked ? "curves.legend_sd" : "curves.legend", {images: main}), colour: "var(--quiet)"});
  if (all.some((curve) => curve.training.length)) items.push({text: say("images.training"), colour: "var(--quiet)", dashes: true});
  if (all.some((curve) => curve.going || curve.others.length)) items.push({text: say("curves.legend_unfinished"), colour: "var(--quiet)", ring: true});
  return items;
}
/* The legend's items in rows. */
function legendLayout(items, width) {
  let x = 0, y = 0;
  const placed = items.map((item) => {
    const lines = item.ramp ? null : inLines(item.text, width - 30, 4, 13) || [shortened(item.text, width - 30)];
    const wide = item.ramp ? 150 + widest(item.ramp, 12) * 2 : widest(lines) + (item.colour ? 30 : 0);
    if (x > 0 && x + wide > width) { x = 0; y += 20; }
    const one = {...item, lines, x, y};
    x += wide + 20;
    if (lines && lines.length > 1) { x = 0; y += 18 * (lines.length - 1) + 20; }
    return one;
  });
  return {items: placed, height: y + 28};
}
function drawLegend(svg, {items}, top) {
  const group = svg.append("g").attr("class", "legend");
  for (const {x, y, lines, colour, dashes, ring, ramp: ends} of items) {
    if (ends) { drawRamp(group, x, top + y, ...ends); continue; }
    if (colour) group.append("line").attr("x1", x).attr("x2", x + 22).attr("y1", top + y + 5).attr("y2", top + y + 5)
      .attr("stroke-width", dashes ? 1.25 : 2).attr("stroke-dasharray", dashes ? "4 3" : null).style("stroke", colour);
    if (ring) group.append("circle").attr("r", 3).attr("cx", x + 19).attr("cy", top + y + 5).style("fill", "var(--paper)").style("stroke", colour);
    lines.forEach((line, i) => group.append("text").attr("x", x + (colour ? 28 : 0)).attr("y", top + y + 9 + 16 * i).text(line));
  }
}

/* The points drawn, for a file. */
function curveRecords() {
  const {all} = chosenCurves(), names = data.hyperparameters.map((one) => one.name);
  return [[...names, "images", "epoch", `${quantityNow()}_mean`, "sd", "n"], ...all.flatMap((curve) => {
    const levels = data.hyperparameters.map((one, axis) => one.levels[levelOf(curve.setting, axis)]);
    const kinds = quantities().get(quantityNow()), isMain = kinds.validation !== undefined && curve.main.length;
    return [[curve.main, isMain ? "validation" : "training"], [curve.training, "training"]].flatMap(([points, images]) =>
      points.map((point) => [...levels, images, point.epoch, point.mean, point.n > 1 ? point.deviation : "", point.n]));
  })];
}

/* The epoch under the pointer, or the one that the arrow keys have come to. */
function followCurves(svg) {
  const node = svg.node();
  node.addEventListener("pointermove", (event) => {
    const {x, y, epochs, ticked} = curves.drawn, [atX, atY] = pointIn(node.getBoundingClientRect(), event);
    const at = x.invert(atX), epoch = d3.least(epochs, (one) => Math.abs(one - at));
    if (ticked) showEpoch(epoch, event.clientX, event.clientY);
    else showNearest(epoch, y.invert(atY), event.clientX, event.clientY);
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
    const epoch = epochs[Math.max(0, Math.min(epochs.length - 1, to))], box = node.getBoundingClientRect();
    showEpoch(epoch, box.left + zoomNow() * x(epoch), box.top + zoomNow() * margin.top);
    byId("curves-readout").textContent = spokenCurves(epoch);
  });
}
const curvesAt = (epoch) => curves.drawn.all.map((curve) => ({curve,
  main: curve.main.find((point) => point.epoch === epoch),
  training: curve.training.find((point) => point.epoch === epoch)})).filter(({main}) => main);
/* Of many curves the first ones, in the order of their means. */
const TOLD_CURVES = 8;
function spokenCurves(epoch) {
  const here = curvesAt(epoch);
  const told = here.slice(0, TOLD_CURVES).map(({curve, main}) => `${curve.label}: ${fixed(main.mean, 4)}`).join("; ");
  return say("curves.spoken", {told, epoch}) + (here.length > TOLD_CURVES ? `, ${say("list.more", {n: here.length - TOLD_CURVES})}` : "");
}

function markEpoch(epoch, here) {
  const {svg, x, y, margin, height} = curves.drawn;
  curves.epoch = epoch;
  svg.selectAll(".at").remove();
  svg.append("line").attr("class", "rule at").attr("x1", x(epoch)).attr("x2", x(epoch)).attr("y1", margin.top).attr("y2", height - margin.bottom);
  for (const {curve, main} of here)
    svg.append("circle").attr("class", "at").attr("cx", x(epoch)).attr("cy", y(main.mean)).attr("r", 4)
      .style("fill", curve.colour).style("stroke", "var(--paper)");
}
const afterEpoch = (epoch) => say("curves.after", {quantity: quantityNow(), epoch});
function showEpoch(epoch, clientX, clientY) {
  const all = curvesAt(epoch).sort((a, b) => b.main.mean - a.main.mean), here = all.slice(0, TOLD_CURVES);
  const decimals = decimalsOf(here.map(({main}) => main.mean), here.map(({main}) => main.deviation));
  markEpoch(epoch, here);
  const training = curves.drawn.all.some((curve) => curve.training.length);
  const rows = here.map(({curve, main, training: train}) => [
    element("span", {}, dot(curve.colour), curve.label),
    fixed(main.mean, decimals) + (main.n > 1 ? ` \u00b1 ${fixed(main.deviation, decimals)}` : ""),
    ...(training ? [element("span", {class: "quiet"}, train ? say("curves.in_training", {score: fixed(train.mean, decimals)}) : "")] : [])]);
  if (all.length > here.length) rows.push([say("list.more", {n: all.length - here.length})]);
  showTip(clientX, clientY, afterEpoch(epoch), rows);
}
/* Of many curves the one under the pointer. */
function showNearest(epoch, value, clientX, clientY) {
  const nearest = d3.least(curvesAt(epoch), ({main}) => Math.abs(main.mean - value));
  curves.drawn.svg.selectAll(".curve").classed("lit", function lit() { return nearest && Number(this.dataset.setting) === nearest.curve.setting; });
  light(nearest ? nearest.curve.setting : null);
  if (!nearest) return;
  markEpoch(epoch, [nearest]);
  showTip(clientX, clientY, nearest.curve.label, [[afterEpoch(epoch), fixed(nearest.main.mean, 4)]]);
}
function hideEpoch() {
  curves.epoch = null;
  if (curves.drawn) {
    curves.drawn.svg.selectAll(".at").remove();
    curves.drawn.svg.selectAll(".lit").classed("lit", false);
    if (!curves.drawn.ticked) light(null);
  }
  hideTip();
}
