/* Where the numbers come from. */
const fact = (term, ...value) => [element("dt", {}, term), element("dd", {}, ...value)];
const optionalFact = (term, value) => (value ? fact(term, value) : []);
const code = (text) => element("code", {}, text);
const utc = (time) => time.slice(0, 16);

function drawProvenance() {
  page.sweeps.forEach((one, i) => {
    if (hasSeveral) byId("provenance-body").append(element("h3", {class: "sweep"}, sweepNames[i]));
    byId("provenance-body").append(...provenanceOf(one));
  });
}
function provenanceOf({sweep, commands, failures}) {
  return [
    element("dl", {class: "facts"},
      ...fact("Sweep", `${sweep.name}, number ${sweep.id} of `, code(page.database)),
      ...(hasSeveral && sweep.description ? fact("Description", sweep.description) : []),
      ...fact("Data", sweep.dataset),
      ...fact("Data\u2019s SHA-256", code(sweep.dataset_digest)),
      ...fact("Data warnings", sweep.warnings.length ? `${sweep.warnings.length}, at the top of this page` : "none"),
      ...fact("Config\u2019s SHA-256", code(sweep.config_digest)),
      ...(sweep.settings ? fact("Changed with --set", code(sweep.settings.trim().split("\n").join(", "))) : [])),
    element("h3", {}, "Commands that worked on it"), ...commands.map(commandFacts),
    element("h3", {}, "The config"), element("pre", {tabindex: "0"}, sweep.config),
    ...(failures.length ? [element("h3", {}, "Trials that failed"), element("ul", {},
      ...failures.slice(0, 20).map(([trial, error]) => element("li", {}, `${trial}: ${error}`)))] : []),
  ];
}
/* What an older version did not record is left out. */
function commandFacts(command) {
  const when = [command.started_at, command.finished_at].filter((time) => time).map(utc).join(" to ");
  const optionalCode = (term, text) => optionalFact(term, text && code(text));
  return element("dl", {class: "facts"},
    ...optionalCode("Command", command.arguments),
    ...optionalCode("In", command.folder),
    ...optionalFact("By", [command.user, command.host].filter((name) => name).join(" on ")),
    ...optionalFact("When", when && `${when} UTC, ${command.outcome}`),
    ...fact("Trained", plural(command.trials, "trial")),
    ...optionalFact("Program", command.version && `sweep ${command.version}`),
    ...optionalFact("Processor", command.cpu && `${command.cpu}, ${plural(command.jobs, "thread")}`),
    ...optionalFact("BLAS", command.openblas_config && `${command.openblas_config}, core ${command.openblas_core}`),
    ...optionalCode("Config", command.config_path),
    ...optionalCode("Data from", command.dataset_source));
}
