/* The filter's text. A condition is what the commands take after --where:
 *
 *   optimizer=adam   learning_rate<0.01   epochs in [5, 10]   layers not in [[10], [128, 64]]
 *   momentum=none
 *
 * (search/filter.h says what they mean.) Conditions beside each other, or with `and` between them, have all to hold; `or` binds weaker, and
 * parentheses group. A condition may be on a score, the rank or the number of seeds as well; a word
 * alone has to occur in one of the values. */
class FilterError extends Error {}
const FILTER_LENGTH = 1000;

const SIGNS = /\s*(<=|>=|!=|==|=|<|>)\s*|\s+(not\s+in|in)\s*/y;
const ORDERS = {"<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b};

const LACKS = (word) => say("filter.lacks", {word});

/* Reads a text as alternatives of conditions: {any: [{all: [condition]}]}. A condition is {word},
 * {any} or {name, relation, values, isList, text}; a value is a text, or a list of such for a list in
 * a list. */
class FilterReader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }
  fail(message) { throw new FilterError(message); }
  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }
  get next() { return this.text[this.at] ?? ""; }
  since(begin) { return this.text.slice(begin, this.at).trim(); }

  whole() {
    const read = this.any();
    return this.next ? this.fail(say("filter.closing")) : read;
  }
  any() {
    const alternatives = [this.all()];
    while (this.take(/or(?=[\s(]|$)/y)) alternatives.push(this.all());
    if (alternatives.length > 1 && alternatives.some((one) => !one.all.length)) this.fail(LACKS("or"));
    return {any: alternatives};
  }
  all() {
    const conditions = [];
    for (;;) {
      this.take(/[\s,]+/y);
      const joint = this.take(/and(?=[\s(]|$)\s*/y), isEnd = !this.next || this.next === ")" || /^or(?=[\s(]|$)/.test(this.text.slice(this.at));
      if (joint && (isEnd || !conditions.length)) this.fail(LACKS("and"));
      if (isEnd) return {all: conditions};
      conditions.push(this.condition());
    }
  }
  condition() {
    const begin = this.at;
    if (this.take(/\(/y)) {
      const inner = this.any();
      return this.take(/\s*\)/y) ? inner : this.fail(say("filter.open", {text: this.text.slice(begin + 1).trim()}));
    }
    const name = this.take(/[A-Za-z_]\w*(?:\.\w+(?:\s+\d+)?)?(?=\s*(?:[<>=]|!=)|\s+(?:not\s+)?in(?![^\s[]))/y), sign = name && this.take(SIGNS);
    return sign ? this.comparison(name[0], sign[1] || sign[2], begin) : {word: this.scalar(/[^\s,()]+/y)};
  }
  comparison(name, sign, begin) {
    const relation = sign.replace(/\s+/, " ").replace("==", "="), isList = this.next === "[";
    if (/^[,)\]]?$/.test(this.next)) this.fail(say("filter.no_value", {text: this.since(begin)}));
    if (/[<>=!]/.test(this.next))
      this.fail(say("filter.relation", {text: this.since(begin) + this.next}));
    const values = isList ? this.list() : [this.scalar(/[^\s,()[\]]+/y)];
    return {name, relation, values, isList, text: this.since(begin)};
  }
  list() {
    const begin = this.at++, items = [];
    for (;;) {
      this.take(/[\s,]*/y);
      if (!this.next) this.fail(say("filter.list", {text: this.since(begin)}));
      if (this.take(/\]/y)) return items;
      items.push(this.next === "[" ? this.list() : this.scalar(/[^,[\]]+/y));
    }
  }
  /* A text in quotes, or as far as the pattern goes. */
  scalar(pattern) {
    if (this.next === "{") pattern = /\{[^}]*\}?/y;
    if (!/["']/.test(this.next)) return this.take(pattern)[0].trim();
    const found = this.take(/"([^"]*)"|'([^']*)'/y);
    return found ? found[1] ?? found[2] : this.fail(say("filter.quotation", {text: this.text.slice(this.at)}));
  }
}

/* Layers in one spelling: [10] and [ 10 ], ["64 tanh"] and [64 tanh]. */
function sameLayers(value) {
  if (typeof value !== "string") return JSON.stringify(value.map((one) => String(one).replace(/\s+/g, " ")));
  try {
    return sameLayers(new FilterReader(value).list());
  } catch (error) {
    return value;
  }
}
const isNumber = (text) => typeof text === "string" && text.trim() !== "" && !Number.isNaN(Number(text));
const near = (a, b) => a === b || Math.abs(a - b) <= 1e-12 * Math.abs(a);
/* Whether a level is the value that a filter names. */
function isLevel(level, value) {
  if (level === null) return value === "none";
  if (typeof level === "number") return isNumber(value) && near(level, Number(value));
  if (level === "true" || level === "false") return String(value).toLowerCase() === level;
  return level === value || (level.startsWith("[") && typeof value !== "string" && sameLayers(level) === sameLayers(value));
}

/* What conditions may be on: hyperparameters with their levels, numbers with a function of the row. */
function filterColumns() {
  const columns = new Map();
  const number = (name, of) => columns.set(name, {name, of});
  number("rank", (row) => row.rank);
  number("n", (row) => row.n);
  /* Of the quantities that a column measures a row has one. */
  for (const [name, metrics] of d3.group(d3.range(data.metrics.length), (metric) => data.metrics[metric].column))
    number(name, (row) => d3.max(metrics, (metric) => scoreOf(row, metric)) ?? NaN);
  number("seed", state.byTrial ? (row) => data.trials.seed[row.trial] : null);
  number("trial", state.byTrial ? (row) => data.trials.id[row.trial] : null);
  columns.set("status", {name: "status", levels: STATES, level: state.byTrial ? (row) => data.trials.state[row.trial] : null});
  for (const hyperparameter of [...data.constants, ...data.hyperparameters])
    columns.set(hyperparameter.name, {...hyperparameter, level: (row) => hyperparameter.place[row.setting]});
  return columns;
}
/* --where says loss, the config's name, for the column loss_function; a table has a score of that
 * name, which is a number. */
function columnNamed(columns, {name, values}) {
  const loss = columns.get("loss_function");
  if (name === "loss" && loss && !values.every(isNumber)) return loss;
  /* A part of values, such as conv2d.filters 1, needs no number where there is one. */
  const parts = name.includes(".") ? [...columns.keys()].filter((key) => key.startsWith(`${name} `)) : [];
  const long = data.constants.concat(data.hyperparameters).find((one) => one.aliases.includes(name));
  const found = columns.get(name) ?? columns.get(long?.name) ?? (parts.length === 1 ? columns.get(parts[0]) : undefined);
  if (!found) throw new FilterError(say("filter.column", {name, columns: [...data.hyperparameters.map((one) => one.name),
    ...[...columns.keys()].filter((key) => !data.hyperparameters.concat(data.constants).some((one) => one.name === key))].join(", ")}));
  if (!found.of && !found.level) throw new FilterError(say("filter.single", {name}));
  return found;
}

/* A condition's test of a row. */
function testOf(condition, columns) {
  if (condition.any) return anyOf(condition.any.map((one) => one.all.map((inner) => testOf(inner, columns))));
  if (condition.word !== undefined) {
    const wanted = condition.word.toLowerCase();
    return (row) => data.hyperparameters.some((_, axis) => levelText(axis, levelOf(row.setting, axis)).toLowerCase().includes(wanted));
  }
  const column = columnNamed(columns, condition), {relation, text} = condition;
  /* layers=[128, 64] is one value, layers=[[10], [128, 64]] are two. */
  const one = condition.isList && column.name === "layers" && !condition.values.some((value) => typeof value !== "string");
  const values = one ? [condition.values] : condition.values;
  if (ORDERS[relation]) return orderTest(column, relation, values, text);
  const hit = column.level ? levelTest(column, values) : numberTest(column, values, text);
  /* What does not apply meets no condition but one that names it. */
  return relation === "=" || relation === "in" ? (row) => hit(row) === true : (row) => hit(row) === false;
}
const anyOf = (alternatives) => (row) => alternatives.some((tests) => tests.every((test) => test(row)));
function orderTest(column, relation, values, text) {
  if (column.level && !column.number) throw new FilterError(say("filter.order", column));
  if (values.length !== 1 || !isNumber(values[0])) throw new FilterError(say("filter.one_number", {text, relation}));
  const compare = ORDERS[relation], bound = Number(values[0]);
  if (!column.level) return (row) => compare(column.of(row), bound);
  const passes = column.levels.map((level) => level !== null && compare(level, bound));
  return (row) => passes[column.level(row)];
}
/* true, false, or null where the hyperparameter does not apply and `none` is not asked for. */
function levelTest(column, values) {
  const none = values.includes("none");
  const hits = column.levels.map((level) => (level === null && !none ? null : values.some((value) => isLevel(level, value))));
  return (row) => hits[column.level(row)];
}
function numberTest(column, values, text) {
  if (!values.every(isNumber)) throw new FilterError(say("filter.number", {text, name: column.name}));
  const numbers = values.map(Number);
  return (row) => {
    const own = column.of(row);
    return own === undefined || Number.isNaN(own) ? null : numbers.some((value) => near(Number(own), value));
  };
}

/* {test, wrong, conditions}: a predicate; what is wrong with the text, "" if nothing is; and each
 * condition with a predicate of its own. */
function readFilter(text) {
  try {
    const columns = filterColumns(), {any} = new FilterReader(text).whole(), conditions = [];
    const tests = any.map(({all}) => all.map((condition) => {
      const test = testOf(condition, columns);
      conditions.push({...condition, column: condition.name && columnNamed(columns, condition), test});
      return test;
    }));
    return {test: anyOf(tests), wrong: "", conditions};
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return {test: () => true, wrong: `${error.message} ${say("filter.wrong")}`, conditions: []};
  }
}

/* Why no row passes: the conditions that none meets, with what there is instead. */
function whyNothing() {
  const rows = allRows(), noun = state.byTrial ? "trials" : "settings";
  const vain = readFilter(state.text).conditions.filter(({test}) => !rows.some(test));
  const named = vain.filter((one) => one.name).map((one) => `${one.text} (${valuesWords(one.column, rows)})`);
  const words = vain.filter((one) => one.word !== undefined).map((one) => say("filter.word", one));
  const all = [...named, ...words];
  return all.length ? say(`filter.none_has_${noun}`, {what: all.join(say("list.nor"))}) : say(`filter.none_passes_${noun}`);
}
function valuesWords(column, rows) {
  if (column.level) {
    const texts = column.levels.map((level) => (level === null ? "none" : valueText(level)));
    return texts.length <= 12 ? say("filter.there_are", {n: texts.length, values: texts.join(", ")}) : say("filter.range", {from: texts[0], to: texts[texts.length - 1]});
  }
  const [least, most] = d3.extent(rows.map(column.of).filter((value) => !Number.isNaN(Number(value))), Number);
  return least === undefined ? say("filter.no_values") : say("filter.range", {from: numberText(least, 4), to: numberText(most, 4)});
}
