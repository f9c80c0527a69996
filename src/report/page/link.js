/* The page's address keeps what the reader has chosen, so that a link shows the same to another
 * reader: a part for each thing that is not as at the start. Trials go by their number in the
 * database, so a link holds for a later report on the same sweep as well. */
const trialKey = (trial) => (hasSeveral ? `${page.sweeps[sweepOf[data.trials.setting[trial]]].sweep.id}.` : "") + data.trials.id[trial];
let keyedTrials = null;
function trialOfKey(key) {
  if (!keyedTrials) keyedTrials = new Map(d3.range(trialCount).map((trial) => [trialKey(trial), trial]));
  return keyedTrials.get(key);
}
const settingKey = (setting) => trialKey(trialsOf[setting][0]);
const axisNamed = (name) => data.hyperparameters.findIndex((one) => one.name === name);

/* The part that a link has of something, null where it is as at the start; and how it is set from
 * that. What the page has not is told. */
class LinkError extends Error {}
function found(at, what) {
  if (at === undefined || at < 0) throw new LinkError(what);
  return at;
}
const namedAxis = (name) => found(axisNamed(name), say("link.hyperparameter", {name}));
const keyedTrial = (key) => found(trialOfKey(key), say("link.trial", {name: key}));
const flag = (of, name, start) => ({get: () => (of()[name] === start ? null : String(Number(!start))), set: () => { of()[name] = !start; }});
const choice = (of, name, values) => ({get: () => (of()[name] === values[0] ? null : of()[name]),
  set: (text) => { of()[name] = values[found(values.indexOf(text), text)]; }});
const LINK = {
  metric: {get: () => (data.metrics.length && state.metric !== data.metric ? data.metrics[state.metric].name : null),
    set: (text) => { state.metric = found(metricNamed(text), say("link.metric", {name: text})); }},
  trials: flag(() => state, "byTrial", false),
  where: {get: () => state.text.trim() || null, set: (text) => { state.text = text.slice(0, FILTER_LENGTH); }},
  only: {get: onlyPart, set: setOnly},
  range: {get: () => state.range && state.range.join(), set: (text) => {
    const ends = text.split(",").map(Number);
    state.range = ends.length === 2 && !ends.some(Number.isNaN) ? ends : found(-1, say("link.range", {name: text}));
  }},
  columns: {get: () => state.columns && [...state.columns].join(), set: (text) => { state.columns = new Set(text.split(",")); }},
  sort: {get: () => state.sort && (state.sort.descending ? "-" : "") + state.sort.key,
    set: (text) => { state.sort = {key: text.replace(/^-/, ""), descending: text.startsWith("-")}; }},
  draw: {get: () => (slotsPart() === link.slots ? null : slotsPart()), set: setSlots},
  curves: choice(() => state.curves, "of", ["ticked", "shown"]),
  quantity: {get: () => state.curves.quantity, set: (text) => { state.curves.quantity = quantities().has(text) ? text : found(-1, say("link.curves", {name: text})); }},
  colour: {get: () => (state.curves.colour === null ? null : nameOf(state.curves.colour)),
    set: (text) => { state.curves.colour = namedAxis(text); }},
  training: flag(() => state.curves, "training", true),
  zoom: flag(() => state, "zoom", true),
  against: choice(() => state.search, "against", Object.keys(COSTS)),
  better: flag(() => state.search, "better", true),
  scale: flag(() => state.effects, "shared", true),
  heat: {get: () => (heatPart() === link.heat ? null : heatPart()), set: (text) => {
    const [x, y] = text.split(",").map(namedAxis);
    Object.assign(state.heat, {x, y});
  }},
  cell: choice(() => state.heat, "cell", ["mean", "best"]),
  project: {get: () => state.project, set: (text) => { state.project = slidesNow().some((one) => one.id === text) ? text : found(-1, text); }},
  open: {get: () => (state.open === null ? null : state.byTrial ? trialKey(state.open) : settingKey(state.open)), set: (text) => {
    const trial = keyedTrial(text);
    state.open = state.byTrial ? trial : data.trials.setting[trial];
  }},
};
/* What stands at the start in parts that depend on the data. */
const link = {slots: "", heat: ""};

/* The values chosen of each hyperparameter: {name: [values]}. */
function onlyPart() {
  const chosen = state.levels.map((levels, axis) => levels && [nameOf(axis), [...levels].map((level) => data.hyperparameters[axis].levels[level])])
    .filter((one) => one);
  return chosen.length ? JSON.stringify(Object.fromEntries(chosen)) : null;
}
function setOnly(text) {
  let chosen;
  try { chosen = Object.entries(JSON.parse(text)); } catch (error) { found(-1, say("link.values", {name: text})); }
  for (const [name, values] of chosen) {
    const axis = namedAxis(name), {levels} = data.hyperparameters[axis];
    state.levels[axis] = new Set([].concat(values).map((value) => found(levels.indexOf(value), `${name} ${value}`)));
  }
}
/* The settings drawn, in the order of their colours. */
function slotsPart() {
  const parts = [];
  for (const [setting, slot] of state.slots) parts[slot] = settingKey(setting);
  return Array.from(parts, (part) => part || "").join();
}
function setSlots(text) {
  state.slots.clear();
  text.split(",").slice(0, SLOTS).forEach((key, slot) => {
    if (key) state.slots.set(data.trials.setting[keyedTrial(key)], slot);
  });
}
const heatPart = () => (data.hyperparameters.length > 1 ? [state.heat.x, state.heat.y].map(nameOf).join() : "");

/* Waits for a pause: browsers limit how often an address may change. */
let linkTimer = 0;
function writeLinkSoon() {
  clearTimeout(linkTimer);
  linkTimer = setTimeout(writeLink, 200);
}
function writeLink() {
  const parts = new URLSearchParams();
  for (const [name, {get}] of Object.entries(LINK)) if (get() !== null) parts.set(name, get());
  const text = String(parts), address = location.href.split("#")[0] + (text ? `#${text}` : "");
  if (address !== location.href) history.replaceState(null, "", address);
}
/* Take over what the address says; without a word on it all is as at the start. */
function readLink() {
  const text = location.hash.slice(1), missing = [];
  if (!text.includes("=")) return; /* a section's name, or nothing */
  for (const [name, part] of new URLSearchParams(text))
    try {
      if (LINK[name]) LINK[name].set(part);
      else missing.push(name);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      missing.push(error.message);
    }
  byId("link-note").textContent = missing.length ? say("link.missing", {missing: missing.join(", ")}) : "";
}
/* The state at the start is kept, so that another link in the same page begins from it. */
function makeLink() {
  Object.assign(link, {slots: slotsPart(), heat: heatPart()});
  const start = JSON.stringify({...state, slots: [...state.slots]});
  readLink();
  forgetRows();
  addEventListener("hashchange", () => {
    if (location.hash && !location.hash.includes("=")) return;
    const kept = JSON.parse(start);
    Object.assign(state, kept, {slots: new Map(kept.slots)});
    readLink();
    restored();
  });
  for (const what of ["metric", "filter", "rows", "columns", "select", "view", "open"]) events.on(`${what}.link`, writeLinkSoon);
}
/* The sections' names would take the address's place. */
function makeNavigation() {
  for (const anchor of document.querySelectorAll("nav a, a.skip"))
    anchor.addEventListener("click", (event) => {
      const section = document.querySelector(anchor.getAttribute("href"));
      event.preventDefault();
      section.scrollIntoView();
      section.querySelector("h2").focus({preventScroll: true});
    });
}
