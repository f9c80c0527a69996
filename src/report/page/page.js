/* Everything in its place. */
drawHead();
if (data.metrics.length) state.sort.descending = data.metrics[state.metric].maximize;
selectBest(5);
drawBar();
makeFilters();
makeTable();
makeCurves();
makeParallel();
makeEffects();
makeHeatmap();
drawWinner();
drawProvenance();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed("theme"));
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
document.documentElement.dataset.ready = "";
