/* Parallel coordinates: a line a row of the leaderboard, an axis a hyperparameter and one for the
 * score. Lines are drawn on a canvas, so that ten thousand are as quick as ten. On a narrow page the
 * axes lie one below the other. A brush on an axis filters everything. */
const FEW_LEVELS = 14; /* more, and an axis of numbers is drawn as a scale */
const parallel = {axes: [], upright: true, canvas: null, brushing: false};

function coordinateAxes(length) {
  const axes = data.hyperparameters.map((hyperparameter, axis) => {
    const values = hyperparameter.levels;
    const present = values.filter((value) => value !== null);
    const scaled = hyperparameter.number && present.length > FEW_LEVELS;
    const base = {axis, title: hyperparameter.name};
    if (!scaled) {
      const scale = d3.scalePoint(d3.range(values.length), length).padding(0.5);
      return {...base, step: scale.step(), position: (row) => scale(levelOf(row.setting, axis)),
        place: (level) => scale(level), ticks: values.map((_, level) => ({at: scale(level), text: levelText(axis, level), level}))};
    }
    const logarithmic = d3.min(present) > 0 && d3.max(present) / d3.min(present) >= 100;
    const scale = (logarithmic ? d3.scaleLog() : d3.scaleLinear()).domain(d3.extent(present)).range(length);
    const place = (level) => (values[level] === null ? length[0] : scale(values[level]));
    return {...base, step: 0, place, position: (row) => place(levelOf(row.setting, axis)),
      ticks: (logarithmic ? scale.ticks(5).filter((value) => scale.tickFormat(5)(value)) : scale.ticks(5))
        .map((value) => ({at: scale(value), text: numberText(value)}))};
  });
  if (data.metrics.length) {
    const scores = allRows().map((row) => row.score).filter((value) => !isNaN(value));
    const scale = d3.scaleLinear().domain(scores.length ? d3.extent(scores) : [0, 1]).range(length).nice();
    const ticks = Math.max(2, Math.min(6, Math.abs(length[1] - length[0]) / 60)), format = scale.tickFormat(ticks);
    axes.push({axis: "score", title: data.metrics[state.metric].name, scale, step: 0,
      position: (row) => (isNaN(row.score) ? NaN : scale(row.score)),
      ticks: scale.ticks(ticks).map((value) => ({at: scale(value), text: format(value)}))});
  }
  return axes;
}

function makeParallel() {
  const place = byId("parallel-chart");
  if (!data.hyperparameters.length) {
    place.append(element("p", {class: "nothing"}, "There is one setting only: nothing differs."));
    return;
  }
  byId("parallel-note").textContent = "Drag along an axis to keep what passes there, click beside the mark to let go. "
    + "Without a pointer: \u201cFilter by value\u201d above the leaderboard does the same.";
  keepDrawn(place, drawParallel);
  events.on("rows.parallel", () => later(drawParallel));
  events.on("metric.parallel", () => later(drawParallel));
  events.on("filter.parallel", () => later(followFilter));
  events.on("light.parallel", () => later(drawLines));
}

function drawParallel() {
  const place = byId("parallel-chart");
  const width = place.clientWidth;
  const count = data.hyperparameters.length + (data.metrics.length ? 1 : 0);
  parallel.upright = width / count >= 120;
  parallel.width = width;
  parallel.height = parallel.upright ? 400 : 84 * count + 8;
  const ends = parallel.upright ? [parallel.height - 20, 52] : [10, width - 10];
  parallel.axes = coordinateAxes(ends);
  const last = parallel.axes[parallel.axes.length - 1];
  const rightmost = 16 + d3.max(last.ticks, (tick) => textWidth(tick.text, 12));
  parallel.axes.forEach((axis, i) => {
    axis.across = parallel.upright ? 14 + i * (width - 14 - rightmost) / Math.max(1, count - 1) : 34 + i * 84;
  });
  parallel.ends = ends;
  parallel.canvas = element("canvas", {"aria-hidden": "true"});
  const ratio = devicePixelRatio || 1;
  parallel.canvas.width = width * ratio;
  parallel.canvas.height = parallel.height * ratio;
  parallel.canvas.style.width = `${width}px`;
  parallel.canvas.style.height = `${parallel.height}px`;
  const frame = element("div", {class: "coordinates"}, parallel.canvas);
  const svg = drawing(width, parallel.height).attr("role", "img").attr("aria-label", `Parallel coordinates of ${data.hyperparameters.map((one) => one.name).join(", ")}`);
  frame.append(svg.node());
  parallel.axes.forEach((axis, i) => drawCoordinate(svg, axis, i));
  svg.node().addEventListener("pointermove", pointAtLine);
  svg.node().addEventListener("pointerleave", () => { light(null); hideTip(); });
  place.replaceChildren(rampLegend("worst", `best, by ${data.metrics.length ? data.metrics[state.metric].name : "nothing"}`), frame);
  followFilter();
}

function drawCoordinate(svg, axis, i) {
  const {upright, axes, ends, width} = parallel;
  const group = svg.append("g").attr("class", "coordinate")
    .attr("transform", upright ? `translate(${axis.across},0)` : `translate(0,${axis.across})`);
  const gap = upright ? (i + 1 < axes.length ? axes[i + 1].across - axis.across : width - axis.across) : width;
  const [a, b] = d3.extent(ends);
  group.append("line").attr("class", "track").attr(upright ? "y1" : "x1", a - 6).attr(upright ? "y2" : "x2", b + 6);
  const first = i === 0, last = i === axes.length - 1;
  group.append("text").attr("class", "title halo").attr("x", !upright ? 0 : first ? -14 : last ? width - axis.across : 0)
    .attr("y", upright ? 18 : -16).attr("text-anchor", !upright || first ? "start" : last ? "end" : "middle")
    .text(shortened(axis.title, upright ? (width / axes.length) - 8 : width));
  /* Numbers too close to each other to be read: every second of them, or third ... */
  const close = !upright && axis.step && data.hyperparameters[axis.axis].number;
  axis.every = close ? Math.ceil((d3.max(axis.ticks, (tick) => textWidth(tick.text, 12)) + 8) / axis.step) : 1;
  for (const tick of axis.ticks.filter((_, j) => j % axis.every === 0)) drawTick(group, axis, tick, gap);
  group.append("g").attr("class", "brush").attr("data-axis", axis.axis).call(brushOf(axis));
}

function drawTick(group, axis, tick, gap) {
  const {upright, width} = parallel;
  const text = group.append("text").attr("class", "halo tick").attr("data-level", tick.level === undefined ? null : tick.level);
  if (upright) {
    /* Above the bundle of lines that meets there, or beside the tick of a scale. */
    const lift = axis.step ? Math.min(13, axis.step * 0.25) + 7 : -4;
    const lines = axis.step ? inLines(tick.text, gap - 22) : [tick.text];
    lines.forEach((line, j) => text.append("tspan").attr("x", 8)
      .attr("y", tick.at - lift - (lines.length - 1 - j) * 13).text(line));
  } else {
    /* At the ends of the line a text keeps to the page. */
    const anchor = tick.at < 40 ? "start" : tick.at > width - 40 ? "end" : "middle";
    const x = {start: Math.max(0, tick.at - 8), middle: tick.at, end: Math.min(width, tick.at + 8)}[anchor];
    const lines = axis.step ? inLines(tick.text, axis.every * axis.step - 6) : [tick.text];
    lines.forEach((line, j) => text.append("tspan").attr("x", x).attr("y", 21 + j * 13).attr("text-anchor", anchor).text(line));
  }
  text.append("title").text(tick.text);
}

/* Brushes. Moving one sets the filter; setting the filter elsewhere moves them. */
function brushOf(axis) {
  const {upright, ends} = parallel;
  const [a, b] = d3.extent(ends);
  const extent = upright ? [[-14, a - 8], [14, b + 8]] : [[a - 8, -12], [b + 8, 12]];
  return (upright ? d3.brushY() : d3.brushX()).extent(extent).on("brush end", function brushed() {
    if (parallel.brushing) return;
    takeBrush(axis, d3.brushSelection(this));
  });
}
function takeBrush(axis, selection) {
  if (axis.axis === "score") {
    setRange(selection ? selection.map(axis.scale.invert).sort(d3.ascending) : null);
    return;
  }
  const levels = data.hyperparameters[axis.axis].levels;
  const inside = selection && d3.range(levels.length).filter((level) =>
    axis.place(level) >= selection[0] && axis.place(level) <= selection[1]);
  setLevels(axis.axis, selection ? new Set(inside) : null);
}
function followFilter() {
  if (!parallel.canvas) return;
  parallel.brushing = true;
  d3.select("#parallel-chart").selectAll(".brush").each(function each(_, i) {
    const axis = parallel.axes[i], brush = brushOf(axis), now = d3.brushSelection(this);
    const wanted = wantedBrush(axis);
    const covers = now && wanted && sameLevels(axis, now);
    if (!covers && (now || wanted)) d3.select(this).call(brush.move, wanted);
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
  return data.hyperparameters[axis.axis].levels.every((_, level) =>
    state.levels[axis.axis].has(level) === (axis.place(level) >= least && axis.place(level) <= most));
}
/* Where a brush has to be for the filter; null where none says it: values that are no neighbours. */
function wantedBrush(axis) {
  const [a, b] = d3.extent(parallel.ends);
  const clamp = (at) => Math.max(a - 8, Math.min(b + 8, at));
  if (axis.axis === "score") return state.range && placesOfRange(axis);
  const levels = state.levels[axis.axis];
  if (!levels || !levels.size) return null;
  const half = (axis.step || 16) * 0.42;
  const [least, most] = d3.extent([...levels], axis.place);
  const between = d3.range(data.hyperparameters[axis.axis].levels.length)
    .filter((level) => axis.place(level) >= least && axis.place(level) <= most);
  return between.length === levels.size ? [clamp(least - half), clamp(most + half)] : null;
}

/* A row's line: its place on each axis. Rows that share a level stand side by side there, the better
 * the higher, so that a bundle shows what it is made of. */
function lineOf(row) {
  return parallel.axes.map((axis) => {
    const width = axis.step ? Math.min(26, axis.step * 0.5) : 0;
    const side = row.share === undefined ? -0.5 : row.share - 0.5;
    return axis.position(row) + (parallel.upright ? -1 : 1) * width * side;
  });
}
function trace(context, places) {
  const {axes, upright} = parallel;
  context.beginPath();
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
  context.stroke();
}
function drawLines() {
  if (!parallel.canvas) return;
  const context = parallel.canvas.getContext("2d"), ratio = devicePixelRatio || 1;
  const shown = new Set(shownRows().map((row) => row.key));
  const rows = allRows().slice().sort((a, b) => (a.share || 0) - (b.share || 0));
  parallel.lines = rows.map((row) => ({row, places: lineOf(row), shown: shown.has(row.key)}));
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, parallel.width, parallel.height);
  const many = Math.max(0.12, Math.min(0.85, 60 / Math.sqrt(shown.size * 12)));
  const quiet = cssColour("--line"), ink = cssColour("--ink");
  context.lineWidth = 1;
  context.strokeStyle = quiet;
  context.globalAlpha = 0.6;
  for (const line of parallel.lines) if (!line.shown) trace(context, line.places);
  context.lineWidth = 1.4;
  context.globalAlpha = many;
  for (const line of parallel.lines)
    if (line.shown) {
      context.strokeStyle = line.row.share === undefined ? quiet : ramp(line.row.share);
      trace(context, line.places);
    }
  context.globalAlpha = 1;
  context.lineWidth = 3;
  for (const line of parallel.lines)
    if (line.row.setting === state.light) {
      context.strokeStyle = ink;
      trace(context, line.places);
    }
  parallel.canvas.dataset.lines = parallel.lines.length;
  parallel.canvas.dataset.shown = shown.size;
}

/* The nearest line to the pointer, if it is near. */
function pointAtLine(event) {
  const {axes, upright, canvas} = parallel;
  const box = canvas.getBoundingClientRect();
  const [along, across] = upright ? [event.clientX - box.left, event.clientY - box.top] : [event.clientY - box.top, event.clientX - box.left];
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
  if (!data.metrics.length || isNaN(row.score)) return [["no score", ""]];
  const spread = row.deviation >= 0 ? ` \u00b1 ${score(state.metric, row.deviation)}` : "";
  return [[data.metrics[state.metric].name, score(state.metric, row.score) + spread], ["rank", `${row.rank} of ${rankedCount()}`]];
}
