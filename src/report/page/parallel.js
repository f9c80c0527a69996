/* Parallel coordinates: a line a row of the leaderboard, an axis a hyperparameter and one for the
 * score. Lines are drawn on a canvas, so that ten thousand are as quick as ten. On a narrow page the
 * axes lie one below the other. A brush on an axis filters everything, and the axes then go over
 * what is left. */
const parallel = {axes: [], upright: true, canvas: null, brushing: false, lines: []};

/* The levels that an axis has: all, or those that occur among the rows shown. */
function axisLevels(axis, rows) {
  const {levels, place} = data.hyperparameters[axis];
  if (!rows) return d3.range(levels.length);
  const here = new Set(rows.map((row) => place[row.setting]));
  return d3.range(levels.length).filter((level) => here.has(level));
}
/* The rows that the axes go over: null for all of them. */
const zoomedRows = () => (state.zoom && isFiltered() && shownRows().length ? shownRows() : null);

function coordinateAxes() {
  const rows = zoomedRows();
  const axes = data.hyperparameters.map((one, axis) => {
    const levels = axisLevels(axis, rows), present = levels.filter((level) => one.levels[level] !== null);
    return {axis, title: one.name, levels, isScaled: one.number && present.length > FEW_LEVELS};
  });
  if (!data.metrics.length) return axes;
  const scores = (rows || allRows()).map((row) => row.score).filter((value) => !isNaN(value));
  return [...axes, {axis: "score", title: data.metrics[state.metric].column, isScaled: true, scores}];
}
/* Where things are along an axis: `place` of a level or a score, `step` between levels that stand
 * side by side (0 on a scale), and its ticks. */
function placeAxis(axis, ends) {
  const ticks = Math.max(2, Math.min(6, Math.abs(ends[1] - ends[0]) / 60));
  if (axis.axis === "score") {
    const {most} = data.metrics[state.metric];
    const scale = d3.scaleLinear(scoreDomain(axis.scores.length ? d3.extent(axis.scores) : [0, 1], most), ends), format = scale.tickFormat(ticks);
    return {scale, step: 0, place: scale, position: (row) => (isNaN(row.score) ? NaN : scale(row.score)),
      ticks: scale.ticks(ticks).map((value) => ({at: scale(value), text: format(value)}))};
  }
  const {levels: values, place: placeOf} = data.hyperparameters[axis.axis];
  if (!axis.isScaled) {
    const scale = d3.scalePoint(axis.levels, ends).padding(0.5);
    return {step: scale.step(), place: scale, position: (row) => scale(placeOf[row.setting]),
      ticks: axis.levels.map((level) => ({at: scale(level), text: levelText(axis.axis, level), level}))};
  }
  const present = axis.levels.map((level) => values[level]).filter((value) => value !== null);
  const scale = scaleFor(data.hyperparameters[axis.axis], present).range(ends);
  const here = new Set(axis.levels), place = (level) => (!here.has(level) ? undefined : values[level] === null ? ends[0] : scale(values[level]));
  const [least, largest] = d3.extent(present), format = scale.tickFormat(5);
  let marks = scale.ticks(5).filter((value) => !scale.base || format(value));
  if (marks.length < 2) marks = [least, largest];
  return {step: 0, place, position: (row) => place(placeOf[row.setting]), ticks: marks.map((value) => ({at: scale(value), text: numberText(value)}))};
}

function makeParallel() {
  const place = byId("parallel-chart"), zoom = byId("zoom");
  if (!data.hyperparameters.length) {
    byId("parallel").querySelector(".controls").hidden = true;
    place.append(element("p", {class: "nothing"}, say("parallel.nothing")));
    return;
  }
  byId("parallel-note").textContent = say("parallel.note");
  zoom.addEventListener("change", () => {
    state.zoom = zoom.checked;
    changed("view");
  });
  keepDrawn(place, drawParallel);
  for (const what of ["rows", "metric", "view"]) events.on(`${what}.parallel`, () => later(drawParallel));
  events.on("filter.parallel", () => later(parallel.dragging || !state.zoom ? followFilter : drawParallel));
  events.on("light.parallel", () => later(drawLight));
  saveButtons(byId("parallel").querySelector(".controls"), "coordinates", {records: tableRecords,
    picture: () => parallel.canvas && {svg: parallel.svg.node(), strokes: parallel.lines.filter((line) => line.shown).map(strokeOf)}});
}

function drawParallel() {
  const place = byId("parallel-chart"), width = place.clientWidth;
  byId("zoom").checked = state.zoom;
  parallel.axes = coordinateAxes();
  const count = parallel.axes.length;
  parallel.upright = width / count >= 120;
  parallel.width = width;
  if (parallel.upright) layUpright(width, count); else layFlat(width);
  parallel.legend = parallel.height;
  const frame = element("div", {class: "coordinates"}, makeCanvas(width, parallel.height), makeCanvas(width, parallel.height));
  [parallel.canvas, parallel.over] = frame.children;
  parallel.svg = drawing(width, parallel.height + 24).attr("role", "group")
    .attr("aria-label", say("parallel.chart", {names: parallel.axes.map((one) => one.title).join(", ")}));
  const svg = parallel.svg;
  frame.append(svg.node());
  parallel.axes.forEach((axis, i) => drawCoordinate(svg, axis, i));
  drawRamp(svg, 0, parallel.legend + 8, say("parallel.worst"), data.metrics.length ? say("parallel.best", data.metrics[state.metric]) : say("parallel.best_of_none"));
  svg.node().addEventListener("pointermove", pointAtLine);
  svg.node().addEventListener("pointerleave", () => { light(null); hideTip(); });
  const keys = keysList(parallel.axes.map((axis) => ({title: axis.title, key: axis.labels.key})));
  place.replaceChildren(frame, ...(keys ? [keys] : []));
  followFilter();
}
function makeCanvas(width, height) {
  const canvas = element("canvas", {"aria-hidden": "true"}), ratio = devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return canvas;
}
const labelsOfAxis = (axis, width, lines, options) => (axis.step ? labelsFor(axis.ticks.map((tick) => tick.text), width, lines,
  {isOrdered: data.hyperparameters[axis.axis].number, ...options}) : {lines: axis.ticks.map((tick) => [tick.text]), key: null, every: 1});

/* Axes side by side, as high as their labels need: these stand above the bundles of lines, to the
 * right of their axis. */
const LINE = 13;
function layUpright(width, count) {
  const rightmost = 70, apart = (width - 14 - rightmost) / Math.max(1, count - 1);
  const linesOf = (axis) => (axis.isScaled ? 1 : d3.max(axis.levels, (level) => (inLines(levelText(axis.axis, level), apart - 24, 4) || [0]).length));
  const needed = d3.max(parallel.axes, (axis) => (axis.isScaled ? 0 : axis.levels.length * (linesOf(axis) * LINE + 16)));
  parallel.height = heightFor(Math.max(400, Math.min(900, needed + 72)));
  parallel.ends = [parallel.height - 20, 52];
  parallel.axes.forEach((axis, i) => {
    Object.assign(axis, placeAxis(axis, parallel.ends), {across: 14 + i * apart});
    const room = axis.step < LINE ? 0 : Math.max(1, Math.min(4, Math.floor((axis.step - 8) / LINE)));
    axis.labels = labelsOfAxis(axis, i + 1 < count ? apart - 24 : rightmost, room, {step: axis.step, gap: 0});
    /* One below the other, labels are as high as a line, whatever their width. */
    axis.labels.every = axis.step && axis.step < LINE ? Math.ceil(LINE / axis.step) : 1;
  });
}
/* Axes one below the other, each as far from the next as its labels are high. */
function layFlat(width) {
  parallel.ends = [10, width - 10];
  let across = 34;
  for (const axis of parallel.axes) {
    Object.assign(axis, placeAxis(axis, parallel.ends), {across});
    if (!axis.step) axis.ticks = spacedTicks(axis.ticks);
    axis.labels = labelsOfAxis(axis, axis.step - 6, 4, {step: axis.step});
    across += 66 + LINE * d3.max(axis.labels.lines, (lines) => lines.length);
  }
  parallel.height = across - 30;
}

function drawCoordinate(svg, axis, i) {
  const {upright, axes, ends, width} = parallel;
  const group = svg.append("g").attr("class", "coordinate")
    .attr("transform", upright ? `translate(${axis.across},0)` : `translate(0,${axis.across})`);
  const [a, b] = d3.extent(ends);
  group.append("line").attr("class", "track").attr(upright ? "y1" : "x1", a - 6).attr(upright ? "y2" : "x2", b + 6);
  drawTitle(group, axis, i);
  axis.ticks.forEach((tick, j) => { if (j % axis.labels.every === 0) drawTick(group, axis, tick, axis.labels.lines[j]); });
  group.append("g").attr("class", "brush").attr("data-axis", axis.axis).call(brushOf(axis));
}
/* The name, and where the axis is filtered a mark that lets go. */
function drawTitle(group, axis, i) {
  const {upright, axes, width} = parallel, first = i === 0, last = i === axes.length - 1;
  const isChosen = axis.axis === "score" ? state.range !== null : state.levels[axis.axis] !== null;
  const room = (upright ? width / axes.length - 8 : width) - (isChosen ? 18 : 0);
  const anchor = !upright || first ? "start" : last ? "end" : "middle", x = !upright ? 0 : first ? -14 : last ? width - axis.across - (isChosen ? 18 : 0) : 0;
  const lines = upright ? inLines(axis.title, room, 2) || [shortened(axis.title, room)] : [axis.title];
  const title = group.append("text").attr("class", "title halo").attr("text-anchor", anchor);
  lines.forEach((line, j) => title.append("tspan").attr("x", x).attr("y", upright ? 18 - 14 * (lines.length - 1 - j) : -16).text(line));
  if (lines.join("") !== axis.title) title.append("title").text(axis.title);
  if (!isChosen) return;
  const wide = widest(lines, 13, 600), at = anchor === "start" ? x + wide : anchor === "end" ? x : x + wide / 2;
  const letGo = () => (axis.axis === "score" ? setRange(null) : setLevels(axis.axis, null));
  const reset = group.append("g").attr("class", "reset").attr("role", "button").attr("tabindex", 0).attr("aria-label", say("parallel.let_go", {name: axis.title}))
    .attr("transform", `translate(${at + 12},${upright ? 14 : -20})`);
  reset.append("circle").attr("r", 8);
  reset.append("path").attr("d", "M-3,-3L3,3M3,-3L-3,3");
  reset.node().addEventListener("click", letGo);
  reset.node().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    letGo();
  });
}

function drawTick(group, axis, tick, lines) {
  const {upright, width} = parallel;
  const text = group.append("text").attr("class", "halo tick").attr("data-level", tick.level === undefined ? null : tick.level);
  if (upright) {
    /* Above the bundle of lines that meets there, or beside the tick of a scale. */
    const lift = axis.step ? Math.min(13, axis.step * 0.25) + 7 : -4;
    const last = tick.at - Math.min(lift, axis.step || lift);
    lines.forEach((line, j) => text.append("tspan").attr("x", 8).attr("y", last - (lines.length - 1 - j) * LINE).text(line));
  } else {
    /* At the ends of the line a text keeps to the page. */
    const half = widest(lines, 12) / 2, at = Math.max(half, Math.min(width - half, tick.at));
    lines.forEach((line, j) => text.append("tspan").attr("x", at).attr("y", 21 + j * LINE).attr("text-anchor", "middle").text(line));
  }
  text.append("title").text(tick.text);
}

/* Brushes. Moving one sets the filter; setting the filter elsewhere moves them, where the axes go
 * over everything. */
function brushOf(axis) {
  const {upright, ends} = parallel;
  const [a, b] = d3.extent(ends);
  const extent = upright ? [[-14, a - 8], [14, b + 8]] : [[a - 8, -12], [b + 8, 12]];
  const take = (dragging) => function brushed() {
    if (parallel.brushing) return;
    parallel.dragging = dragging;
    takeBrush(axis, d3.brushSelection(this));
  };
  return (upright ? d3.brushY() : d3.brushX()).extent(extent).on("brush", take(true)).on("end", take(false));
}
function takeBrush(axis, selection) {
  if (axis.axis === "score") {
    setRange(selection ? selection.map(axis.scale.invert).sort(d3.ascending) : null);
    return;
  }
  const inside = selection && axis.levels.filter((level) => axis.place(level) >= selection[0] && axis.place(level) <= selection[1]);
  setLevels(axis.axis, selection ? new Set(inside) : null);
}
function followFilter() {
  if (!parallel.canvas) return;
  parallel.brushing = true;
  d3.select("#parallel-chart").selectAll(".brush").each(function each(_, i) {
    const axis = parallel.axes[i], now = d3.brushSelection(this), wanted = zoomedRows() && !parallel.dragging ? null : wantedBrush(axis);
    const covers = now && wanted && sameLevels(axis, now);
    if (!covers && (now || wanted) && !(parallel.dragging && now)) d3.select(this).call(brushOf(axis).move, wanted);
    const levels = state.levels[axis.axis];
    d3.select(this.parentNode).selectAll("text.tick").classed("off", function off() {
      return Boolean(levels && this.dataset.level !== undefined && !levels.has(Number(this.dataset.level)));
    });
  });
  parallel.brushing = false;
  drawLines();
}
/* The range of scores, as far as the axis goes. */
const placesOfRange = (axis) => state.range.map(axis.scale.copy().clamp(true)).sort(d3.ascending);
/* Whether a brush that the reader drew already says what the filter says. */
function sameLevels(axis, [least, most]) {
  if (axis.axis === "score") {
    const range = placesOfRange(axis);
    return Math.abs(range[0] - least) < 1 && Math.abs(range[1] - most) < 1;
  }
  return axis.levels.every((level) =>
    state.levels[axis.axis].has(level) === (axis.place(level) >= least && axis.place(level) <= most));
}
/* Where a brush has to be for the filter; null where none says it: values that are no neighbours. */
function wantedBrush(axis) {
  const [a, b] = d3.extent(parallel.ends);
  const clamp = (at) => Math.max(a - 8, Math.min(b + 8, at));
  if (axis.axis === "score") return state.range && placesOfRange(axis);
  const levels = state.levels[axis.axis], here = axis.levels.filter((level) => levels && levels.has(level));
  if (!here.length) return null;
  const half = (axis.step || 16) * 0.42;
  const [least, most] = d3.extent(here, axis.place);
  const between = axis.levels.filter((level) => axis.place(level) >= least && axis.place(level) <= most);
  return between.length === here.length ? [clamp(least - half), clamp(most + half)] : null;
}

/* A row's line: its place on each axis. Rows that share a level stand side by side there, the better
 * the higher, so that a bundle shows what it is made of. */
function lineOf(row, share) {
  return parallel.axes.map((axis) => {
    const width = axis.step ? Math.min(26, axis.step * 0.5) : 0;
    const side = share === undefined ? -0.5 : share - 0.5;
    return axis.position(row) + (parallel.upright ? -1 : 1) * width * side;
  });
}
/* The line, on a canvas or in a d3.path. */
function trace(context, places) {
  const {axes, upright} = parallel;
  if (places.some((place, i) => isNaN(place) && i < places.length - 1)) return; /* beyond the axes */
  places.forEach((place, i) => {
    if (isNaN(place)) return;
    const across = axes[i].across;
    if (i === 0) context.moveTo(upright ? across : place, upright ? place : across);
    else {
      const before = axes[i - 1].across, middle = (before + across) / 2;
      if (upright) context.bezierCurveTo(middle, places[i - 1], middle, place, across, place);
      else context.bezierCurveTo(places[i - 1], middle, place, middle, place, across);
    }
  });
}
function strokeOf({places, colour}) {
  const path = d3.path();
  trace(path, places);
  return {path: String(path), colour, width: 1.4, opacity: parallel.opacity};
}
/* All lines, the best last. Thousands take a while: they are drawn in portions, between which the
 * page stays usable. */
const PORTION = 2000;
function drawLines() {
  if (!parallel.canvas) return;
  const zoomed = zoomedRows() && !parallel.dragging, shown = new Set(shownRows().map((row) => row.key));
  const rows = (zoomed ? shownRows() : allRows()).slice().sort((a, b) => b.place - a.place);
  const ranked = rows.filter((row) => row.rank).length, quiet = cssColour("--line"), colours = d3.range(256).map((i) => ramp(i / 255));
  parallel.lines = rows.map((row, i) => {
    const share = !row.rank ? undefined : zoomed ? (ranked > 1 ? (i - (rows.length - ranked)) / (ranked - 1) : 1) : row.share;
    return {row, places: lineOf(row, share), shown: shown.has(row.key), colour: share === undefined ? quiet : colours[Math.round(255 * share)]};
  });
  parallel.opacity = Math.max(0.12, Math.min(0.85, 60 / Math.sqrt(shown.size * 12)));
  const order = [...parallel.lines.filter((line) => !line.shown), ...parallel.lines.filter((line) => line.shown)];
  const context = layerContext(parallel.canvas), run = {};
  parallel.run = run;
  const portion = (from) => {
    if (parallel.run !== run) return;
    for (const line of order.slice(from, from + PORTION)) {
      context.lineWidth = line.shown ? 1.4 : 1;
      context.globalAlpha = line.shown ? parallel.opacity : 0.6;
      context.strokeStyle = line.shown ? line.colour : quiet;
      context.beginPath();
      trace(context, line.places);
      context.stroke();
    }
    if (from + PORTION < order.length) requestAnimationFrame(() => portion(from + PORTION));
    else parallel.canvas.dataset.drawn = order.length;
  };
  delete parallel.canvas.dataset.drawn;
  portion(0);
  parallel.canvas.dataset.lines = parallel.lines.length;
  parallel.canvas.dataset.shown = shown.size;
  drawLight();
}
function layerContext(canvas) {
  const context = canvas.getContext("2d"), ratio = devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, parallel.width, parallel.height);
  return context;
}
/* The row pointed at, over the others. */
function drawLight() {
  if (!parallel.canvas) return;
  const context = layerContext(parallel.over);
  context.lineWidth = 3;
  context.strokeStyle = cssColour("--ink");
  for (const line of parallel.lines)
    if (line.row.setting === state.light) {
      context.beginPath();
      trace(context, line.places);
      context.stroke();
    }
}

/* The nearest line to the pointer, if it is near. */
function pointAtLine(event) {
  const {axes, upright, canvas} = parallel;
  const box = canvas.getBoundingClientRect();
  const [atX, atY] = pointIn(box, event), [along, across] = upright ? [atX, atY] : [atY, atX];
  const right = axes.findIndex((axis) => axis.across >= along);
  if (right < 1 || event.buttons) { light(null); hideTip(); return; }
  const share = (along - axes[right - 1].across) / (axes[right].across - axes[right - 1].across);
  const eased = share * share * (3 - 2 * share);
  let nearest = null, distance = 12;
  for (const line of parallel.lines) {
    if (!line.shown || isNaN(line.places[right])) continue;
    const off = Math.abs(line.places[right - 1] * (1 - eased) + line.places[right] * eased - across);
    if (off < distance) { distance = off; nearest = line; }
  }
  light(nearest ? nearest.row.setting : null);
  if (nearest) showTip(event.clientX, event.clientY, fullLabel(nearest.row.setting), scoreRows(nearest.row));
  else hideTip();
}
function scoreRows(row) {
  if (!data.metrics.length || isNaN(row.score)) return [[say("row.no_score"), ""]];
  const spread = row.deviation >= 0 ? ` \u00b1 ${score(state.metric, row.deviation)}` : "";
  return [[data.metrics[state.metric].column, score(state.metric, row.score) + spread], [say("column.rank"), someOf(row.rank, grouped(rankedCount()))]];
}
