/* The page's head, and the bar that stays in sight. */

function drawHead() {
  const names = sweepNames.length > 3 ? say("head.names", {names: sweepNames.slice(0, 2).join(", "), n: sweepNames.length - 2}) : sweepNames.join(", ");
  document.title = say("head.title", {names});
  byId("name").textContent = names;
  byId("description").textContent = hasSeveral ? say("head.side_by_side", {n: page.sweeps.length}) : page.sweeps[0].sweep.description;
  byId("description").hidden = !byId("description").textContent;
  page.sweeps.forEach(({sweep}, i) => {
    if (sweep.warnings.length)
      byId("warnings").append(element("div", {class: "warnings"},
        element("h2", {}, say(hasSeveral ? "head.warnings_of" : "head.warnings", {n: sweep.warnings.length, name: sweepNames[i]})),
        element("ul", {lang: "en"}, ...sweep.warnings.map((warning) => element("li", {}, warning)))));
  });
  byId("summary").append(...(hasSeveral ? [sweepsTable()] : summaryOf(0)));
}

const figure = (term, big, small) => element("div", {}, element("dt", {}, term),
  element("dd", {}, element("div", {class: "big"}, big), element("div", {class: "small"}, small)));

/* The best settings, one of each quantity that the sweep's metric measures: none of these is better than another. */
const bestOfEach = (sweep) => bestsOf[sweep].filter(({settings}) => settings.length);

/* What a sweep came to. It goes by the sweep's own metric, whatever is chosen below. */
function summaryOf(sweep) {
  const bests = bestOfEach(sweep), figures = element("dl", {class: "figures"}), parts = [figures];
  for (const {metric, settings: [best]} of bests)
    figures.append(figure(say("head.best", data.metrics[metric]), score(metric, statisticsOf(metric)[best].mean),
      spreadWords(metric, best) + (bests.length > 1 ? `; ${labelWithin(sweep, best)}` : "")));
  if (bests.length === 1) {
    const [{metric, settings: [best]}] = bests, test = metricNamed("test_accuracy");
    if (test >= 0 && !isTestMetric(metric) && statisticsOf(test)[best].n)
      figures.append(figure(say("head.its", data.metrics[test]), score(test, statisticsOf(test)[best].mean),
        say("head.looked_once", {spread: spreadWords(test, best), name: data.metrics[metric].name})));
    if (data.hyperparameters.length)
      parts.push(element("div", {class: "best"}, element("p", {}, say("head.best_setting")),
        element("ul", {}, ...d3.range(data.hyperparameters.length).map((axis) =>
          element("li", {}, element("span", {}, `${nameOf(axis)} `), levelText(axis, levelOf(best, axis))))),
        element("p", {}, [sharedWords(sweep), likeTheBest(sweep), simplestWords(sweep)].filter((words) => words).join(" "))));
  }
  figures.append(figure(say("head.trials"), grouped(ranOf(sweep)), trialWords(sweep)));
  figures.append(figure(say("head.data"), page.sweeps[sweep].sweep.dataset, metricWords(sweep)));
  return parts;
}

/* The sweeps side by side: a row each. */
function sweepsTable() {
  const test = metricNamed("test_accuracy");
  const row = (sweep) => {
    const bests = bestOfEach(sweep), counts = stateCountsOf(sweep);
    const number = (...texts) => element("td", {class: "number"}, ...texts);
    const each = (of) => (bests.length ? bests.map(({metric, settings: [best]}) => element("div", {}, of(metric, best))) : [NONE]);
    return element("tr", {}, element("th", {scope: "row"}, sweepNames[sweep]), element("td", {}, page.sweeps[sweep].sweep.dataset),
      number(ranOf(sweep) < d3.sum(counts) ? someOf(ranOf(sweep), grouped(d3.sum(counts))) : grouped(ranOf(sweep))),
      element("td", {}, page.sweeps[sweep].sweep.metric),
      number(...each((metric, best) => `${score(metric, statisticsOf(metric)[best].mean)} ${spreadWords(metric, best)}`)),
      number(...each((_, best) => (test < 0 ? NONE : score(test, statisticsOf(test)[best].mean)))),
      element("td", {}, ...each((_, best) => labelWithin(sweep, best))));
  };
  const heads = ["sweep", "data", "trials", "judged_by", "best", "its_test_accuracy", "best_setting"].map((key) => say(`column.${key}`));
  return element("div", {class: "scroller numbers", tabindex: 0, role: "region", "aria-label": say("head.table")},
    element("table", {id: "sweeps"}, element("thead", {}, element("tr", {}, ...heads.map((head, i) =>
      element("th", {scope: "col", class: [2, 4, 5].includes(i) ? "number" : null}, head)))),
    element("tbody", {}, ...d3.range(page.sweeps.length).map(row))));
}
/* A setting among those of its sweep. */
const labelWithin = (sweep, setting) => d3.range(hasSeveral ? 1 : 0, data.hyperparameters.length)
  .filter((axis) => new Set(data.hyperparameters[axis].place.subarray(settingStarts[sweep], settingStarts[sweep + 1])).size > 1)
  .map((axis) => levelLabel(axis, levelOf(setting, axis))).filter((text) => text).join(" \u00b7 ") || say("setting.only");

/* How far "best" can be believed. */
function likeTheBest(sweep) {
  const {of, untested, settings} = page.sweeps[sweep].best, others = settings.length - 1, tested = of - untested;
  if (of < 2) return "";
  if (!page.sweeps[sweep].best.enough) return say("best.few_seeds");
  if (tested < 2) return say("best.untested");
  const among = untested ? say("best.seeds_enough", {n: tested}) : grouped(tested);
  return [others ? say("best.like_it", {n: others, among}) : say("best.alone", {among}), untested ? say("best.fewer", {n: untested}) : ""]
    .join(" ").trim();
}
function sharedWords(sweep) {
  const {shared_by: shared} = page.sweeps[sweep].best;
  return shared > 1 ? say("best.shared", {n: shared}) : "";
}
/* What to take where the best is not needed. */
function simplestWords(sweep) {
  const [{simplest, settings}] = bestsOf[sweep];
  if (simplest === undefined || settings.length < 2) return "";
  return simplest === settings[0] ? say("best.is_simplest", {means: say("simplest.means")})
    : say("best.simplest", {means: say("simplest.means"), setting: labelWithin(sweep, simplest)});
}
function spreadWords(metric, setting) {
  const {n, deviation} = statisticsOf(metric)[setting];
  return n > 1 ? say("spread.over", {deviation: score(metric, deviation), n}) : say("spread.single");
}
/* Trials that have a result. One that diverged has: that it did. */
const ranOf = (sweep) => stateCountsOf(sweep)[COMPLETED] + stateCountsOf(sweep)[DIVERGED];
function trialWords(sweep) {
  const counts = stateCountsOf(sweep), trials = d3.sum(counts), settings = settingStarts[sweep + 1] - settingStarts[sweep];
  const repeats = trials / settings;
  const words = [[say("trials.of", {n: trials}), ...[["diverged", DIVERGED], ["stopped", STOPPED], ["failed", FAILED], ["running", RUNNING], ["interrupted", INTERRUPTED]]
    .filter(([, state]) => counts[state]).map(([name, state]) => say(`trials.${name}`, {n: counts[state]}))].join(", ")];
  words.push(counted("setting", settings) + (Number.isInteger(repeats) && trials ? ` \u00d7 ${counted("seed", repeats)}` : ""));
  if (counts[PENDING]) words.push(say("trials.pending", {n: counts[PENDING]}));
  return words.join("; ");
}
const metricWords = (sweep) => (page.sweeps[sweep].metrics.length ? say("head.judged_by", {name: page.sweeps[sweep].sweep.metric, better: betterWords(metricOf(sweep))})
  : say("head.nothing"));

/* The metric: a column, and of one that measures several quantities, as losses by several loss
 * functions are, which of them. */
function drawBar() {
  const column = byId("metric"), quantity = byId("quantity-of");
  const own = new Set(bestsOf.flatMap((bests) => bests.map(({metric}) => data.metrics[metric].column)));
  /* A group's name says what a word after the metric's would be cut for. */
  const group = (label, names) => (names.length ? [element("optgroup", {label}, ...names.map((name) => element("option", {value: name}, name)))] : []);
  column.append(...group(say("bar.judged_by", {n: page.sweeps.length}), columnNames().filter((name) => own.has(name))),
    ...group(say("bar.others"), columnNames().filter((name) => !own.has(name))));
  column.disabled = data.metrics.length < 2;
  column.addEventListener("change", () => setMetric(metricsOfColumn(column.value)[0]));
  quantity.addEventListener("change", () => setMetric(Number(quantity.value)));
  byId("clear").addEventListener("click", clearFilters);
  events.on("filter.bar", () => later(drawCount));
  events.on("metric.bar", () => later(drawMetric));
  drawMetric();
  drawCount();
}
const columnNames = () => [...new Set(data.metrics.map((metric) => metric.column))];
const metricsOfColumn = (name) => d3.range(data.metrics.length).filter((metric) => data.metrics[metric].column === name);
function drawMetric() {
  if (!data.metrics.length) return;
  const {column} = data.metrics[state.metric], metrics = metricsOfColumn(column);
  byId("metric").value = column;
  byId("quantity-of").replaceChildren(...metrics.map((metric) => element("option", {value: metric}, quantityOf(metric))));
  byId("quantity-of").value = state.metric;
  byId("quantity-of").hidden = metrics.length < 2;
  byId("bar").classList.toggle("tall", metrics.length > 1);
}
function drawCount() {
  const shown = shownRows().length, all = countedRows(allRows().length);
  byId("count").textContent = shown === allRows().length ? all : someOf(shown, all);
  byId("clear").disabled = !isFiltered();
}
