/* The leaderboard: a table of which only the rows in sight are in the document. */
const ROW_HEIGHT = 34;
const STRIP = {width: 132, pad: 6};
const table = {columns: [], rows: [], scroller: null, body: null, bounds: [0, 1]};

/* A column: its title, whether it is a number, a row's text and what it is sorted by. */
function columnsNow() {
  const columns = [{key: "select", title: "Draw", cell: selectCell, width: 58}];
  const number = (key, title, of, decimals, extra = {}) => columns.push(
    {key, title, number: true, of, text: (row) => fixed(of(row), decimals), ...extra});
  number("rank", "rank", (row) => row.rank || NaN, 0, {quiet: true, first: "ascending", mark: likeBest});
  if (state.byTrial) number("trial", "trial", (row) => data.trials.id[row.trial], 0, {quiet: true});
  if (data.metrics.length) {
    const {name, maximize} = data.metrics[state.metric];
    number("score", name, (row) => row.score, metricDecimals(state.metric), {strong: true, first: maximize ? "descending" : "ascending"});
    if (!state.byTrial && table.spread)
      number("deviation", "\u00b1 sd", (row) => row.deviation, metricDecimals(state.metric), {quiet: true});
    columns.push({key: "strip", strip: true, width: STRIP.width + 20, title: `${name}, drawn`});
  }
  data.hyperparameters.forEach((hyperparameter, axis) => columns.push({
    key: `axis-${axis}`, title: hyperparameter.name, number: hyperparameter.number,
    of: (row) => { const value = hyperparameter.levels[levelOf(row.setting, axis)]; return value === null ? NaN : value; },
    text: (row) => levelText(axis, levelOf(row.setting, axis)),
  }));
  if (state.byTrial) {
    columns.push({key: "seed", title: "seed", number: true, quiet: true, of: (row) => data.trials.seed[row.trial], text: (row) => String(data.trials.seed[row.trial])});
    columns.push({key: "status", title: "status", quiet: true, of: (row) => data.trials.state[row.trial], text: (row) => STATES[data.trials.state[row.trial]]});
  } else {
    number("n", "n", (row) => row.n, 0, {quiet: true});
    if (stateCounts[DIVERGED]) number("diverged", "diverged", (row) => countOf(row.setting, DIVERGED), 0, {quiet: true});
  }
  const seconds = metricNamed("train_seconds");
  if (seconds >= 0 && seconds !== state.metric)
    number("seconds", "train_seconds", (row) => (state.byTrial ? data.trials.values[seconds][row.trial]
      : statisticsOf(seconds)[row.setting].mean), 2, {quiet: true});
  return columns;
}

const likeBest = (row) => !state.byTrial && state.metric === metricOf(sweepOf[row.setting]) && bestSettings.has(row.setting);

function selectCell(cell, row) {
  const box = element("input", {type: "checkbox", "data-setting": row.setting,
    "aria-label": `Draw the learning curve of ${fullLabel(row.setting)}`});
  box.disabled = !hasCurve(row.setting);
  drawBox(box);
  box.addEventListener("change", () => {
    if (toggleSetting(row.setting)) return;
    box.checked = false;
    drawTableNote(`${SLOTS} curves can be told apart, not more: drop one first.`);
  });
  cell.replaceChildren(element("label", {class: "select"}, box));
}

function drawBox(box) {
  const slot = state.slots.get(Number(box.dataset.setting));
  box.checked = slot !== undefined;
  box.style.setProperty("--slot", slot === undefined ? "" : slotColour(slot));
}

/* The score and its spread on one scale for all rows shown. */
function stripCell(cell, row) {
  const x = d3.scaleLinear(table.bounds, [STRIP.pad, STRIP.width - STRIP.pad]).clamp(true);
  const svg = d3.select(cell).append("svg").attr("width", STRIP.width).attr("height", 16).attr("aria-hidden", "true");
  svg.append("line").attr("x1", STRIP.pad).attr("x2", STRIP.width - STRIP.pad).attr("y1", 8).attr("y2", 8).style("stroke", "var(--line)");
  if (isNaN(row.score)) return;
  if (row.deviation > 0)
    svg.append("line").attr("x1", x(row.score - row.deviation)).attr("x2", x(row.score + row.deviation))
      .attr("y1", 8).attr("y2", 8).attr("stroke-width", 2).style("stroke", "var(--accent)").attr("opacity", 0.45);
  const [least, most] = table.bounds;
  if (row.score >= least && row.score <= most)
    svg.append("circle").attr("cx", x(row.score)).attr("cy", 8).attr("r", 3.5).style("fill", "var(--accent)");
  else /* an arrow: off the scale on that side */
    svg.append("path").attr("d", "M-5,0L3,-4V4Z").style("fill", "var(--quiet)")
      .attr("transform", `translate(${x(row.score)},8)${row.score > most ? "rotate(180)" : ""}`);
}

/* Why the best number is not to be taken at its word. */
function drawTableNote(urgent = "") {
  const words = [urgent];
  if (data.metrics.length && isTestMetric(state.metric))
    words.push("A setting that is chosen by its score on the test images has that score by luck as well: the test images can no longer say how good it is.");
  else if (data.metrics.length && settingCount > 1)
    words.push(`The best of ${grouped(settingCount)} owes some of its ${data.metrics[state.metric].name} to luck: it was chosen for it.`
      + (metricNamed("test_accuracy") >= 0 ? " Its test_accuracy, at the top of this page, was not." : ""));
  byId("table-note").textContent = words.filter((one) => one).join(" ");
}

const sortable = (column) => column.of !== undefined;
function compareBy(column, descending) {
  return (a, b) => {
    const x = column.of(a), y = column.of(b);
    const noX = x === undefined || Number.isNaN(x), noY = y === undefined || Number.isNaN(y);
    if (noX || noY) return noX - noY || a.key - b.key;
    const order = column.number ? x - y : String(x).localeCompare(String(y));
    return (descending ? -order : order) || (a.rank || Infinity) - (b.rank || Infinity) || a.key - b.key;
  };
}
function sortBy(column) {
  const same = state.sort.key === column.key;
  const first = column.first ? column.first === "descending" : false;
  state.sort = {key: column.key, descending: same ? !state.sort.descending : first};
  renewTable();
}

/* Columns keep their width while other rows come into sight: it is that of the longest text. */
function measureColumns() {
  const all = allRows();
  for (const column of table.columns) {
    if (column.width) continue;
    const texts = new Set(all.map(column.text));
    const longest = d3.max([...texts], (text) => textWidth(text, 14, column.strong ? 600 : 400)) || 0;
    column.width = Math.ceil(Math.min(280, Math.max(longest, textWidth(column.title, 13, 600) + 18)) + 23);
  }
}

function headerCell(column) {
  const sorted = state.sort.key === column.key;
  if (column.strip)
    return element("th", {scope: "col"}, element("div", {class: "plain scale", "aria-hidden": "true"},
      element("span", {}, score(state.metric, table.bounds[0])), element("span", {}, score(state.metric, table.bounds[1]))),
    element("span", {class: "visually-hidden"}, column.title));
  if (!sortable(column))
    return element("th", {scope: "col"}, element("div", {class: "plain"}, column.title));
  return element("th", {scope: "col", class: column.number ? "number" : null,
    "aria-sort": sorted ? (state.sort.descending ? "descending" : "ascending") : "none"},
  element("button", {type: "button", "data-key": column.key, onclick: () => sortBy(column)}, column.title));
}

function makeTable() {
  table.scroller = byId("table");
  table.scroller.addEventListener("scroll", () => later(drawRows), {passive: true});
  addEventListener("beforeprint", () => drawRows(60));
  addEventListener("afterprint", () => drawRows());
  events.on("filter.table", () => later(renewTable));
  events.on("select.table", () => table.scroller.querySelectorAll("input[data-setting]").forEach(drawBox));
  events.on("light.table", () => {
    for (const row of table.scroller.querySelectorAll("tbody tr[data-setting]"))
      row.classList.toggle("lit", Number(row.dataset.setting) === state.light);
  });
  new ResizeObserver(() => later(drawRows)).observe(table.scroller);
  renewTable();
}

/* Everything but the rows: which, in what order, under which head. */
function renewTable() {
  const focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.key : null;
  table.spread = data.metrics.length && statisticsOf(state.metric).some((one) => one.deviation >= 0);
  table.columns = columnsNow();
  const sorter = table.columns.find((column) => column.key === state.sort.key) || table.columns.find(sortable);
  state.sort.key = sorter.key;
  table.rows = shownRows().slice().sort(compareBy(sorter, state.sort.descending));
  table.bounds = boundsOf(table.rows);
  measureColumns();
  const width = d3.sum(table.columns, (column) => column.width);
  const head = element("tr", {"aria-rowindex": 1}, ...table.columns.map(headerCell));
  table.body = element("tbody");
  const whole = element("table", {"aria-rowcount": table.rows.length + 1},
    element("caption", {class: "visually-hidden"}, captionText()),
    element("colgroup", {}, ...table.columns.map((column) => {
      const made = element("col");
      made.style.width = `${column.width}px`;
      return made;
    })), element("thead", {}, head), table.body);
  whole.style.width = `${width}px`;
  whole.style.minWidth = "100%";
  table.scroller.replaceChildren(whole);
  drawRows();
  drawTableNote();
  if (focused) {
    const again = table.scroller.querySelector(`button[data-key="${focused}"]`);
    if (again) again.focus({preventScroll: true});
  }
}
function captionText() {
  const noun = state.byTrial ? "trial" : "setting";
  return `${plural(table.rows.length, noun)}, sorted by ${state.sort.key}`;
}
/* The scale of the strips: that of all rows shown, or of the better three quarters where the others
 * are so far off that nothing could be told apart. */
function boundsOf(rows) {
  const scored = rows.filter((row) => !isNaN(row.score));
  if (!scored.length) return [0, 1];
  const order = better(state.metric);
  const good = scored.slice().sort((a, b) => order(a.score, b.score)).slice(0, Math.ceil(scored.length * 0.75));
  const extent = (some) => [d3.min(some, (row) => row.score - (row.deviation || 0)), d3.max(some, (row) => row.score + (row.deviation || 0))];
  const [all, most] = [extent(scored), extent(good)];
  const bounds = most[1] - most[0] < (all[1] - all[0]) / 3 && most[1] > most[0] ? most : all;
  return bounds[0] < bounds[1] ? bounds : [bounds[0] - 0.5, bounds[1] + 0.5];
}

/* The rows in sight, and some above and below; blank rows stand for the others. */
function drawRows(atLeast = 0) {
  const {scroller, rows, body} = table;
  const first = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - 8);
  const last = Math.min(rows.length, Math.max(first + Math.ceil(scroller.clientHeight / ROW_HEIGHT) + 16, Number(atLeast) || 0));
  const kept = new Map([...body.children].filter((row) => row.dataset.key).map((row) => [row.dataset.key, row]));
  const made = rows.slice(first, last).map((row, i) => {
    const tr = kept.get(String(row.key)) || makeRow(row);
    tr.setAttribute("aria-rowindex", first + i + 2);
    return tr;
  });
  if (!rows.length)
    made.push(element("tr", {}, element("td", {class: "nothing", colspan: table.columns.length},
      allRows().length ? "Nothing passes the filters." : "No trials yet.")));
  const space = (count) => {
    const cell = element("td", {colspan: table.columns.length});
    cell.style.height = `${count * ROW_HEIGHT}px`;
    return element("tr", {class: "space", "aria-hidden": "true"}, cell);
  };
  body.replaceChildren(...(first > 0 ? [space(first)] : []), ...made, ...(last < rows.length ? [space(rows.length - last)] : []));
}
function makeRow(row) {
  const tr = element("tr", {"data-key": row.key, "data-setting": row.setting, class: state.light === row.setting ? "lit" : null});
  for (const column of table.columns) {
    const text = column.text ? column.text(row) : null;
    const td = element("td", {class: [column.number ? "number" : "", column.strong ? "score" : "", column.quiet ? "quiet" : "",
      text === NONE ? "none" : "", column.mark && column.mark(row) ? "like-best" : ""].join(" ").trim() || null});
    if (column.cell) column.cell(td, row);
    else if (column.strip) stripCell(td, row);
    else {
      if (column.mark && column.mark(row)) td.append(element("span", {title: "can\u2019t be told from the best"}, text));
      else td.textContent = text;
      if (textWidth(text, 14) > column.width - 20) td.title = text;
    }
    tr.append(td);
  }
  tr.addEventListener("pointerenter", () => light(row.setting));
  tr.addEventListener("pointerleave", () => light(null));
  return tr;
}

/* The text box, the switch between settings and trials, and the values to filter by. */
function makeFilters() {
  const box = byId("filter");
  box.placeholder = exampleFilter();
  box.addEventListener("input", () => {
    state.text = box.value;
    changed("filter");
  });
  for (const [id, byTrial] of [["by-setting", false], ["by-trial", true]])
    byId(id).addEventListener("click", () => {
      state.byTrial = byTrial;
      changed("rows");
    });
  events.on("filter.box", () => later(drawFilters));
  makeFacets();
  drawFilters();
}
/* Words of this very sweep, so that they work. */
function exampleFilter() {
  const name = data.hyperparameters.find((hyperparameter) => !hyperparameter.number && /^[a-z_]+$/.test(hyperparameter.levels[0]));
  const number = data.hyperparameters.find((hyperparameter) => hyperparameter.number && hyperparameter.levels.length > 1 && hyperparameter.levels[1] !== null);
  const words = [];
  if (name) words.push(name.levels[name.levels.length - 1] || name.levels[0]);
  if (number) words.push(`${number.name}>=${valueText(number.levels[1])}`);
  return words.length ? `such as  ${words.join("  ")}` : "";
}
function drawFilters() {
  const box = byId("filter"), note = byId("filter-note");
  if (box.value !== state.text) box.value = state.text;
  const {wrong} = readFilter(state.text);
  box.setAttribute("aria-invalid", wrong ? "true" : "false");
  note.textContent = wrong;
  note.classList.toggle("wrong", wrong !== "");
  byId("by-setting").setAttribute("aria-pressed", String(!state.byTrial));
  byId("by-trial").setAttribute("aria-pressed", String(state.byTrial));
  for (const button of byId("facets").querySelectorAll("button[data-level]")) {
    const levels = state.levels[button.dataset.axis];
    button.setAttribute("aria-pressed", String(Boolean(levels && levels.has(Number(button.dataset.level)))));
  }
  for (const input of byId("facets").querySelectorAll("input[data-bound]"))
    if (document.activeElement !== input) input.value = boundText(input.dataset.axis, Number(input.dataset.bound));
}

const FACET_BUTTONS = 12;
function makeFacets() {
  const place = byId("facets").querySelector(".facets");
  data.hyperparameters.forEach((hyperparameter, axis) => {
    const set = element("fieldset", {}, element("legend", {}, hyperparameter.name));
    if (hyperparameter.levels.length > FACET_BUTTONS && hyperparameter.number) set.append(...boundInputs(axis));
    else set.append(levelButtons(hyperparameter, axis));
    place.append(set);
  });
  if (data.metrics.length) place.append(element("fieldset", {}, element("legend", {id: "score-legend"}, "score"), ...boundInputs("score")));
  events.on("metric.facets", () => { byId("score-legend").textContent = data.metrics[state.metric].name; });
  if (data.metrics.length) byId("score-legend").textContent = data.metrics[state.metric].name;
  byId("facets").hidden = !data.hyperparameters.length && !data.metrics.length;
}
function levelButtons(hyperparameter, axis) {
  return element("div", {class: "values"}, ...hyperparameter.levels.map((_, level) => element("button",
    {type: "button", "data-axis": axis, "data-level": level, "aria-pressed": "false", onclick: () => {
      const levels = new Set(state.levels[axis] || []);
      if (!levels.delete(level)) levels.add(level);
      setLevels(axis, levels.size ? levels : null);
    }}, levelText(axis, level))));
}
/* From and to: of a hyperparameter with many values, or of the score. */
function boundInputs(axis) {
  const read = (bound) => {
    const input = byId("facets").querySelector(`input[data-axis="${axis}"][data-bound="${bound}"]`);
    return input.value === "" ? (bound ? Infinity : -Infinity) : Number(input.value);
  };
  const take = () => {
    const [least, most] = [read(0), read(1)];
    const all = least === -Infinity && most === Infinity;
    if (axis === "score") setRange(all ? null : [least, most]);
    else setLevels(axis, all ? null : new Set(d3.range(data.hyperparameters[axis].levels.length).filter((level) => {
      const value = data.hyperparameters[axis].levels[level];
      return value !== null && value >= least && value <= most;
    })));
  };
  return [0, 1].map((bound) => element("label", {}, bound ? " to " : "from ",
    element("input", {type: "number", step: "any", "data-axis": axis, "data-bound": bound, onchange: take})));
}
function boundText(axis, bound) {
  let values = null;
  if (axis === "score") values = state.range;
  else if (state.levels[axis]) values = d3.extent([...state.levels[axis]], (level) => data.hyperparameters[axis].levels[level]);
  const value = values ? values[bound] : null;
  return value === null || value === undefined || !Number.isFinite(value) ? "" : String(Number(value.toPrecision(6)));
}
