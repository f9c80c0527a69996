/* Filters: the text box, the switch between settings and trials, and the values to filter by. */
function makeFilters() {
  const box = byId("filter");
  new ResizeObserver(() => { box.placeholder = exampleFilter(box.clientWidth - 24); }).observe(box);
  box.maxLength = FILTER_LENGTH;
  saveButtons(byId("leaderboard").querySelector(".controls"), "leaderboard", {records: tableRecords});
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
/* Words of this very sweep, so that they work; as many as there is room for. */
function exampleFilter(width) {
  const name = data.hyperparameters.find((hyperparameter) => !hyperparameter.number && /^[a-z_]+$/.test(hyperparameter.levels[0]));
  const number = data.hyperparameters.find((hyperparameter) => hyperparameter.number && hyperparameter.levels.length > 1 && hyperparameter.levels[1] !== null);
  const words = number ? [`${number.name}>=${valueText(number.levels[1])}`] : [];
  if (name) words.push(`${name.name} in [${name.levels.filter((level) => level !== null).slice(-2).join(", ")}]`);
  return [words.join(" or "), ...words].map((text) => say("filter.example", {text})).find((text) => words.length && textWidth(text, 15) <= width) || "";
}
function drawFilters() {
  const box = byId("filter"), note = byId("filter-note");
  if (box.value !== state.text) box.value = state.text;
  const {wrong} = readFilter(state.text), isEmpty = !wrong && allRows().length > 0 && !shownRows().length;
  box.setAttribute("aria-invalid", wrong ? "true" : "false");
  note.textContent = wrong || (isEmpty ? whyNothing() : "");
  note.classList.toggle("wrong", wrong !== "" || isEmpty);
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
  if (data.metrics.length) {
    const legend = element("legend"), name = () => { legend.textContent = data.metrics[state.metric].column; };
    place.append(element("fieldset", {}, legend, ...boundInputs("score")));
    events.on("metric.facets", name);
    name();
  }
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
  return [0, 1].map((bound) => element("label", {}, say(bound ? "facets.to" : "facets.from"), " ",
    element("input", {type: "number", step: "any", "data-axis": axis, "data-bound": bound, onchange: take})));
}
function boundText(axis, bound) {
  let values = null;
  if (axis === "score") values = state.range;
  else if (state.levels[axis]) values = d3.extent([...state.levels[axis]], (level) => data.hyperparameters[axis].levels[level]);
  const value = values ? values[bound] : null;
  return value === null || value === undefined || !Number.isFinite(value) ? "" : String(Number(value.toPrecision(6)));
}
