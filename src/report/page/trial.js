/* What is behind a row: a setting, or one of its trials, with all its hyperparameters, its scores
 * seed by seed, its curves, and where it comes from. */

function makeDetail() {
  const dialog = byId("detail");
  dialog.addEventListener("close", () => openRow(null));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); }); /* beside it */
  byId("detail-close").addEventListener("click", () => dialog.close());
  for (const [id, step] of [["detail-before", -1], ["detail-next", 1]])
    byId(id).addEventListener("click", () => openRow(neighbourOf(state.open, step)));
  for (const what of ["open", "metric", "rows", "view"]) events.on(`${what}.detail`, () => later(drawDetail));
  new ResizeObserver(() => later(drawDetailCurves)).observe(byId("detail-curves"));
  drawDetail();
}
/* The row before or behind one in the table; null where there is none. */
function neighbourOf(key, step) {
  const at = table.rows.findIndex((row) => row.key === key), row = at < 0 ? null : table.rows[at + step];
  return row ? row.key : null;
}

function drawDetail() {
  const dialog = byId("detail"), row = state.open === null ? null : allRows()[state.open];
  hideTip();
  if (!row) {
    if (dialog.open) dialog.close();
    return;
  }
  byId("detail-title").replaceChildren(...breakable(state.byTrial ? say("detail.title", {trial: trialTitle(row.trial), setting: fullLabel(row.setting)}) : fullLabel(row.setting)));
  byId("detail-rank").textContent = rankWords(row);
  byId("detail-before").disabled = neighbourOf(row.key, -1) === null;
  byId("detail-next").disabled = neighbourOf(row.key, 1) === null;
  byId("detail-hyperparameters").replaceChildren(...hyperparameterFacts(row.setting));
  byId("detail-scores").replaceChildren(scoresTable(row));
  byId("detail-provenance").replaceChildren(...originOf(row));
  if (!dialog.open) dialog.showModal();
  drawDetailCurves();
}
function rankWords(row) {
  if (!row.rank) return say("detail.unranked");
  const {name} = data.metrics[state.metric], tie = tieOfRow(row);
  return [say("detail.rank", {rank: row.rank, all: rankedCount(), name}), ...(likeBest(row) ? [say("detail.like_best")] : []),
    ...(tie ? [tieWords(tie)] : [])].join("; ") + ".";
}

/* All that apply; those in which settings differ stand first. */
function hyperparameterFacts(setting) {
  const fact = (one, strong) => {
    const value = one.levels[one.place[setting]];
    return value === null ? [] : [element("dt", {class: strong ? "varied" : null}, one.name), element("dd", {}, valueText(value))];
  };
  return [...data.hyperparameters.flatMap((one) => fact(one, true)), ...data.constants.flatMap((one) => fact(one, false))];
}

/* A metric a row, a seed a column; the trial that was opened is marked. */
function scoresTable(row) {
  const trials = trialsOf[row.setting], cell = (text, trial) => element("td", {class: trial === row.trial ? "number lit" : "number"}, text);
  const isSpread = trials.length > 1, heads = [say("column.mean"), say("column.sd")].filter(() => isSpread);
  const head = element("tr", {}, element("th", {scope: "col"}, say("column.score")), ...heads.map((text) => element("th", {scope: "col", class: "number"}, text)),
    ...trials.map((trial) => element("th", {scope: "col", class: trial === row.trial ? "number lit" : "number"}, seedText(trial),
      element("br"), element("span", {class: "quiet"}, trialText(trial)))));
  const body = data.metrics.map(({name}, metric) => {
    const {mean, deviation} = statisticsOf(metric)[row.setting], isOwn = metric === state.metric;
    return element("tr", {class: isOwn ? "own" : null}, element("th", {scope: "row"}, name),
      ...[mean, deviation].filter(() => isSpread).map((value) => cell(score(metric, value))),
      ...trials.map((trial) => cell(score(metric, data.trials.values[metric][trial]), trial)));
  });
  const line = (name, of) => element("tr", {}, element("th", {scope: "row"}, name), ...heads.map(() => cell("")),
    ...trials.map((trial) => cell(of(trial), trial)));
  const finished = (trial) => (data.trials.finished[trial] === null ? NONE : utc(new Date(1000 * data.trials.finished[trial]).toISOString().replace("T", " ")));
  return element("table", {}, element("thead", {}, head),
    element("tbody", {}, ...body, line(say("column.status"), stateText), line(say("column.finished"), finished)));
}

/* The curves of each seed: what is drawn above as well, and the loss. */
function drawDetailCurves() {
  const row = state.open === null ? null : allRows()[state.open], place = byId("detail-curves");
  if (!row || !place.clientWidth) return;
  const names = [...new Set([quantityNow(), "loss"])].filter((name) => quantities().has(name));
  const width = place.clientWidth >= 700 ? (place.clientWidth - 24) / 2 : place.clientWidth;
  const charts = hasCurve(row.setting) ? names.map((name) => seedCurves(row, name, width)).filter((one) => one) : [];
  place.replaceChildren(...(charts.length ? charts : [element("p", {class: "note"}, say("detail.no_curves"))]));
}
/* A quantity's curves: {trial, colour, dashed, points} of each seed, on training and validation images. */
function seedLines(row, quantity) {
  const kinds = quantities().get(quantity);
  return trialsOf[row.setting].flatMap((trial, i) => ["training", "validation"].filter((kind) => kinds[kind] !== undefined).map((kind) => ({
    trial, kind, colour: slotColour(i % SLOTS), dashed: kind === "training" && kinds.validation !== undefined,
    points: seriesOf(row.setting, kinds[kind], [trial])}))).filter(({points}) => points.length);
}
function seedCurves(row, quantity, width) {
  const lines = seedLines(row, quantity), points = lines.flatMap((line) => line.points), height = 220;
  if (!lines.length) return null;
  const y = d3.scaleLinear(scoreDomain(d3.extent(points, (point) => point.mean), mostOf(quantities().get(quantity)), 5), [height - 26, 28]);
  const left = widest(y.ticks(5).map(y.tickFormat(5)), 12) + 12;
  const x = d3.scaleLinear([1, Math.max(2, d3.max(points, (point) => point.epoch))], [left, width - 8]);
  const svg = drawing(width, height).attr("role", "img").attr("aria-label", say("detail.chart", {quantity}));
  svg.append("g").attr("class", "axis").attr("transform", `translate(${left},0)`)
    .call(d3.axisLeft(y).ticks(5).tickSize(-(width - 8 - left)).tickPadding(6));
  svg.append("g").attr("class", "axis").attr("transform", `translate(0,${height - 26})`)
    .call(d3.axisBottom(x).tickValues(x.ticks(6).filter((epoch) => Number.isInteger(epoch) && epoch > 0)).tickFormat(d3.format("d")).tickSize(0).tickPadding(8));
  svg.append("text").attr("x", 0).attr("y", 12).text(quantity);
  if (lines.some((line) => line.dashed))
    svg.append("text").attr("class", "quiet").attr("x", width - 8).attr("y", 12).attr("text-anchor", "end").text(say("detail.dashed"));
  for (const line of lines) drawSeedLine(svg, line, x, y, row);
  return element("figure", {}, svg.node(), element("figcaption", {class: "seeds"}, ...trialsOf[row.setting].map((trial, i) =>
    element("span", {}, dot(slotColour(i % SLOTS)), seedText(trial)))));
}
/* Of a single trial's siblings the lines are faint. */
function drawSeedLine(svg, {trial, kind, colour, dashed, points}, x, y, row) {
  const path = d3.line().x((point) => x(point.epoch)).y((point) => y(point.mean));
  const group = svg.append("g").attr("opacity", state.byTrial && trial !== row.trial ? 0.35 : 1);
  group.append("title").text(say("detail.line", {seed: seedText(trial), images: say(`images.${kind}`)}));
  group.append("path").attr("class", `curve-line ${dashed ? "training" : "main"}`).attr("d", path(points)).style("stroke", colour);
  if (points.length === 1)
    group.append("circle").attr("r", 3).attr("cx", x(points[0].epoch)).attr("cy", y(points[0].mean)).style("fill", colour);
}

/* Where it comes from, and how to ask for more. */
function originOf(row) {
  const {sweep, failures, commands} = page.sweeps[sweepOf[row.setting]], trials = row.trial < 0 ? trialsOf[row.setting] : [row.trial];
  const errors = failures.filter(([id]) => trials.some((trial) => data.trials.id[trial] === id));
  const made = d3.group(trials.filter((trial) => data.trials.command[trial] !== null), (trial) => data.trials.command[trial]);
  return [
    element("dl", {class: "facts"},
      ...sweepFact(sweep),
      ...fact(say("fact.data"), `${sweep.dataset}, SHA-256 `, code(sweep.dataset_digest)),
      ...errors.flatMap(([id, error]) => fact(say("fact.failed", {id: String(id)}), element("span", {lang: "en"}, error))),
      ...fact(say("fact.more"), ...trials.flatMap((trial, i) => [i ? element("br") : "", code(`sweep show ${data.trials.id[trial]} --db ${page.database}`)]))),
    ...[...made].flatMap(([command, own]) => [
      element("p", {class: "quiet"}, made.size > 1 ? say("fact.trials_trained_by", {trials: own.map(trialTitle).join(", ")}) : say("fact.trained_by")),
      commandFacts(commands[command])]),
  ];
}
