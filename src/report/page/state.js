/* What the reader has chosen, and who is told when that changes:
 *   metric   another metric            filter   other rows are shown
 *   rows     settings or trials        select   settings whose curves are drawn, and their colours
 *   columns  of the table, its order   light    the row pointed at
 *   open     the row looked into       view     what is drawn else, and how
 *   theme    dark or light
 * link.js keeps all of it but `light` in the page's address. */
const state = {
  metric: data.metric,
  byTrial: false,
  sort: null,                                   // {key, descending}, or null: by the score, the best first
  columns: null,                                // a Set of keys of columns, or null: those of the start
  levels: data.hyperparameters.map(() => null), // a Set of levels that may be shown, or null: all
  range: null,                                  // [least, most] of the metric, or null
  text: "",
  slots: new Map(),                             // setting -> place of its colour
  /* quantity: null goes by the metric; colour: an axis, or null: each setting its own */
  curves: {quantity: null, of: "ticked", colour: null, training: true},
  zoom: true,                                   // parallel coordinates over what is shown
  search: {against: "trials", better: true},    // what is spent; the better half of the scores alone
  effects: {shared: true},
  heat: {x: 0, y: 1, cell: "mean"},
  light: null,                                  // a setting
  project: null,                                // a part's id: projected, alone
  open: null,                                   // a row's key
};
const SLOTS = 6;
/* What a search spends, and how that is called. */
const COSTS = Object.fromEntries(["trials", "epochs", "seconds"].map((cost) => [cost, say(`cost.${cost}`)]));
const events = d3.dispatch("metric", "filter", "rows", "columns", "select", "light", "open", "view", "theme");

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
const betterWords = (metric) => say(data.metrics[metric].maximize ? "better.higher" : "better.lower");

/* A row of the table, a line of the parallel coordinates: a setting, or a single trial. `place` is
 * its place in the order, `rank` the same counted from 1 where it has a score, and `share` that from
 * 0 (the worst) to 1: what colours go by. */
let rowCache = null;
function allRows() {
  if (!rowCache) rowCache = placed(state.byTrial ? trialRows() : settingRows());
  return rowCache;
}
function trialRows() {
  const values = data.trials.values[state.metric];
  return d3.range(trialCount).map((trial) => ({
    key: trial, trial, setting: data.trials.setting[trial], n: data.trials.state[trial] === COMPLETED ? 1 : 0, deviation: NaN,
    score: data.trials.state[trial] === COMPLETED && values ? values[trial] ?? NaN : NaN,
  }));
}
function settingRows() {
  const all = data.metrics.length ? statisticsOf(state.metric) : [];
  return d3.range(settingCount).map((setting) => ({
    key: setting, trial: -1, setting, n: countOf(setting, COMPLETED), score: all[setting]?.mean ?? NaN, deviation: all[setting]?.deviation ?? NaN,
  }));
}
function placed(rows) {
  const order = rows.slice().sort(firstOf());
  const ranked = order.filter((row) => !isNaN(row.score)).length;
  order.forEach((row, i) => {
    row.place = i;
    if (i >= ranked) return;
    row.rank = i + 1;
    row.share = ranked > 1 ? 1 - i / (ranked - 1) : 1;
  });
  return rows;
}
/* Which of two rows goes first. A sweep's settings are in the order of `sweep top`, which came with
 * the data; so single trials are by their scores. Of several sweeps those settings go first that
 * lack the fewest of their sweep's seeds, then by the mean: the same rule. */
function firstOf() {
  if (!data.metrics.length) return (a, b) => a.key - b.key;
  const order = better(state.metric), places = placesOf(state.metric);
  const all = statisticsOf(state.metric);
  const most = d3.rollup(d3.range(settingCount), (settings) => d3.max(settings, (setting) => all[setting].n), (setting) => sweepOf[setting]);
  return (a, b) => {
    if (isNaN(a.score) || isNaN(b.score)) return isNaN(a.score) - isNaN(b.score) || a.key - b.key;
    if (!state.byTrial && sweepOf[a.setting] === sweepOf[b.setting]) return places[a.setting] - places[b.setting];
    const lacking = state.byTrial ? 0 : (most.get(sweepOf[a.setting]) - a.n) - (most.get(sweepOf[b.setting]) - b.n);
    return lacking || order(a.score, b.score) || a.key - b.key;
  };
}
const countedRows = (n) => counted(state.byTrial ? "trial" : "setting", n);
const rankedCount = () => allRows().filter((row) => row.rank).length;

const isFiltered = () => state.text.trim() !== "" || state.range !== null || state.levels.some((levels) => levels);

let shownCache = null;
/* The rows that pass all filters. */
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
  if (what === "rows") state.open = null;
  if (["metric", "rows", "filter"].includes(what)) shownCache = null;
  events.call(what);
  if (what === "metric" || what === "rows") events.call("filter");
}

const forgetRows = () => { rowCache = shownCache = null; };
/* All of it was changed at once, by a link. */
function restored() {
  forgetRows();
  for (const what of ["metric", "rows", "filter", "columns", "select", "view", "open"]) events.call(what);
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
  state.sort = null;
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
  /* Then what is running, as far as there are colours. */
  const going = d3.range(settingCount).filter((setting) => !state.slots.has(setting) && hasCurve(setting) && trialsOf[setting].some(isUnfinished));
  for (const setting of going.slice(0, SLOTS - state.slots.size)) state.slots.set(setting, state.slots.size);
}
/* Look into a row, or (null) no longer. */
function openRow(key) {
  if (state.open === key) return;
  state.open = key;
  changed("open");
}
/* Set some of what is drawn, and tell. */
function setView(part, values) {
  Object.assign(part, values);
  changed("view");
}
function light(setting) {
  if (state.light === setting) return;
  state.light = setting;
  changed("light");
}
