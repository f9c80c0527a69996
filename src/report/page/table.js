/* The leaderboard: a table of which only the rows in sight are in the document. */
const ROW_HEIGHT = 34;
const STRIP = {width: 132, pad: 6};
const table = {columns: [], rows: [], scroller: null, body: null, bounds: [0, 1], hasSpread: false};

const likeBest = (row) => !state.byTrial && row.rank > 0 && isLikeBest(state.metric, row.setting);
/* A rank that is shared: "3=", and in words. */
const tieOfRow = (row) => (state.byTrial || !row.rank ? undefined : tieOf(state.metric, row.setting));
const tieWords = ({count}) => say("table.tie", {n: count});

/* The rank opens what is behind the row. */
function rankCell(cell, row) {
  const tie = tieOfRow(row), like = likeBest(row), notes = [...(like ? [say("table.like_best")] : []), ...(tie ? [tieWords(tie)] : [])].join("; ");
  const text = fixed(row.rank ?? NaN, 0);
  cell.append(element("button", {type: "button", class: like ? "open like-best" : "open", title: notes || null,
    "data-open": row.key, "aria-label": say(row.rank ? "table.open" : "table.open_unranked", {rank: text, row: rowLabel(row)}) + (notes && `; ${notes}`)},
  text + (tie ? "=" : "")));
}
const seedText = (trial) => say("seed.of", {seed: String(data.trials.seed[trial])});
const trialTitle = (trial) => say("trial.title", {id: String(data.trials.id[trial])});
const trialText = (trial) => say("trial.of", {id: String(data.trials.id[trial])});
const stateText = (trial) => say(`status.${STATES[data.trials.state[trial]]}`);
const rowLabel = (row) => fullLabel(row.setting) + (state.byTrial ? `, ${seedText(row.trial)}` : "");

function selectCell(cell, row) {
  const box = element("input", {type: "checkbox", "data-setting": row.setting,
    "aria-label": say("table.draw", {setting: fullLabel(row.setting)})});
  box.disabled = !hasCurve(row.setting);
  drawBox(box);
  box.addEventListener("change", () => {
    if (toggleSetting(row.setting)) return;
    box.checked = false;
    drawTableNote(say("table.slots", {n: SLOTS}));
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
  if (data.metrics.length && quantityOf(state.metric)) {
    const {column, defined_by: defining} = data.metrics[state.metric];
    const names = joined.filter((one) => defining.includes(one.name) && one.levels.length > 1).map((one) => one.name);
    words.push(say("table.quantities", {names: names.join(say("list.or")), column, quantity: quantityOf(state.metric)}));
  }
  if (new Set(page.sweeps.map(({sweep}) => sweep.dataset_digest)).size > 1)
    words.push(say("table.data"));
  if (data.metrics.length && isTestMetric(state.metric))
    words.push(say("table.test"));
  else if (data.metrics.length && settingCount > 1)
    words.push(say("table.luck", {n: rankedCount(), column: data.metrics[state.metric].column}),
      metricNamed("test_accuracy") >= 0 ? say("table.no_luck", {name: "test_accuracy"}) : "");
  byId("table-note").textContent = words.filter((one) => one).join(" ");
}

const sortable = (column) => column.of !== undefined;
/* By the column chosen, else by rank: in the order of `sweep top`. */
function sorterNow() {
  const chosen = state.sort && table.columns.find((column) => sortable(column) && column.key === state.sort.key);
  return chosen ? {column: chosen, descending: state.sort.descending} : {column: table.columns.find((column) => column.key === "rank"), descending: false};
}
function compareBy({column, descending}) {
  return (a, b) => {
    const x = column.of(a), y = column.of(b);
    const noX = x === undefined || Number.isNaN(x), noY = y === undefined || Number.isNaN(y);
    if (noX || noY) return noX - noY || a.place - b.place;
    const order = column.number ? x - y : String(x).localeCompare(String(y));
    return (descending ? -order : order) || a.place - b.place;
  };
}
function sortBy(column) {
  const now = sorterNow(), same = now.column.key === column.key;
  state.sort = {key: column.key, descending: same ? !now.descending : column.first === "descending"};
  changed("columns");
}

function headerCell(column) {
  const sorter = sorterNow(), sorted = sorter.column.key === column.key, fixedClass = column.isFixed ? " fixed" : "";
  if (column.strip)
    return element("th", {scope: "col"}, element("div", {class: "plain scale", "aria-hidden": "true"},
      element("span", {}, score(state.metric, table.bounds[0])), element("span", {}, score(state.metric, table.bounds[1]))),
    element("span", {class: "visually-hidden"}, column.title));
  if (!sortable(column))
    return element("th", {scope: "col", class: fixedClass.trim() || null}, element("div", {class: "plain"}, column.title));
  const lines = column.lines || [column.title];
  return element("th", {scope: "col", class: `${column.number ? "number" : ""}${fixedClass}`.trim() || null,
    "aria-sort": sorted ? (sorter.descending ? "descending" : "ascending") : "none"},
  element("button", {type: "button", "data-key": column.key, onclick: () => sortBy(column)},
    element("span", {}, ...lines.flatMap((line, i) => (i ? [element("br"), line] : [line])))));
}

function makeTable() {
  table.scroller = byId("table");
  table.scroller.addEventListener("scroll", () => later(drawRows), {passive: true});
  table.scroller.addEventListener("click", openFromRow);
  addEventListener("beforeprint", () => drawRows(60));
  addEventListener("afterprint", () => drawRows());
  events.on("filter.table", () => later(renewTable));
  events.on("columns.table", () => later(renewTable));
  events.on("select.table", () => table.scroller.querySelectorAll("input[data-setting]").forEach(drawBox));
  events.on("light.table", () => {
    for (const row of table.scroller.querySelectorAll("tbody tr[data-setting]"))
      row.classList.toggle("lit", Number(row.dataset.setting) === state.light);
  });
  let width = table.scroller.clientWidth; /* which a scroll bar makes less */
  renewTable();
  new ResizeObserver(() => {
    later(width === table.scroller.clientWidth ? drawRows : renewTable);
    width = table.scroller.clientWidth;
  }).observe(table.scroller);
}
/* A click on a row, but for its box. */
function openFromRow(event) {
  const row = event.target.closest("tbody tr[data-key]");
  if (row && !event.target.closest("label") && !getSelection().toString()) openRow(Number(row.dataset.key));
}

/* Everything but the rows: which, in what order, under which head. */
function renewTable() {
  const focused = document.activeElement ? document.activeElement.dataset.key : undefined;
  table.hasSpread = data.metrics.length > 0 && statisticsOf(state.metric).some((one) => one.deviation >= 0);
  table.columns = columnsNow();
  table.rows = shownRows().slice().sort(compareBy(sorterNow()));
  table.bounds = boundsOf(table.rows);
  const head = element("tr", {"aria-rowindex": 1}, ...table.columns.map(headerCell));
  table.body = element("tbody");
  const whole = element("table", {"aria-rowcount": table.rows.length + 1},
    element("caption", {class: "visually-hidden"}, captionText()),
    element("colgroup", {}, ...table.columns.map((column) => {
      const made = element("col");
      made.style.width = `${column.width}px`;
      return made;
    })), element("thead", {}, head), table.body);
  whole.style.width = `${d3.sum(table.columns, (column) => column.width)}px`;
  whole.style.minWidth = "100%";
  table.scroller.replaceChildren(whole);
  drawRows();
  drawTableNote();
  const again = focused && table.scroller.querySelector(`button[data-key="${CSS.escape(focused)}"]`);
  if (again) again.focus({preventScroll: true});
}
function captionText() {
  return say("table.caption", {rows: countedRows(table.rows.length), column: sorterNow().column.title});
}
/* The scale of the strips: that of all rows shown, or of the better three quarters where the others
 * are so far off that nothing could be told apart. */
function boundsOf(rows) {
  const scored = rows.filter((row) => !isNaN(row.score));
  if (!scored.length) return [0, 1];
  const {most} = data.metrics[state.metric], order = better(state.metric);
  const good = scored.slice().sort((a, b) => order(a.score, b.score)).slice(0, Math.ceil(scored.length * 0.75));
  const extent = (some) => d3.extent(some.flatMap((row) => spreadEnds({mean: row.score, deviation: row.deviation}, most)));
  const [all, best] = [extent(scored), extent(good)];
  const bounds = best[1] - best[0] < (all[1] - all[0]) / 3 && best[1] > best[0] ? best : all;
  return bounds[0] < bounds[1] ? bounds : scoreDomain(bounds, most);
}

/* The rows in sight, and some above and below; blank rows stand for the others. */
function drawRows(atLeast = 0) {
  const {scroller, rows, body} = table;
  scroller.parentElement.classList.toggle("more", scroller.scrollWidth - scroller.clientWidth - scroller.scrollLeft > 1);
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
      say(allRows().length ? "filter.nothing" : "table.empty"))));
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
      column.isFixed ? "fixed" : "", text === NONE ? "none" : ""].join(" ").trim() || null});
    if (column.cell) column.cell(td, row);
    else if (column.strip) stripCell(td, row);
    else {
      td.textContent = text;
      if (textWidth(text, 14) > column.width - 20) td.title = text;
    }
    tr.append(td);
  }
  tr.addEventListener("pointerenter", () => light(row.setting));
  tr.addEventListener("pointerleave", () => light(null));
  return tr;
}

/* The table as it is shown, with all digits. */
function tableRecords() {
  const columns = table.columns.filter((column) => column.of);
  return [columns.map((column) => column.title), ...table.rows.map((row) => columns.map((column) => {
    const value = column.of(row);
    return Number.isNaN(value) || value === undefined ? "" : value;
  }))];
}
