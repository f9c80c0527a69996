/* Where the numbers come from. */
const fact = (term, ...value) => [element("dt", {}, term), element("dd", {}, ...value)];
const sweepFact = (sweep) => fact(say("fact.sweep"), say("fact.number", {name: sweep.name, id: String(sweep.id)}), " ", code(page.database));
const optionalFact = (term, value) => (value ? fact(term, value) : []);
const code = (text) => element("code", {}, text);
/* Of several data sets an object by name: a line each. */
const eachData = (text, show) => (text.startsWith("{")
  ? Object.entries(JSON.parse(text)).map(([name, value]) => element("div", {}, `${name}: `, show(value))) : [show(text)]);
const utc = (time, length = 16) => time.slice(0, length);

function drawProvenance() {
  page.sweeps.forEach((one, i) => {
    if (hasSeveral) byId("provenance-body").append(element("h3", {class: "sweep"}, sweepNames[i]));
    byId("provenance-body").append(...provenanceOf(one));
  });
}
function provenanceOf({sweep, commands, failures}) {
  return [
    element("dl", {class: "facts"},
      ...sweepFact(sweep),
      ...(hasSeveral && sweep.description ? fact(say("fact.description"), sweep.description) : []),
      ...fact(say("fact.data"), sweep.dataset),
      ...(sweep.dataset_changes ? fact(say("fact.data_changes"), ...eachData(sweep.dataset_changes, (text) => element("span", {lang: "en"}, text))) : []),
      ...fact(say("fact.data_digest"), ...eachData(sweep.dataset_digest, code)),
      ...fact(say("fact.warnings"), sweep.warnings.length ? say("fact.warnings_above", {n: sweep.warnings.length}) : say("fact.none")),
      ...fact(say("fact.config_digest"), code(sweep.config_digest)),
      ...(sweep.settings ? fact(say("fact.set"), code(sweep.settings.trim().split("\n").join(", "))) : [])),
    element("h3", {}, say("provenance.commands")), ...commands.map(commandFacts),
    element("h3", {}, say("provenance.config")), element("pre", {tabindex: "0"}, sweep.config),
    ...(failures.length ? [element("h3", {}, say("provenance.failed")), element("ul", {lang: "en"},
      ...failures.slice(0, 20).map(([trial, error]) => element("li", {}, `${trial}: ${error}`)))] : []),
  ];
}
/* What an older version did not record is left out. */
function commandFacts(command) {
  const when = [command.started_at, command.finished_at].filter((time) => time).map((time) => utc(time)).join(say("list.to"));
  const optionalCode = (term, text) => optionalFact(term, text && code(text));
  return element("dl", {class: "facts"},
    ...optionalCode(say("fact.command"), command.arguments),
    ...optionalCode(say("fact.folder"), command.folder),
    ...optionalFact(say("fact.by"), [command.user, command.host].filter((name) => name).join(say("list.on"))),
    ...optionalFact(say("fact.when"), when && `${when} UTC, ${say(`outcome.${command.outcome}`)}`),
    ...fact(say("fact.trained"), counted("trial", command.trials)),
    ...optionalFact(say("fact.program"), command.version && `sweep ${command.version}`),
    ...optionalFact(say("fact.processor"), command.cpu && `${command.cpu}, ${counted("thread", command.jobs)}`),
    ...optionalFact(say("fact.blas"), command.openblas_config && say("fact.blas_core", {config: command.openblas_config, core: command.openblas_core})),
    ...optionalCode(say("fact.config"), command.config_path),
    ...(command.dataset_source ? fact(say("fact.source"), ...eachData(command.dataset_source, code)) : []));
}
