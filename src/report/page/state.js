/* What the reader has chosen, and who is told when that changes:
 *   metric   another metric            filter   other rows are shown
 *   rows     settings or trials        select   settings whose curves are drawn
 *   light    the row pointed at        theme    dark or light */
const state = {
  metric: data.metric,
  byTrial: false,
  sort: {key: "score", descending: true},
  levels: data.hyperparameters.map(() => null), // a Set of levels that may be shown, or null: all
  range: null,                                  // [least, most] of the metric, or null
  text: "",
  slots: new Map(),                             // setting -> place of its colour
  light: null,                                  // a setting
};
const SLOTS = 6;
const events = d3.dispatch("metric", "filter", "rows", "select", "light", "theme");

/* Redraws wait for the next frame, so that ten movements of a brush are drawn once. */
const waiting = new Set();
function later(draw) {
  if (!waiting.size) requestAnimationFrame(() => {
    const due = [...waiting];
    waiting.clear();
    due.forEach((one) => one());
  });
  waiting.add(draw);
}

const better = (metric) => (data.metrics[metric].maximize ? d3.descending : d3.ascending);
const betterWords = (metric) => (data.metrics[metric].maximize ? "higher is better" : "lower is better");

/* A row of the table, a line of the parallel coordinates: a setting, or a single trial. */
let rowCache = null;
function allRows() {
  if (rowCache) return rowCache;
  if (state.byTrial) {
    const values = data.trials.values[state.metric];
    rowCache = d3.range(trialCount).map((trial) => ({
      key: trial, trial, setting: data.trials.setting[trial], n: 1, deviation: NaN,
      score: data.trials.state[trial] === COMPLETED && values && values[trial] !== null ? values[trial] : NaN,
    }));
  } else {
    const all = data.metrics.length ? statisticsOf(state.metric) : [];
    rowCache = d3.range(settingCount).map((setting) => ({
      key: setting, trial: -1, setting, n: all[setting] ? all[setting].n : 0,
      score: all[setting] ? all[setting].mean : NaN, deviation: all[setting] ? all[setting].deviation : NaN,
    }));
  }
  const order = data.metrics.length ? better(state.metric) : d3.ascending;
  const ranked = rowCache.filter((row) => !isNaN(row.score)).sort((a, b) => order(a.score, b.score));
  ranked.forEach((row, i) => { row.rank = i + 1; });
  /* Where in the order, from 0 (the worst) to 1: what colours go by. */
  ranked.forEach((row, i) => { row.share = ranked.length > 1 ? 1 - i / (ranked.length - 1) : 1; });
  return rowCache;
}
const rankedCount = () => allRows().filter((row) => row.rank).length;

/* The text box: words that must occur in a value, and comparisons such as epochs>=10. */
const RELATIONS = {
  "=": (a, b) => a === b, "!=": (a, b) => a !== b, "<": (a, b) => a < b, ">": (a, b) => a > b,
  "<=": (a, b) => a <= b, ">=": (a, b) => a >= b,
};
function comparable() {
  const columns = new Map();
  data.hyperparameters.forEach((hyperparameter, axis) => columns.set(hyperparameter.name,
    (row) => hyperparameter.levels[levelOf(row.setting, axis)]));
  data.metrics.forEach((metric, i) => columns.set(metric.name,
    (row) => (state.byTrial ? data.trials.values[i][row.trial] : statisticsOf(i)[row.setting].mean)));
  columns.set("rank", (row) => row.rank);
  columns.set("n", (row) => row.n);
  if (state.byTrial) {
    columns.set("trial", (row) => data.trials.id[row.trial]);
    columns.set("seed", (row) => data.trials.seed[row.trial]);
    columns.set("status", (row) => STATES[data.trials.state[row.trial]]);
  }
  return columns;
}
/* {test, wrong}: a predicate, and what is wrong with the text ("" if nothing is). */
function readFilter(text) {
  const columns = comparable();
  const tests = [];
  for (const word of text.split(/\s+/).filter((part) => part)) {
    const parts = /^([a-z_0-9]+)(<=|>=|!=|=|<|>)(.*)$/i.exec(word);
    if (!parts) {
      const wanted = word.toLowerCase();
      tests.push((row) => data.hyperparameters.some((_, axis) =>
        levelText(axis, levelOf(row.setting, axis)).toLowerCase().includes(wanted)));
      continue;
    }
    const [, name, relation, value] = parts;
    if (!columns.has(name))
      return {test: () => true, wrong: `There is no column ${name}; there are ${[...columns.keys()].join(", ")}.`};
    if (value === "") return {test: () => true, wrong: `${word} lacks a value.`};
    const number = Number(value), of = columns.get(name);
    tests.push((row) => {
      const own = of(row);
      if (own === null || own === undefined || Number.isNaN(own)) return relation === "!=";
      return typeof own === "number" && !Number.isNaN(number) ? RELATIONS[relation](own, number)
        : RELATIONS[relation](String(own), value);
    });
  }
  return {test: (row) => tests.every((test) => test(row)), wrong: ""};
}

const isFiltered = () => state.text.trim() !== "" || state.range !== null || state.levels.some((levels) => levels);

let shownCache = null;
/* The rows that pass all filters, in the table's order. */
function shownRows() {
  if (shownCache) return shownCache;
  const {test} = readFilter(state.text);
  const limited = state.levels.map((levels, axis) => [levels, axis]).filter(([levels]) => levels);
  shownCache = allRows().filter((row) =>
    limited.every(([levels, axis]) => levels.has(levelOf(row.setting, axis)))
    && (!state.range || (row.score >= state.range[0] && row.score <= state.range[1])) && test(row));
  return shownCache;
}

function changed(what) {
  if (what === "metric" || what === "rows") rowCache = null;
  if (what === "metric") state.range = null;
  if (what !== "select" && what !== "light" && what !== "theme") shownCache = null;
  events.call(what);
  if (what === "metric" || what === "rows") events.call("filter");
}

function setLevels(axis, levels) {
  const all = data.hyperparameters[axis].levels.length;
  state.levels[axis] = levels && levels.size < all ? levels : null;
  changed("filter");
}
function setRange(range) {
  state.range = range;
  changed("filter");
}
function clearFilters() {
  state.levels.fill(null);
  state.range = null;
  state.text = "";
  changed("filter");
}
function setMetric(metric) {
  state.metric = metric;
  state.sort = {key: "score", descending: data.metrics[metric].maximize};
  changed("metric");
}

/* Choose a setting to draw, or drop it; the first colour that is free is its own. */
function toggleSetting(setting) {
  if (!state.slots.delete(setting)) {
    const taken = new Set(state.slots.values());
    const free = d3.range(SLOTS).find((slot) => !taken.has(slot));
    if (free === undefined) return false;
    state.slots.set(setting, free);
  }
  changed("select");
  return true;
}
/* At first the best ones: of settings that differ in epochs only, which are one training stopped
 * sooner or later, the best alone. */
function selectBest(count) {
  const runs = new Set();
  const ranked = allRows().filter((row) => row.rank && hasCurve(row.setting)).sort((a, b) => a.rank - b.rank);
  for (const row of ranked) {
    const run = d3.range(data.hyperparameters.length).filter((axis) => axis !== epochsAxis)
      .map((axis) => levelOf(row.setting, axis)).join();
    if (!runs.has(run)) state.slots.set(row.setting, runs.size);
    runs.add(run);
    if (runs.size === count) break;
  }
}
function light(setting) {
  if (state.light === setting) return;
  state.light = setting;
  changed("light");
}
