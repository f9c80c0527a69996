/* Projecting: large type on white, one question at a time, keys to go on. The other parts stay laid out
 * out of sight, so that their drawings keep their widths. */
const PROJECTED = {width: 720, height: 405}; /* what a slide has room for, in the page's own pixels */
const slidesNow = () => [...document.querySelectorAll("header.page, main > section")].filter((one) => !one.hidden);
const placeNow = (slides) => slides.findIndex((one) => one.id === state.project);

function makeProject() {
  byId("project").addEventListener("click", () => project(slidesNow()[0].id));
  byId("project-leave").addEventListener("click", () => project(null));
  for (const [id, step] of [["project-before", -1], ["project-next", 1]]) byId(id).addEventListener("click", () => turnSlide(step));
  addEventListener("keydown", slideKey);
  addEventListener("resize", () => later(drawProject));
  events.on("view.project", drawProject);
  drawProject();
}
const project = (id) => setView(state, {project: id});
function turnSlide(step) {
  const slides = slidesNow(), next = slides[placeNow(slides) + step];
  if (next) project(next.id);
}
/* Keys of a chart or a control that has the focus are its own. */
function slideKey(event) {
  if (!state.project || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || byId("detail").open
    || event.target.closest("input, select") || (event.key === " " && event.target.closest("button, a, summary"))) return;
  const slides = slidesNow(), ends = {Home: slides[0].id, End: slides[slides.length - 1].id, Escape: null};
  const step = {ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1}[event.key];
  if (step === undefined && !(event.key in ends)) return;
  event.preventDefault();
  if (step) turnSlide(step); else project(ends[event.key]);
}
function drawProject() {
  const slides = slidesNow(), at = placeNow(slides), root = document.documentElement, was = root.dataset.project;
  slides.forEach((one, i) => one.classList.toggle("projected", i === at));
  if (at < 0) delete root.dataset.project; else root.dataset.project = state.project;
  root.style.setProperty("--zoom", at < 0 ? 1 : Math.max(1, Math.min(innerWidth / PROJECTED.width, innerHeight / PROJECTED.height)));
  byId("project-at").textContent = at < 0 ? "" : say("project.at", {at: at + 1, all: slides.length});
  byId("project-before").disabled = at === 0;
  byId("project-next").disabled = at === slides.length - 1;
  if (was === root.dataset.project) return;
  hideTip();
  scrollTo({top: 0, behavior: "instant"});
  if ((was === undefined) !== (at < 0)) changed("theme");
}
