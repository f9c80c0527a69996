/* Pieces that several parts of the page use. */

/* An element with attributes and children; texts stay texts. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}
const byId = (id) => document.getElementById(id);
/* A text that may be broken after an underscore. */
const breakable = (text) => text.split(/(?<=_)/).flatMap((part, i) => (i ? [element("wbr"), part] : [part]));

const cssColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => !state.project && matchMedia("screen and (prefers-color-scheme: dark)").matches;
/* How much larger than they are drawn things are shown, and where a point is in such a drawing. */
const zoomNow = () => Number(document.documentElement.style.getPropertyValue("--zoom")) || 1;
const pointIn = (box, event) => [(event.clientX - box.left) / zoomNow(), (event.clientY - box.top) / zoomNow()];
/* The height of a chart, which is to fit on a slide with its heading. */
const heightFor = (wanted) => (state.project ? Math.min(wanted, Math.max(200, innerHeight / zoomNow() - 150)) : wanted);
const slotColour = (slot) => `var(--slot-${slot})`;

/* From the worst, 0, to the best, 1: cividis, which looks the same to colour-blind readers. The
 * best is what stands out from the paper: dark by day, bright by night. */
const ramp = (share) => d3.interpolateCividis(isDark() ? 0.15 + 0.85 * share : 0.92 * (1 - share));
const inkOn = (colour) => (d3.lab(colour).l > 55 ? "#14181d" : "#ffffff");

/* A legend of the ramp in a drawing, with words at its ends; `colour` is a function of 0 to 1. */
function drawRamp(svg, x, y, before, after, colour = ramp) {
  const group = svg.append("g").attr("class", "ramp").attr("transform", `translate(${x},${y})`);
  const start = before ? textWidth(before, 12) + 8 : 0, wide = 120;
  if (before) group.append("text").attr("class", "quiet").attr("y", 9).text(before);
  for (let i = 0; i < 30; i++)
    group.append("rect").attr("x", start + i * wide / 30).attr("width", wide / 30 + (i < 29 ? 0.5 : 0)).attr("height", 10).attr("fill", colour(i / 29));
  group.append("text").attr("class", "quiet").attr("x", start + wide + 8).attr("y", 9).text(after);
}

/* Decimal places for a column of values: those that the spread over seeds leaves meaningful, or
 * four digits where there is none. */
function decimalsOf(values, deviations = []) {
  const spread = d3.median(deviations.filter((deviation) => deviation > 0));
  const size = d3.median(values.filter((value) => Number.isFinite(value) && value !== 0).map(Math.abs));
  if (values.every((value) => !Number.isFinite(value) || Number.isInteger(value))) return 0;
  const wanted = spread ? 1 - Math.floor(Math.log10(spread)) : size ? 3 - Math.floor(Math.log10(size)) : 4;
  return Math.max(0, Math.min(8, wanted));
}
/* A number with a proper minus sign; NaN is a dash. */
function fixed(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = value.toFixed(decimals);
  return Number(text) < 0 ? `\u2212${text.slice(1)}` : text.replace("-", "");
}
/* A number of things, "3 settings"; and of those some, "2 of 3 settings". */
const counted = (noun, n) => say(`count.${noun}`, {n});
const someOf = (some, all) => say("count.some", {some, all});
/* What is said of one sweep, where there are several. */
const ofSweep = (sweep, text) => (hasSeveral ? say("sweep.said", {name: sweepNames[sweep], text}) : text);

/* Decimal places for the sweep's scores in a metric, the same wherever they are shown. */
const decimalCache = new Map();
function metricDecimals(metric) {
  if (!decimalCache.has(metric)) {
    const all = statisticsOf(metric);
    decimalCache.set(metric, decimalsOf(all.map((one) => one.mean), all.map((one) => one.deviation)));
  }
  return decimalCache.get(metric);
}
const score = (metric, value) => fixed(value, metricDecimals(metric));

/* The box beside the pointer. `rows` are lists of cells; a cell is a text or a node. */
function showTip(x, y, title, rows) {
  const tip = byId("tip");
  tip.replaceChildren();
  if (title) tip.append(element("h3", {}, title));
  const table = element("table");
  for (const row of rows)
    table.append(element("tr", {}, ...row.map((cell, i) => element("td", {class: i ? "number" : null}, cell))));
  tip.append(table);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = x + 16 + box.width > innerWidth - 8 ? x - 16 - box.width : x + 16;
  const top = y + 16 + box.height > innerHeight - 8 ? y - 16 - box.height : y + 16;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, top)}px`;
}
function hideTip() {
  byId("tip").hidden = true;
}
const dot = (colour) => {
  const made = element("i");
  made.style.background = colour;
  return made;
};

/* The ends of an axis for a score whose largest value is `most` (null: there is none): round
 * numbers, but none that the score can't have. */
function scoreDomain([low, high], most, ticks = 10) {
  const room = high > low ? 0 : Math.abs(low) * 0.01 || 0.5;
  const [from, to] = d3.scaleLinear().domain([low - room, high + room]).nice(ticks).domain();
  return [low < 0 ? from : Math.max(0, from), most === null ? to : Math.min(Math.max(most, high), to)];
}
/* A mean and its spread, as far as the score can go. */
const spreadEnds = ({mean, deviation}, most) => [
  mean >= 0 ? Math.max(0, mean - (deviation || 0)) : mean - (deviation || 0),
  most === null ? mean + (deviation || 0) : Math.min(most, mean + (deviation || 0))];

/* A chart's drawing; it shrinks where there is less room, as on paper. */
const drawing = (width, height) => d3.create("svg").attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);

/* Draw now, and again whenever the width or the theme changes. */
function keepDrawn(container, draw) {
  let width = container.clientWidth;
  if (width) draw();
  new ResizeObserver(() => {
    if (container.clientWidth === width) return;
    width = container.clientWidth;
    later(draw);
  }).observe(container);
  events.on(`theme.${container.id}`, () => later(draw));
}
/* Labels side by side along a line: moved so that none is nearer to the next than `gap`. */
function spreadOut(places, gap, least, most) {
  const order = d3.range(places.length).sort((a, b) => places[a] - places[b]);
  const moved = places.slice();
  let before = least - gap;
  for (const i of order) before = moved[i] = Math.max(moved[i], before + gap);
  let after = most + gap;
  for (const i of order.reverse()) after = moved[i] = Math.min(moved[i], after - gap);
  return moved;
}
