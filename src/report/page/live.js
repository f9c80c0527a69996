/* A page that the program renews while the sweep runs: it reads itself again, as a file from anywhere
 * may, and keeps what the reader has chosen, which is in the address, and where they were. */
const LIVE = page.live;
const QUIET = 3000; /* ms since the reader last did something, before the page is read again */
const ENDED = 10; /* s to the next look whether a run that was interrupted or killed goes on */
let lastDone = -Infinity;

/* Nothing is taken away from a reader who is at it. */
const isIdle = () => performance.now() - lastDone > QUIET && !byId("detail").open && !document.activeElement.closest("input:not([type=checkbox]), select");
function liveState() {
  const late = Date.now() / 1000 - LIVE.written > Math.max(3 * LIVE.every, 15);
  return LIVE.state === "running" && late ? "silent" : LIVE.state;
}
function drawLive() {
  const when = utc(new Date(1000 * LIVE.written).toISOString().replace("T", " "), 19);
  byId("live").dataset.state = liveState();
  byId("live").textContent = say(`live.${liveState()}`, {when: `${when} UTC`});
}
/* What no address has: how far all is scrolled, what is unfolded, and where the keyboard is. */
const scrolled = () => [document.scrollingElement, ...document.querySelectorAll(".scroller, .facets .values, .facets .ticks")];
const folds = () => [...document.querySelectorAll("details")];
const look = () => ({scrolled: scrolled().map((one) => [one.scrollLeft, one.scrollTop]), unfolded: folds().map((one) => one.open), focus: document.activeElement.id});
function restoreLook({scrolled: places, unfolded, focus}) {
  folds().forEach((one, i) => { one.open = unfolded[i] ?? one.open; });
  if (focus && byId(focus)) byId(focus).focus({preventScroll: true});
  scrolled().forEach((one, i) => { if (places[i]) one.scrollTo({left: places[i][0], top: places[i][1], behavior: "instant"}); });
}
/* Once what is drawn in the next frame has its height. */
function keepLook() {
  const kept = history.state;
  history.scrollRestoration = "manual";
  if (kept?.scrolled) requestAnimationFrame(() => requestAnimationFrame(() => restoreLook(kept)));
}
function makeLive() {
  if (!LIVE) return;
  keepLook();
  byId("live").hidden = false;
  drawLive();
  if (LIVE.state === "finished") return;
  const runs = LIVE.state === "running" || LIVE.state === "paused";
  for (const what of ["pointerdown", "pointermove", "keydown", "wheel", "touchmove"]) addEventListener(what, () => { lastDone = performance.now(); }, {passive: true});
  setInterval(() => {
    drawLive();
    if (!isIdle()) return;
    writeLink();
    history.replaceState(look(), "");
    location.reload();
  }, 1000 * (runs ? LIVE.every : Math.max(LIVE.every, ENDED)));
}
