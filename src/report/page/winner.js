/* What the best networks, one of each quantity, make of the test images: where their weights were kept. */

function drawWinner() {
  page.sweeps.forEach((one, sweep) => {
    if (hasSeveral) byId("winner-body").append(element("h3", {class: "sweep"}, sweepNames[sweep]));
    drawWinnerOf(one, sweep);
  });
}
function drawWinnerOf({winners, no_winner: why}, sweep) {
  const place = byId("winner-body");
  for (const winner of winners) {
    if (winner.confusion) drawClassesOf(place, winner, sweep);
    winner.predictions.forEach((one) => drawPredictionsOf(place, winner, sweep, one));
  }
  if (why || !winners.length)
    place.append(element("p", {class: "note"},
      `${say("winner.none")} ${why ? say(`winner.why_${why.kind}`, why) : say("winner.no_trial")}.`));
}
/* A chart's id, and what it is saved as: from the second one on with its number. */
const winnerCharts = {};
function winnerChart(name) {
  winnerCharts[name] = (winnerCharts[name] ?? 0) + 1;
  return winnerCharts[name] > 1 ? `${name}-${winnerCharts[name]}` : name;
}
/* Whose it is that is shown. */
function winnerWords(winner, sweep) {
  const trial = trialStarts[sweep] + winner.trial;
  return {setting: fullLabel(data.trials.setting[trial]), seed: seedText(trial)};
}
function drawClassesOf(place, winner, sweep) {
  const id = winnerChart("confusion"), matrix = element("div", {id, class: "chart confusion"});
  const wrong = d3.sum(winner.confusion, (row, label) => d3.sum(row.filter((_, predicted) => predicted !== label)));
  const all = d3.sum(winner.confusion, (row) => d3.sum(row));
  place.append(element("p", {}, say("winner.misread", {...winnerWords(winner, sweep), n: all, wrong})),
    element("div", {class: "two"},
      element("div", {}, element("h3", {}, winner.output ? say("winner.confusion_of", winner) : say("winner.confusion")), matrix,
        element("p", {class: "note"}, say("winner.confusion_note")),
        winner.class_names ? element("p", {class: "note"}, winner.class_names.map((name, one) => `${one} ${name}`).join(" · ")) : ""),
      element("div", {}, element("h3", {}, winner.output ? say("winner.mistakes_of", winner) : say("winner.mistakes")), mistakesList(winner))));
  keepDrawn(matrix, () => drawConfusion(matrix, winner));
  saveButtons(place, id, {records: () => confusionRecords(winner), picture: () => ({svg: matrix.querySelector("svg")})});
}

const className = (winner, one) => (winner.class_names ? winner.class_names[one] : String(one));
const namesOf = (winner, {label, predicted}) => ({label: className(winner, label), predicted: className(winner, predicted)});
const confusionRecords = (winner) => [["label", ...winner.confusion.map((_, predicted) => `taken_for_${className(winner, predicted)}`)],
  ...winner.confusion.map((row, label) => [className(winner, label), ...row])];

function drawConfusion(place, winner) {
  const matrix = winner.confusion, takenFor = (cell) => say("winner.taken", namesOf(winner, cell));
  const width = Math.min(place.clientWidth, 480), classes = d3.range(matrix.length);
  const x = d3.scaleBand(classes, [28, width]).padding(0.03), y = d3.scaleBand(classes, [28, width]).padding(0.03);
  const rates = matrix.map((row, label) => row.map((count, predicted) => (label === predicted ? 0 : count / (d3.sum(row) || 1))));
  const most = d3.max(rates, (row) => d3.max(row)) || 1;
  const colour = (cell) => (cell.label === cell.predicted || !cell.count ? "transparent" : ramp(Math.sqrt(rates[cell.label][cell.predicted] / most)));
  const cells = classes.flatMap((label) => classes.map((predicted) => ({label, predicted, count: matrix[label][predicted]})));
  const svg = drawing(width, width).attr("role", "group").attr("aria-label", say("winner.confusion_chart"));
  const rects = svg.append("g").selectAll("rect").data(cells).enter().append("rect").attr("class", "cell")
    .attr("x", (cell) => x(cell.predicted)).attr("y", (cell) => y(cell.label)).attr("width", x.bandwidth()).attr("height", y.bandwidth())
    .attr("rx", 2).attr("fill", colour).style("stroke", (cell) => (cell.label === cell.predicted ? "var(--faint)" : null))
    .attr("role", "img").attr("aria-label", (cell) => `${takenFor(cell)}: ${cell.count}`).attr("tabindex", (_, i) => (i ? -1 : 0));
  svg.append("g").attr("pointer-events", "none").selectAll("text").data(cells.filter((cell) => cell.count && x.bandwidth() > 18)).enter().append("text")
    .attr("x", (cell) => x(cell.predicted) + x.bandwidth() / 2).attr("y", (cell) => y(cell.label) + y.bandwidth() / 2).attr("dy", "0.35em")
    .attr("text-anchor", "middle").style("font-size", x.bandwidth() < 34 ? "0.625rem" : "0.75rem")
    .style("fill", (cell) => (cell.label === cell.predicted ? "var(--quiet)" : inkOn(colour(cell)))).text((cell) => cell.count);
  for (const one of classes) {
    svg.append("text").attr("class", "quiet").attr("x", x(one) + x.bandwidth() / 2).attr("y", 18).attr("text-anchor", "middle").text(one);
    svg.append("text").attr("class", "quiet").attr("x", 16).attr("y", y(one) + y.bandwidth() / 2).attr("dy", "0.35em").attr("text-anchor", "end").text(one);
  }
  exploreCells(svg.node(), rects.nodes(), (cell) => [cell.predicted, cell.label], (cell) => {
    const share = percentText(cell.count / (d3.sum(matrix[cell.label]) || 1), 1);
    return ["", [[cell.label === cell.predicted ? say("winner.right", {label: className(winner, cell.label)}) : takenFor(cell), `${grouped(cell.count)} (${share})`]]];
  });
  place.replaceChildren(svg.node());
}

function mistakesList(winner) {
  if (!winner.mistakes.length) return element("p", {class: "note"}, say("winner.no_mistake"));
  return element("ul", {class: "pictures"}, ...winner.mistakes.map((mistake) => {
    const canvas = element("canvas", {width: winner.columns, height: winner.rows, role: "img",
      "aria-label": say("winner.image", {index: String(mistake.index), ...namesOf(winner, mistake)})});
    paint(canvas, winner, mistake.pixels);
    return element("li", {}, element("figure", {}, canvas, element("figcaption", {}, say("winner.read_as", namesOf(winner, mistake)),
      element("br"), element("span", {}, say("winner.sure", {share: percentText(mistake.probability, 1)})))));
  }));
}
/* Grey levels in base64, as dark ink on white paper. */
function paint(canvas, winner, pixels) {
  const context = canvas.getContext("2d"), bytes = atob(pixels);
  const image = context.createImageData(winner.columns, winner.rows);
  for (let i = 0; i < winner.columns * winner.rows; i++) {
    image.data.fill(255 - bytes.charCodeAt(i), 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
