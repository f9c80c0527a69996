/* From which hyperparameters the variance of a search's scores comes: the shares of `sweep compare`,
 * with its words on how far they can be believed. */
const importance = {svg: null};
const sharesOf = (sweep) => effectsOf(state.metric).filter((group) => group.sweep === sweep && group.share !== null)
  .sort((a, b) => d3.descending(a.share, b.share));

function makeImportance() {
  if (!searches.length || !data.metrics.length) return;
  const section = byId("importance");
  section.hidden = byId("importance-link").hidden = false;
  keepDrawn(byId("importance-chart"), drawImportance);
  events.on("metric.importance", () => later(drawImportance));
  saveButtons(section.querySelector(".controls"), "importance", {records: importanceRecords, picture: () => ({svg: importance.svg})});
}

function drawImportance() {
  const place = byId("importance-chart"), width = place.clientWidth, row = 28, head = hasSeveral ? 36 : 0;
  const shown = searches.map((sweep) => ({sweep, groups: sharesOf(sweep)})), drawn = shown.filter(({groups}) => groups.length);
  const svg = drawing(width, d3.sum(drawn, ({groups}) => head + groups.length * row)).attr("role", "img").attr("aria-label", say("importance.chart"));
  const names = widest(drawn.flatMap(({groups}) => groups.map((group) => nameOf(group.axis)))) + 14;
  const x = d3.scaleLinear([0, Math.max(0.1, d3.max(drawn, ({groups}) => groups[0].share) || 0)], [names, Math.min(width, names + 640) - 60]);
  let top = 0;
  for (const {sweep, groups} of drawn) {
    if (hasSeveral) svg.append("text").attr("class", "effect-title").attr("y", top + 22).text(sweepNames[sweep]);
    top += head;
    for (const group of groups) {
      const line = svg.append("g").attr("class", "share").attr("data-axis", group.axis);
      line.append("text").attr("x", names - 10).attr("y", top + 18).attr("text-anchor", "end").text(nameOf(group.axis));
      line.append("rect").attr("class", "share-bar").attr("x", names).attr("y", top + 5).attr("width", Math.max(1, x(group.share) - names)).attr("height", row - 10);
      line.append("text").attr("x", x(group.share) + 8).attr("y", top + 18).text(shareText(group.share));
      top += row;
    }
  }
  importance.svg = drawn.length ? svg.node() : null;
  place.replaceChildren(...(drawn.length ? [importance.svg] : []));
  byId("importance-note").replaceChildren(...shown.filter(({sweep}) => metricIn(sweep, state.metric) >= 0)
    .map(({sweep}) => element("p", {class: "note"}, shareWords(sweep))));
}
/* The program's words begin within a sentence. */
function shareWords(sweep) {
  const words = page.sweeps[sweep].search.shares[metricIn(sweep, state.metric)];
  return ofSweep(sweep, say("importance.share", {words}));
}
const importanceRecords = () => [[...(hasSeveral ? ["sweep"] : []), "hyperparameter", "share"],
  ...searches.flatMap((sweep) => sharesOf(sweep).map((group) => [...(hasSeveral ? [sweepNames[sweep]] : []), nameOf(group.axis), group.share]))];
