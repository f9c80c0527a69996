/* The page's head, the bar that stays in sight, and where the numbers come from. */

function drawHead() {
  const {sweep} = data;
  document.title = `${sweep.name} \u2013 sweep report`;
  byId("name").textContent = sweep.name;
  byId("description").textContent = sweep.description;
  byId("description").hidden = !sweep.description;
  if (sweep.warnings.length)
    byId("warnings").append(element("div", {class: "warnings"},
      element("h2", {}, `${plural(sweep.warnings.length, "warning")} about the data`),
      element("ul", {}, ...sweep.warnings.map((warning) => element("li", {}, warning)))));
  drawSummary();
}

const figure = (term, big, small) => element("div", {}, element("dt", {}, term),
  element("dd", {}, element("div", {class: "big"}, big), element("div", {class: "small"}, small)));

/* What the sweep came to. It goes by the sweep's own metric, whatever is chosen below. */
function drawSummary() {
  const summary = byId("summary");
  const figures = element("dl", {class: "figures"});
  const metric = data.metric;
  /* As `sweep compare` has it: of the settings with most completed repeats the one with the best
   * mean. */
  const [best] = data.best.settings;
  if (best !== undefined) {
    figures.append(figure(`Best ${data.metrics[metric].name}`, score(metric, statisticsOf(metric)[best].mean), spreadWords(metric, best)));
    const test = metricNamed("test_accuracy");
    if (test >= 0 && !isTestMetric(metric) && statisticsOf(test)[best].n)
      figures.append(figure("Its test_accuracy", score(test, statisticsOf(test)[best].mean),
        `${spreadWords(test, best)}; looked at once, after choosing by ${data.metrics[metric].name}`));
    summary.append(figures);
    if (data.hyperparameters.length)
      summary.append(element("div", {class: "best"}, element("p", {}, "The best setting"),
        element("ul", {}, ...d3.range(data.hyperparameters.length).map((axis) =>
          element("li", {}, element("span", {}, `${nameOf(axis)} `), levelText(axis, levelOf(best, axis))))),
        element("p", {}, likeTheBest())));
  } else summary.append(figures);
  figures.append(figure("Trials", grouped(stateCounts[COMPLETED]), trialWords()));
  figures.append(figure("Data", data.sweep.dataset, metricWords()));
}
/* How far "best" can be believed. */
function likeTheBest() {
  const others = data.best.settings.length - 1, tested = statisticsOf(data.metric).filter((one) => one.n).length;
  if (tested < 2) return "";
  if (!data.best.enough) return "There are too few seeds to tell settings apart: it may owe its place to luck.";
  if (!others) return `It is the best of ${grouped(tested)} beyond doubt.`;
  return `${plural(others, "other setting")} of ${grouped(tested)} can\u2019t be told from it; their ranks are underlined in the leaderboard.`;
}
function spreadWords(metric, setting) {
  const {n, deviation} = statisticsOf(metric)[setting];
  return n > 1 ? `\u00b1 ${score(metric, deviation)} over ${n} seeds` : "of a single seed";
}
function trialWords() {
  const repeats = trialCount / settingCount;
  const words = [`of ${grouped(trialCount)}: ${plural(settingCount, "setting")}`
    + (Number.isInteger(repeats) && trialCount ? ` \u00d7 ${plural(repeats, "seed")}` : "")];
  if (stateCounts[DIVERGED]) words.push(`${grouped(stateCounts[DIVERGED])} diverged`);
  if (stateCounts[FAILED]) words.push(`${grouped(stateCounts[FAILED])} failed`);
  if (stateCounts[0]) words.push(`${grouped(stateCounts[0])} not trained yet`);
  return words.join("; ");
}
const metricWords = () => (data.metrics.length ? `judged by ${data.sweep.metric}, ${betterWords(data.metric)}` : "nothing completed yet");

function drawBar() {
  const select = byId("metric");
  data.metrics.forEach((metric, i) => select.append(element("option", {value: i, selected: i === state.metric},
    metric.name + (i === data.metric ? " (the sweep\u2019s)" : ""))));
  select.disabled = data.metrics.length < 2;
  select.addEventListener("change", () => setMetric(Number(select.value)));
  byId("clear").addEventListener("click", clearFilters);
  events.on("filter.bar", () => later(drawCount));
  drawCount();
}
function drawCount() {
  const noun = state.byTrial ? "trial" : "setting";
  const shown = shownRows().length, all = allRows().length;
  byId("count").textContent = shown === all ? plural(all, noun) : `${grouped(shown)} of ${plural(all, noun)}`;
  byId("clear").disabled = !isFiltered();
}

function drawProvenance() {
  const {sweep} = data;
  const fact = (term, ...value) => [element("dt", {}, term), element("dd", {}, ...value)];
  const code = (text) => element("code", {}, text);
  const when = sweep.finished_at ? `${utc(sweep.started_at)} to ${utc(sweep.finished_at)} UTC`
    : `since ${utc(sweep.started_at)} UTC, not finished`;
  byId("provenance-body").append(
    element("dl", {class: "facts"},
      ...fact("Sweep", `${sweep.name}, number ${sweep.id} of `, code(sweep.database)),
      ...fact("Trained", when),
      ...fact("Program", `sweep ${sweep.version}`),
      ...fact("Processor", `${sweep.cpu}, ${plural(sweep.jobs, "thread")}`),
      ...fact("BLAS", `${sweep.openblas_config}, core ${sweep.openblas_core}`),
      ...fact("Data", `${sweep.dataset} from `, code(sweep.dataset_source)),
      ...fact("Data\u2019s SHA-256", code(sweep.dataset_digest)),
      ...fact("Data warnings", sweep.warnings.length ? `${sweep.warnings.length}, at the top of this page` : "none"),
      ...fact("Config", code(sweep.config_path)),
      ...fact("Config\u2019s SHA-256", code(sweep.config_digest)),
      ...(sweep.settings ? fact("Changed with --set", code(sweep.settings.trim().split("\n").join(", "))) : [])),
    element("h3", {}, "The config"), element("pre", {tabindex: "0"}, sweep.config));
  if (data.failures.length)
    byId("provenance-body").append(element("h3", {}, "Trials that failed"), element("ul", {},
      ...data.failures.slice(0, 20).map(([trial, error]) => element("li", {}, `${trial}: ${error}`))));
}
const utc = (time) => time.slice(0, 16);
