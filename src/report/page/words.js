"use strict";
/* The page's words, in the one language that it was written in (words-*.txt). A text has {names} for
 * what differs. Where it depends on a number n, it has a form for 1 and one for all others, with
 * " | " between them. */
const WORDS = JSON.parse(document.getElementById("words").textContent);
d3.formatDefaultLocale({decimal: ".", thousands: WORDS["number.thousands"], grouping: [3], currency: ["", ""]});
const GROUPED_FROM = Number(WORDS["number.grouped_from"]);
const grouped = (value) => (Math.abs(value) < GROUPED_FROM ? String(value) : d3.format(",")(value));

/* A share as a percentage. */
const percentText = (share, decimals) => say("number.percent", {value: (100 * share).toFixed(decimals)});

/* A number among the values is written as the language groups its digits. */
function say(key, values = {}) {
  const forms = WORDS[key].split(" | ");
  return forms[values.n === 1 ? 0 : forms.length - 1]
    .replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? grouped(values[name]) : values[name]));
}
