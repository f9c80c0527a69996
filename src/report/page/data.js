/* The data of the page's sweeps, as its other scripts use them: laid end to end, with the sweep as
 * one hyperparameter more where there are several. Everything is counted by place: a
 * hyperparameter, a level of it, a setting, a trial, a metric. */
const page = JSON.parse(document.getElementById("data").textContent);
const STATES = ["pending", "completed", "diverged", "failed", "stopped", "running", "interrupted"];
const PENDING = 0, COMPLETED = 1, DIVERGED = 2, FAILED = 3, STOPPED = 4, RUNNING = 5, INTERRUPTED = 6;
const NONE = "\u2013";
const FEW_LEVELS = 14; /* of more, numbers are drawn along a scale, not one by one */

/* Sweeps have the same hyperparameters, and parts of their values (a layer's units) of their own:
 * each gets the others', which apply to none of its settings. */
const hyperparameterNames = [...new Set(page.sweeps.flatMap((one) => one.hyperparameters.map(({name}) => name)))];
const exampleOf = (name) => page.sweeps.flatMap((one) => one.hyperparameters).find((one) => one.name === name);
for (const one of page.sweeps) {
  const own = one.hyperparameters.map(({name}) => name), placeOf = (axis) => hyperparameterNames.indexOf(own[axis]);
  one.settings = hyperparameterNames.map((name) => one.settings[own.indexOf(name)] ?? null);
  one.effects.flat().forEach((group) => { group.axis = placeOf(group.axis); });
  one.interactions.forEach((pair) => { pair.axes = pair.axes.map(placeOf); });
  one.hyperparameters = hyperparameterNames.map((name) => one.hyperparameters[own.indexOf(name)]
    ?? {...exampleOf(name), varied: false, log: null, levels: [null]});
}

/* A value as a person would write it. A step of a range may have digits that only arithmetic left. */
const numberText = (value, digits = 6) => String(Number(value.toPrecision(digits)));
const valueText = (value) => (value === null ? NONE : typeof value === "number" ? numberText(value) : value);

/* A value that says what it is of: numbers and switches need their hyperparameter's name. */
function namedValue({name, number}, value) {
  if (value === null) return "";
  return !number && value !== "true" && value !== "false" ? value : `${name} ${valueText(value)}`;
}

/* Where each sweep's things begin among all. */
function startsOf(counts) {
  const starts = [0];
  for (const count of counts) starts.push(starts[starts.length - 1] + count);
  return starts;
}
const settingStarts = startsOf(page.sweeps.map((one) => (one.trials.setting.length ? d3.max(one.trials.setting) + 1 : 0)));
const trialStarts = startsOf(page.sweeps.map((one) => one.trials.setting.length));
const runStarts = startsOf(page.sweeps.map((one) => one.curves.of));
const settingCount = settingStarts[page.sweeps.length], trialCount = trialStarts[page.sweeps.length];
const hasSeveral = page.sweeps.length > 1;

/* The sweeps' names; those that have the same one are numbered as the database does. */
const sweepNames = page.sweeps.map(({sweep}) =>
  (page.sweeps.filter((other) => other.sweep.name === sweep.name).length > 1 ? `${sweep.name} (${sweep.id})` : sweep.name));

/* A hyperparameter over all sweeps: its levels, numbers ascending, null (does not apply) last; and
 * `place`, each setting's level. */
function joinHyperparameter(at) {
  const {name, aliases, number, within} = page.sweeps[0].hyperparameters[at];
  const all = new Set(page.sweeps.flatMap((one) => one.hyperparameters[at].levels));
  const levels = [...all].filter((level) => level !== null);
  if (number) levels.sort(d3.ascending);
  if (all.has(null)) levels.push(null);
  const placeOf = new Map(levels.map((level, i) => [level, i])), place = new Uint32Array(settingCount);
  const levelsOf = page.sweeps.map((one, sweep) => {
    const own = one.hyperparameters[at].levels.map((level) => placeOf.get(level)), start = settingStarts[sweep];
    for (let i = start; i < settingStarts[sweep + 1]; i++) place[i] = own[one.settings[at] ? one.settings[at][i - start] : 0];
    return own;
  });
  return {name, aliases, number, within, levels, place, levelsOf, log: page.sweeps.map((one) => one.hyperparameters[at].log).find((log) => log !== null) ?? null, varied: page.sweeps.some((one) => one.hyperparameters[at].varied)};
}
/* Whether sweeps differ in a hyperparameter that is the same throughout each of them: among settings
 * to which it applies and that agree in what it is `within`, as momentum is within the optimizer. */
function differs(hyperparameter, all) {
  const parents = all.filter((other) => hyperparameter.within.includes(other.name));
  const found = new Map();
  for (let setting = 0; setting < settingCount; setting++) {
    if (hyperparameter.levels[hyperparameter.place[setting]] === null) continue; /* does not apply */
    const key = parents.map((parent) => parent.place[setting]).join();
    if (!found.has(key)) found.set(key, hyperparameter.place[setting]);
    else if (found.get(key) !== hyperparameter.place[setting]) return true;
  }
  return false;
}
const joined = page.sweeps[0].hyperparameters.map((_, at) => joinHyperparameter(at));
if (hasSeveral) for (const one of joined) one.varied = one.varied || (one.levels.length > 1 && differs(one, joined));
const sweepOf = new Uint32Array(settingCount);
page.sweeps.forEach((_, sweep) => sweepOf.fill(sweep, settingStarts[sweep], settingStarts[sweep + 1]));

/* The name of a sweep's metric. Scores are different quantities where sweeps differ in what defines
 * them, as losses by two loss functions are: then that is part of the name. */
function metricName(sweep, at) {
  const one = page.sweeps[sweep], {name, column, defined_by: defining} = one.metrics[at], [setting] = one.order[at];
  if (!hasSeveral || setting === undefined) return name;
  const words = joined.filter((hyperparameter) => defining.includes(hyperparameter.name) && hyperparameter.levels.length > 1)
    .map((hyperparameter) => namedValue(hyperparameter, hyperparameter.levels[hyperparameter.place[settingStarts[sweep] + setting]]));
  return words.length ? `${column}: ${words.join(", ")}` : name;
}
const metricNames = page.sweeps.map((one, sweep) => one.metrics.map((_, at) => metricName(sweep, at)));
function joinMetrics() {
  const metrics = new Map();
  page.sweeps.forEach((one, sweep) => one.metrics.forEach((metric, at) => {
    const name = metricNames[sweep][at];
    if (!metrics.has(name)) metrics.set(name, {...metric, name});
  }));
  return [...metrics.values()];
}
/* A list of the sweeps' trials, end to end. */
const joinTrials = (of) => (hasSeveral ? page.sweeps.flatMap(of) : of(page.sweeps[0], 0));
function joinValues(name) {
  return joinTrials((one, sweep) => {
    const at = metricNames[sweep].indexOf(name);
    return at < 0 ? Array(one.trials.setting.length).fill(null) : one.trials.values[at];
  });
}
function joinCurves() {
  const series = [...new Map(page.sweeps.flatMap((one) => one.curves.series).map((one) => [one.name, one])).values()];
  const runs = page.sweeps.flatMap((one, sweep) => {
    const own = series.map(({name}) => one.curves.series.findIndex((other) => other.name === name));
    return one.curves.runs.map((curve) => ({run: runStarts[sweep] + curve.run, epoch: curve.epoch,
      values: own.map((at) => (at < 0 ? curve.epoch.map(() => null) : curve.values[at]))}));
  });
  return {series, runs, of: runStarts[page.sweeps.length]};
}

const data = {
  metrics: joinMetrics(),
  /* Those that differ by themselves: the axes of the charts. */
  hyperparameters: [...(hasSeveral ? [{name: "sweep", aliases: [], number: false, levels: sweepNames, place: sweepOf}] : []),
    ...joined.filter((one) => one.varied)],
  /* The others: the same in all settings, or different along with one that is varied. */
  constants: joined.filter((one) => !one.varied),
  trials: {
    id: joinTrials((one) => one.trials.id), state: joinTrials((one) => one.trials.state), seed: joinTrials((one) => one.trials.seed),
    command: joinTrials((one) => one.trials.command), finished: joinTrials((one) => one.trials.finished),
    setting: joinTrials((one, sweep) => (sweep ? one.trials.setting.map((setting) => settingStarts[sweep] + setting) : one.trials.setting)),
    run: joinTrials((one, sweep) => (sweep ? one.trials.run.map((run) => runStarts[sweep] + run) : one.trials.run)),
  },
  curves: joinCurves(),
};
data.trials.values = data.metrics.map((metric) => joinValues(metric.name));

const metricNamed = (name) => data.metrics.findIndex((metric) => metric.name === name);
/* Which of the quantities that its column measures a metric is; "" where there is one. */
const quantityOf = (metric) => data.metrics[metric].name.slice(data.metrics[metric].column.length).replace(/^: /, "");
/* A metric's place among a sweep's, -1 where it has none of it. */
const metricIn = (sweep, metric) => metricNames[sweep].indexOf(data.metrics[metric].name);
const isTestMetric = (metric) => data.metrics[metric].split === "test";
/* A sweep's own metric; 0 where none of its trials has a value of it. */
const metricOf = (sweep) => Math.max(0, metricNamed(metricNames[sweep][page.sweeps[sweep].metric]));
data.metric = metricOf(0);

/* Each setting's trials. */
const trialsOf = Array.from({length: settingCount}, () => []);
data.trials.setting.forEach((setting, trial) => trialsOf[setting].push(trial));

const levelOf = (setting, axis) => data.hyperparameters[axis].place[setting];
const nameOf = (axis) => data.hyperparameters[axis].name;
const axisOf = (hyperparameter) => data.hyperparameters.indexOf(joined[hyperparameter]);
const epochsAxis = data.hyperparameters.findIndex((hyperparameter) => hyperparameter.name === "epochs");

const levelText = (axis, level) => valueText(data.hyperparameters[axis].levels[level]);

/* Mean and sample standard deviation over a setting's completed trials, for a metric: what
 * `sweep top` prints. Computed once for each metric. */
const statistics = new Map();
function statisticsOf(metric) {
  if (statistics.has(metric)) return statistics.get(metric);
  const values = data.trials.values[metric];
  const all = trialsOf.map((trials) => {
    const scores = trials.filter((trial) => data.trials.state[trial] === COMPLETED && values[trial] !== null)
      .map((trial) => values[trial]);
    if (!scores.length) return {n: 0, mean: NaN, deviation: NaN};
    const mean = d3.sum(scores) / scores.length;
    const squares = d3.sum(scores, (score) => (score - mean) ** 2);
    return {n: scores.length, mean, deviation: scores.length > 1 ? Math.sqrt(squares / (scores.length - 1)) : NaN};
  });
  statistics.set(metric, all);
  return all;
}

/* How many of a setting's trials, or of a sweep's, are in a state. */
const countOf = (setting, state) => trialsOf[setting].filter((trial) => data.trials.state[trial] === state).length;
const stateCountsOf = (sweep) => STATES.map((_, state) => page.sweeps[sweep].trials.state.filter((other) => other === state).length);
const stateCounts = STATES.map((_, state) => data.trials.state.filter((other) => other === state).length);

/* A sweep's best settings by its own metric, of each quantity that this measures: the best, then those that can't be
 * told from it. */
const bestsOf = page.sweeps.map((one, sweep) => one.bests.map((best) => ({...best,
  metric: metricNamed(metricNames[sweep][best.metric]), settings: best.settings.map((setting) => settingStarts[sweep] + setting),
  simplest: best.simplest === null ? undefined : settingStarts[sweep] + best.simplest})));
const isLikeBest = (metric, setting) => bestsOf[sweepOf[setting]].some((best) => best.enough && best.metric === metric && best.settings.includes(setting));

/* The curves by run. A setting's trials read theirs from their runs, up to their own last epoch. */
const curveOfRun = new Map(data.curves.runs.map((curve) => [curve.run, curve]));
function lastEpochOf(setting) {
  return epochsAxis < 0 ? Infinity : data.hyperparameters[epochsAxis].levels[levelOf(setting, epochsAxis)];
}
/* It has a curve, as far as it has come, and no result. */
const isUnfinished = (trial) => [RUNNING, INTERRUPTED].includes(data.trials.state[trial]);
const hasCurve = (setting) => trialsOf[setting].some((trial) => curveOfRun.has(data.trials.run[trial]));

/* Names that tell some settings apart, the shortest that do: levels of the hyperparameters in which
 * they differ. */
function labelsOf(settings) {
  let axes = d3.range(data.hyperparameters.length)
    .filter((axis) => settings.some((setting) => levelOf(setting, axis) !== levelOf(settings[0], axis)));
  if (!axes.length) axes = d3.range(data.hyperparameters.length);
  return settings.map((setting) => axes.map((axis) => levelLabel(axis, levelOf(setting, axis)))
    .filter((text) => text).join(" \u00b7 ") || say("setting.only"));
}
const levelLabel = (axis, level) => namedValue(data.hyperparameters[axis], data.hyperparameters[axis].levels[level]);
const fullLabel = (setting) => d3.range(data.hyperparameters.length)
  .map((axis) => levelLabel(axis, levelOf(setting, axis))).filter((text) => text).join(" \u00b7 ") || say("setting.only");

/* A number is drawn on a logarithmic scale where a search drew it from such a distribution; where
 * that is not known, if its values go over two orders of magnitude. */
const isLogarithmic = ({log = null}, values) => d3.min(values) > 0 && (log === null ? d3.max(values) / d3.min(values) >= 100 : log);
const scaleFor = (hyperparameter, values) => (isLogarithmic(hyperparameter, values) ? d3.scaleLog() : d3.scaleLinear()).domain(d3.extent(values));

/* The sweeps that are searches, and whether a sweep is one. */
const isSearch = (sweep) => page.sweeps[sweep].search !== null;
const searches = d3.range(page.sweeps.length).filter(isSearch);

/* What the values of hyperparameters do by a metric, sweep by sweep, as `sweep compare` has it;
 * `levels` are the places of the values' levels. */
const effectsOf = (metric) => page.sweeps.flatMap((one, sweep) => {
  const at = metricIn(sweep, metric);
  return at < 0 ? [] : one.effects[at].map((group) => ({...group, sweep, axis: axisOf(group.axis),
    levels: group.levels.map((level) => joined[group.axis].levelsOf[sweep][level])}));
});

/* Each setting's place in its sweep by a metric, as `sweep top` has it. */
const placesCache = new Map();
function placesOf(metric) {
  if (placesCache.has(metric)) return placesCache.get(metric);
  const places = new Uint32Array(settingCount);
  page.sweeps.forEach((one, sweep) => {
    const at = metricIn(sweep, metric);
    if (at >= 0) one.order[at].forEach((setting, place) => { places[settingStarts[sweep] + setting] = place; });
  });
  placesCache.set(metric, places);
  return places;
}

/* Of a setting's place, how many are equal to it: {from, count}, or undefined. They are in the order
 * of the config. */
const tiesCache = new Map();
function tieOf(metric, setting) {
  if (!tiesCache.has(metric))
    tiesCache.set(metric, page.sweeps.map((one, sweep) => (metricIn(sweep, metric) < 0 ? [] : one.ties[metricIn(sweep, metric)])));
  const rank = placesOf(metric)[setting] + 1, found = tiesCache.get(metric)[sweepOf[setting]].find(([from, count]) => rank >= from && rank < from + count);
  return found && statisticsOf(metric)[setting].n ? {from: found[0], count: found[1]} : undefined;
}
