/* Texts that have to fit: their widths, their lines, and keys for those too long to stand where they
 * belong. */

/* How wide a text is, in the page's own font. Its digits are all as wide as a 0. */
const measure = document.createElement("canvas").getContext("2d");
const fontFamily = getComputedStyle(document.body).fontFamily;
const widths = new Map();
function textWidth(text, size = 13, weight = 400) {
  const key = `${weight} ${size} ${text.replace(/\d/g, "0")}`;
  if (!widths.has(key)) {
    measure.font = `${weight} ${size}px ${fontFamily}`;
    widths.set(key, measure.measureText(text.replace(/\d/g, "0")).width);
  }
  return widths.get(key);
}
const widest = (texts, size = 13, weight = 400) => d3.max([...new Set(texts)], (text) => textWidth(text, size, weight)) || 0;

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

/* The text in lines of at most `width`, broken after an underscore, a space, a comma or a dot; null
 * where it does not fit into `most` of them. */
function inLines(text, width, most, size = 12) {
  const lines = [""];
  for (const piece of text.match(/[^_ ,\u00b7]*[_ ,\u00b7]*/g).filter((one) => one)) {
    const longer = lines[lines.length - 1] + piece;
    if (textWidth(longer.trimEnd(), size) <= width) lines[lines.length - 1] = longer;
    else if (textWidth(piece.trimEnd(), size) > width) return null;
    else lines.push(piece);
  }
  return lines.length > most ? null : lines.map((line) => line.trimEnd()).filter((line, i) => line || !i);
}

/* How texts side by side (or one below the other) are written, each in a box of `width` and `most`
 * lines: as they are, or, where one does not fit, all as numbers that a key explains. `every`: of
 * texts too close to each other to be read, that every second is left out, or two of three ... */
function labelsFor(texts, width, most, {size = 12, isOrdered = false, step = width, gap = 8} = {}) {
  const lines = texts.map((text) => inLines(text, width, most, size));
  if (lines.every((one) => one)) return {lines, key: null, every: 1};
  if (isOrdered) return {lines: texts.map((text) => [text]), key: null, every: Math.ceil((widest(texts, size) + gap) / step)};
  const numbers = texts.map((_, i) => String(i + 1));
  return {lines: numbers.map((text) => [text]), key: texts.map((text, i) => [numbers[i], text]),
    every: Math.max(1, Math.ceil((widest(numbers, size) + gap) / step))};
}

/* Of ticks along a line, {at, text}, those that have room beside the ones before. */
function spacedTicks(ticks, gap = 10, size = 12) {
  let last = -Infinity;
  return ticks.slice().sort((a, b) => a.at - b.at).filter(({at, text}) => {
    const half = textWidth(text, size) / 2;
    if (at - half < last) return false;
    last = at + half + gap;
    return true;
  });
}

/* The keys of a chart's axes: what each number stands for. */
function keysList(keys) {
  const lists = keys.filter(({key}) => key).map(({title, key}) => element("li", {}, element("b", {}, title), " ",
    ...key.flatMap(([number, text], i) => [element("span", {class: "entry"}, element("b", {}, number), `\u00a0${text}`), i + 1 < key.length ? "; " : ""])));
  return lists.length ? element("ul", {class: "keys"}, ...lists) : null;
}
