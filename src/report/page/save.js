/* Tables and charts as files: CSV, SVG and PNG, made in the page. */

function saveFile(name, blob) {
  const address = URL.createObjectURL(blob);
  element("a", {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}
const fileName = (what, kind) => `${sweepNames[0].replace(/[^\w-]+/g, "_").slice(0, 60)}${hasSeveral ? `_${say("save.others")}` : ""}-${what}.${kind}`;

/* Records as CSV: RFC 4180, as `sweep export` writes it; the apostrophe keeps spreadsheets from taking a text for a
 * formula. A number may be a text here, too. */
function csvCell(value) {
  const text = typeof value === "string" && /^[=+@\t-]/.test(value) && isNaN(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, "\"\"")}"` : text;
}
const csvOf = (records) => records.map((record) => `${record.map((value) => csvCell(value ?? "")).join(",")}\r\n`).join("");

/* What of the page's style a drawing takes along, as attributes: a file has no style sheet. */
const CARRIED = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "stroke-linecap", "stroke-linejoin",
  "opacity", "font-size", "font-weight", "paint-order"];
/* Not part of a picture: what only the pointer or the keyboard needs. */
const LEFT_OUT = ".hit, .brush, .at, .reset, title";

/* A chart as an SVG document. `strokes` are lines that the page has on a canvas: {path, colour,
 * width, opacity}; they lie under the rest. */
function svgOf(svg, strokes = []) {
  const copy = svg.cloneNode(true), [from, to] = [svg, copy].map((one) => one.querySelectorAll("*"));
  from.forEach((node, i) => {
    const style = getComputedStyle(node);
    if (style.display === "none") to[i].dataset.hidden = "";
    for (const name of CARRIED) {
      const value = style.getPropertyValue(name);
      if (value && value !== "none" && value !== "normal") to[i].setAttribute(name, value);
      else if (name === "fill" || name === "stroke") to[i].setAttribute(name, "none");
    }
    to[i].removeAttribute("style");
    to[i].removeAttribute("tabindex");
  });
  copy.querySelectorAll(`${LEFT_OUT}, [data-hidden]`).forEach((node) => node.remove());
  const [width, height] = ["width", "height"].map((name) => Number(svg.getAttribute(name)));
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("font-family", fontFamily);
  copy.removeAttribute("tabindex");
  const under = d3.create("svg:g").attr("fill", "none");
  for (const {path, colour, width: wide, opacity} of strokes)
    under.append("path").attr("d", path).attr("stroke", colour).attr("stroke-width", wide).attr("stroke-opacity", opacity);
  const paper = d3.create("svg:rect").attr("width", width).attr("height", height).attr("fill", cssColour("--paper"));
  copy.prepend(paper.node(), under.node());
  return {text: new XMLSerializer().serializeToString(copy), width, height};
}
/* The same in pixels, two for each of the page's. */
function pngOf({text, width, height}) {
  return new Promise((resolve, reject) => {
    const image = new Image(), canvas = element("canvas", {width: 2 * width, height: 2 * height});
    image.onload = () => {
      canvas.getContext("2d").drawImage(image, 0, 0, 2 * width, 2 * height);
      canvas.toBlob(resolve, "image/png");
    };
    image.onerror = reject;
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  });
}

/* Buttons that save what a section shows. `records` gives a table's lines, `picture` the drawing
 * and what is on its canvas; null where there is nothing to draw. */
function saveButtons(place, what, {records, picture}) {
  const label = say(`saved.${what.replace(/-\d+$/, "")}`);
  const button = (kind, save) => element("button", {type: "button", "data-save": `${what}.${kind.toLowerCase()}`,
    "aria-label": say("save.as", {what: label, kind}), onclick: save}, kind);
  const drawn = () => {
    const found = picture();
    return found && found.svg ? svgOf(found.svg, found.strokes) : null;
  };
  const buttons = [button("CSV", () => saveFile(fileName(what, "csv"), new Blob([csvOf(records())], {type: "text/csv"})))];
  if (picture)
    buttons.push(button("SVG", () => {
      const found = drawn();
      if (found) saveFile(fileName(what, "svg"), new Blob([found.text], {type: "image/svg+xml"}));
    }), button("PNG", async () => {
      const found = drawn();
      if (found) saveFile(fileName(what, "png"), await pngOf(found));
    }));
  place.append(element("div", {class: "save", role: "group", "aria-label": say("save.what", {what: label})}, element("span", {}, say("save.save")), ...buttons));
}
