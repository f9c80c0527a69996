"use strict";
/* The sweep's data, as the page's other scripts use them. Everything is counted by place: a
 * hyperparameter, a level of it, a setting, a trial, a metric. */
const data = JSON.parse(document.getElementById("data").textContent);
const STATES = ["pending", "completed", "diverged", "failed"];
const COMPLETED = 1, DIVERGED = 2, FAILED = 3;
const NONE = "\u2013";

const settingCount = data.trials.setting.length ? d3.max(data.trials.setting) + 1 : 0;
const trialCount = data.trials.setting.length;

/* Each setting's trials. */
const trialsOf = Array.from({length: settingCount}, () => []);
data.trials.setting.forEach((setting, trial) => trialsOf[setting].push(trial));

const levelOf = (setting, hyperparameter) => data.settings[hyperparameter][setting];
const nameOf = (hyperparameter) => data.hyperparameters[hyperparameter].name;
const epochsAxis = data.hyperparameters.findIndex((hyperparameter) => hyperparameter.name === "epochs");

/* A level as a person would write it. A step of a range may have digits that only arithmetic left. */
const numberText = (value, digits = 6) => String(Number(value.toPrecision(digits)));
const valueText = (value) => (value === null ? NONE : typeof value === "number" ? numberText(value) : value);
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

/* How many of a setting's trials are in a state. */
const countOf = (setting, state) => trialsOf[setting].filter((trial) => data.trials.state[trial] === state).length;
const stateCounts = STATES.map((_, state) => data.trials.state.filter((other) => other === state).length);

/* The settings that can't be told from the best, itself included. */
const bestSettings = new Set(data.best.enough ? data.best.settings : []);

const metricNamed = (name) => data.metrics.findIndex((metric) => metric.name === name);
const isTestMetric = (metric) => data.metrics[metric].name.startsWith("test_");

/* The curves by run. A setting's trials read theirs from their runs, up to their own last epoch. */
const curveOfRun = new Map(data.curves.runs.map((curve) => [curve.run, curve]));
function lastEpochOf(setting) {
  return epochsAxis < 0 ? Infinity : data.hyperparameters[epochsAxis].levels[levelOf(setting, epochsAxis)];
}
const hasCurve = (setting) => trialsOf[setting].some((trial) => curveOfRun.has(data.trials.run[trial]));

/* Names that tell some settings apart, the shortest that do: levels of the hyperparameters in which
 * they differ. Numbers and switches need their hyperparameter's name. */
function labelsOf(settings) {
  let axes = d3.range(data.hyperparameters.length)
    .filter((axis) => settings.some((setting) => levelOf(setting, axis) !== levelOf(settings[0], axis)));
  if (!axes.length) axes = d3.range(data.hyperparameters.length);
  return settings.map((setting) => axes.map((axis) => levelLabel(axis, levelOf(setting, axis)))
    .filter((text) => text).join(" \u00b7 ") || "the one setting");
}
function levelLabel(axis, level) {
  const value = data.hyperparameters[axis].levels[level];
  if (value === null) return "";
  const plain = !data.hyperparameters[axis].number && value !== "true" && value !== "false";
  return plain ? value : `${nameOf(axis)} ${valueText(value)}`;
}
const fullLabel = (setting) => d3.range(data.hyperparameters.length)
  .map((axis) => levelLabel(axis, levelOf(setting, axis))).filter((text) => text).join(" \u00b7 ") || "the one setting";
