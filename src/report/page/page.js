/* Everything in its place. */
drawHead();
selectBest(5);
chooseHeat();
makeLink();
drawBar();
makeFilters();
makeTable();
makeColumnChooser();
makePareto();
makeSearch();
makeCurves();
makeParallel();
makeImportance();
makeSlices();
makeEffects();
makeHeatmap();
drawWinner();
drawProvenance();
makeDetail();
makeNavigation();
makeProject();
makeLive();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => changed("theme"));
addEventListener("keydown", (event) => { if (event.key === "Escape") hideTip(); });
/* A link to a section was followed before its place was known. */
if (location.hash && !location.hash.includes("=") && byId(location.hash.slice(1))) byId(location.hash.slice(1)).scrollIntoView({behavior: "instant"});
document.documentElement.dataset.ready = "";
