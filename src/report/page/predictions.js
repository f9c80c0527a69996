/* What the best network predicts where targets are numbers, against what is true. */

function drawPredictionsOf(place, winner, sweep, one) {
  const id = winnerChart("predictions"), chart = element("div", {id, class: "chart"});
  const scores = ["root_mean_squared_error", "mean_absolute_error", "r2_score"].map((name) => `${name} ${fixed(one[name], decimalsOf([one[name]]))}`);
  const notes = [say("predictions.note"), ...(one.numbers > 1 ? [say("predictions.first", one)] : []),
    ...(one.points.length < one.examples ? [say("predictions.drawn", {drawn: one.points.length, n: one.examples})] : [])];
  place.append(element("p", {}, say("predictions.scores", {...winnerWords(winner, sweep), n: one.examples, scores: scores.join(", ")})),
    element("h3", {}, one.output ? say("predictions.title_of", one) : say("predictions.title")), chart, element("p", {class: "note"}, notes.join(" ")));
  keepDrawn(chart, () => drawPredictions(chart, one));
  saveButtons(place, id, {records: () => [["example", "target", "predicted"], ...one.points], picture: () => ({svg: chart.querySelector("svg")})});
}

/* One scale for both, so that what is right lies on the diagonal. */
function drawPredictions(place, {points}) {
  const drawn = points.filter(([, target, predicted]) => target !== null && predicted !== null);
  const width = Math.min(place.clientWidth, 480), height = heightFor(width);
  const ends = d3.scaleLinear(d3.extent(drawn.flatMap(([, ...both]) => both)), [0, 1]).nice(5).domain();
  const y = d3.scaleLinear(ends, [height - 44, 34]), marks = y.ticks(5);
  const margin = widest(marks.map((mark) => numberText(mark)), 12) + 12, x = d3.scaleLinear(ends, [margin, width - 14]);
  const svg = drawing(width, height).attr("role", "img").attr("aria-label", say("predictions.chart"));
  const panel = svg.append("g").attr("class", "scatter"), axis = panel.append("g").attr("class", "axis");
  panel.append("text").attr("class", "quiet").attr("y", 14).text(say("predictions.predicted"));
  for (const mark of marks) {
    axis.append("line").attr("x1", margin).attr("x2", x.range()[1]).attr("y1", y(mark)).attr("y2", y(mark));
    axis.append("text").attr("x", margin - 8).attr("y", y(mark)).attr("dy", "0.35em").attr("text-anchor", "end").text(numberText(mark));
  }
  drawScatterTicks(axis, x, height - 44 + 20);
  panel.append("text").attr("class", "quiet").attr("x", (margin + width) / 2).attr("y", height - 4).attr("text-anchor", "middle").text(say("predictions.true"));
  panel.append("line").attr("class", "identity").attr("x1", x(ends[0])).attr("y1", y(ends[0])).attr("x2", x(ends[1])).attr("y2", y(ends[1]));
  panel.append("g").selectAll("circle").data(drawn).enter().append("circle").attr("class", "point")
    .attr("cx", ([, target]) => x(target)).attr("cy", ([,, predicted]) => y(predicted)).attr("r", drawn.length > 300 ? 2 : 3)
    .attr("fill-opacity", Math.max(0.25, Math.min(0.8, 12 / Math.sqrt(drawn.length * 2))));
  tellPoints(panel, drawn, x, y);
  place.replaceChildren(svg.node());
}
function tellPoints(panel, drawn, x, y) {
  const hit = panel.insert("rect", ":first-child").attr("class", "hit").attr("width", x.range()[1]).attr("height", y.range()[0]);
  panel.node().addEventListener("pointermove", (event) => {
    const [atX, atY] = pointIn(hit.node().getBoundingClientRect(), event);
    const away = ([, target, predicted]) => Math.hypot(x(target) - atX, y(predicted) - atY), nearest = d3.least(drawn, away);
    if (!nearest || away(nearest) > 24) { hideTip(); return; }
    showTip(event.clientX, event.clientY, say("predictions.example", {index: String(nearest[0])}),
      [[say("predictions.true"), numberText(nearest[1])], [say("predictions.predicted"), numberText(nearest[2])]]);
  });
  panel.node().addEventListener("pointerleave", hideTip);
}
