/* Pieces that several charts use. */

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

const cssColour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => matchMedia("screen and (prefers-color-scheme: dark)").matches;
const slotColour = (slot) => `var(--slot-${slot})`;

/* From the worst, 0, to the best, 1: cividis, which looks the same to colour-blind readers. The
 * best is what stands out from the paper: dark by day, bright by night. */
const ramp = (share) => d3.interpolateCividis(isDark() ? 0.15 + 0.85 * share : 0.92 * (1 - share));
const inkOn = (colour) => (d3.lab(colour).l > 55 ? "#14181d" : "#ffffff");

function drawRamp(canvas) {
  const context = canvas.getContext("2d");
  canvas.width = 144;
  canvas.height = 1;
  for (let x = 0; x < 144; x++) {
    context.fillStyle = ramp(x / 143);
    context.fillRect(x, 0, 1, 1);
  }
}
/* A legend of the ramp, with words at its ends. */
function rampLegend(worst, best) {
  const canvas = element("canvas", {"aria-hidden": "true"});
  drawRamp(canvas);
  return element("p", {class: "ramp"}, worst, canvas, best);
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
const grouped = d3.format(",");
const plural = (count, noun) => `${grouped(count)} ${noun}${count === 1 ? "" : "s"}`;

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

/* How wide a text is, in the page's own font. Its digits are all as wide as a 0. */
const measure = document.createElement("canvas").getContext("2d");
const fontFamily = getComputedStyle(document.body).fontFamily;
function textWidth(text, size = 13, weight = 400) {
  measure.font = `${weight} ${size}px ${fontFamily}`;
  return measure.measureText(text.replace(/\d/g, "0")).width;
}
/* The text, or as much of it as fits. */
function shortened(text, width, size = 13) {
  if (textWidth(text, size) <= width) return text;
  let low = 0, high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(`${text.slice(0, middle)}\u2026`, size) <= width) low = middle; else high = middle - 1;
  }
  return low ? `${text.slice(0, low)}\u2026` : "";
}
/* One or two lines, broken after an underscore, a space or a dot where one is too long. */
function inLines(text, width, size = 12) {
  if (textWidth(text, size) <= width) return [text];
  const breaks = [...text.matchAll(/[_ \u00b7]+/g)].map((match) => match.index + match[0].length);
  const cut = d3.least(breaks, (at) => Math.abs(at - text.length / 2));
  if (!cut) return [shortened(text, width, size)];
  return [text.slice(0, cut).trim(), text.slice(cut)].map((line) => shortened(line, width, size));
}

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

/* A chart's drawing; it shrinks where there is less room, as on paper. */
const drawing = (width, height) => d3.create("svg").attr("width", width).attr("height", height).attr("viewBox", `0 0 ${width} ${height}`);

/* Draw now, and again whenever the width or the theme changes. */
function keepDrawn(container, draw) {
  let width = 0;
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
