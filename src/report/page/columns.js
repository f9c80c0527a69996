/* The table's columns: all there are, and which of them the reader wants. */

/* A column: its key, its title, what a row has in it as a number or a text to sort by (`of`), as a
 * text to read (`text`) and as the whole of it to save (`raw`, where that is not `of`); `group` is
 * where it stands in the list to choose from, `on` whether it is there at the start. */
function allColumns() {
  const columns = [{key: "select", title: say("column.draw"), cell: selectCell, width: 58, isFixed: true}];
  const number = (key, title, group, on, of, decimals, extra = {}) => columns.push(
    {key, title, group, on, number: true, of, text: (row) => fixed(of(row), typeof decimals === "function" ? decimals() : decimals), ...extra});
  number("rank", say("column.rank"), "", true, (row) => row.rank ?? NaN, 0, {quiet: true, first: "ascending", isFixed: true, cell: rankCell, width: rankWidth()});
  if (state.byTrial) number("trial", say("column.trial"), say("group.results"), true, (row) => data.trials.id[row.trial], 0, {quiet: true});
  if (data.metrics.length) {
    const {column: name, maximize} = data.metrics[state.metric];
    number("score", name, say("group.results"), true, (row) => row.score, metricDecimals(state.metric), {strong: true, first: maximize ? "descending" : "ascending"});
    if (!state.byTrial && table.hasSpread)
      number("deviation", say("column.sd"), say("group.results"), true, (row) => row.deviation, metricDecimals(state.metric), {quiet: true});
    columns.push({key: "strip", strip: true, width: STRIP.width + 20, title: say("column.drawn", {name}), group: say("group.results"), on: true});
  }
  data.hyperparameters.forEach((one) => columns.push(levelColumn(one, say("group.hyperparameters"), true)));
  if (state.byTrial) {
    const seedOf = (row) => data.trials.seed[row.trial], statusOf = (row) => stateText(row.trial);
    columns.push({key: "seed", title: say("column.seed"), group: say("group.results"), on: true, number: true, quiet: true, of: seedOf, text: (row) => String(seedOf(row))},
      {key: "status", title: say("column.status"), group: say("group.results"), on: true, quiet: true, of: statusOf, text: statusOf});
  } else {
    number("n", "n", say("group.results"), true, (row) => row.n, 0, {quiet: true});
    for (const one of [RUNNING, INTERRUPTED].filter((one) => stateCounts[one]))
      number(STATES[one], say(`status.${STATES[one]}`), say("group.results"), true, (row) => countOf(row.setting, one), 0, {quiet: true});
    if (stateCounts[DIVERGED]) number("diverged", say("column.diverged"), say("group.results"), true, (row) => countOf(row.setting, DIVERGED), 0, {quiet: true});
  }
  data.metrics.forEach(({name}, metric) => {
    if (metric === state.metric) return;
    const isTime = name === "train_seconds";
    number(name, name, say("group.metrics"), isTime, (row) => scoreOf(row, metric), isTime ? 2 : () => metricDecimals(metric), {quiet: true});
  });
  for (const one of data.constants)
    if (one.levels.some((level) => level !== null))
      columns.push(levelColumn(one, say(one.levels.length > 1 ? "group.along" : "group.constants"), false));
  return columns;
}
const levelColumn = (one, group, on) => ({
  key: `${one.name}=`, title: one.name, group, on, number: one.number, texts: () => one.levels.map(valueText),
  of: (row) => one.levels[one.place[row.setting]] ?? NaN, text: (row) => valueText(one.levels[one.place[row.setting]]),
});
function scoreOf(row, metric) {
  return state.byTrial ? data.trials.values[metric][row.trial] ?? NaN : statisticsOf(metric)[row.setting].mean;
}
const rankWidth = () => Math.max(64, Math.ceil(textWidth(say("column.rank"), 13, 600)) + 41, Math.ceil(textWidth(String(allRows().length), 14)) + 34);

/* Those to show, with their widths. As long as the reader has chosen none, what says least goes where
 * there is no room for all. */
const DROPPED = ["strip", "train_seconds"];
function columnsNow() {
  const rows = allRows(), all = allColumns().filter((column) => column.isFixed || (state.columns ? state.columns.has(column.key) : column.on));
  for (const column of all) measureColumn(column, rows);
  const dropped = new Set(), isWide = () => d3.sum(all, (column) => (dropped.has(column.key) ? 0 : column.width)) > table.scroller.clientWidth;
  for (const key of state.columns ? [] : DROPPED) if (isWide()) dropped.add(key);
  return all.filter((column) => !dropped.has(column.key));
}
const isShown = (column) => table.columns.some((other) => other.key === column.key);

function chooseColumn(key, wanted) {
  const chosen = new Set(table.columns.map((column) => column.key));
  if (wanted) chosen.add(key); else chosen.delete(key);
  state.columns = chosen;
  changed("columns");
}
/* The list to choose from. */
function makeColumnChooser() {
  const place = byId("columns").querySelector(".facets");
  const draw = () => {
    const groups = d3.group(allColumns().filter((column) => !column.isFixed), (column) => column.group);
    place.replaceChildren(...[...groups].map(([name, columns]) => element("fieldset", {}, element("legend", {}, name),
      element("div", {class: "ticks"}, ...columns.map((column) => {
        const box = element("input", {type: "checkbox", "data-column": column.key, onchange: () => chooseColumn(column.key, box.checked)});
        box.checked = isShown(column);
        return element("label", {}, box, ` ${column.title}`);
      })))), element("button", {type: "button", id: "columns-reset", disabled: !state.columns, onclick: () => {
      state.columns = null;
      changed("columns");
    }}, say("columns.reset")));
  };
  const redraw = () => {
    const {column, id} = {column: document.activeElement.dataset.column, id: document.activeElement.id};
    draw();
    const again = column ? place.querySelector(`[data-column="${CSS.escape(column)}"]`) : id === "columns-reset" ? place.querySelector("input") : null;
    if (again) again.focus();
  };
  for (const what of ["columns", "rows", "metric"]) events.on(`${what}.chooser`, () => later(redraw));
  byId("columns").addEventListener("toggle", draw); /* the table may have become narrower */
  draw();
}

/* Columns keep their width while other rows come into sight: it is that of the longest text, or of
 * a line of the title. */
function measureColumn(column, rows) {
  if (column.width) return;
  const texts = column.texts ? column.texts() : new Set(rows.map((row) => column.text(row).replace(/\d/g, "0")));
  const content = Math.min(320, widest(texts, 14, column.strong ? 600 : 400));
  column.lines = titleLines(column.title, Math.max(content, 110));
  column.width = Math.ceil(Math.max(content, widest(column.lines, 13, 600) + 18)) + 23;
}
/* A title in two lines where one is much wider than what stands below it. */
const titleLines = (title, width) => inLines(title, width, 2, 13) || inLines(title, textWidth(title, 13) * 0.6, 2, 13) || [title];
