/** What would come of a series: in words, and its next posts on every model's clocks. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";

const DAY = { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" };
const day = new Intl.DateTimeFormat("en-GB", DAY);

function place(name) {
  return document.querySelector(`[data-${name}]`);
}

function city(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

/** Return the wall-clock time of a model's, with the day where it is another one. */
function clock(local, occurrence) {
  const [date, hour] = local.split("T");
  const other = date !== occurrence.split("T")[0];
  return other ? `${day.format(new Date(`${date}T00:00Z`))}, ${hour}` : hour;
}

/** Put the channels of one model that read the same at the same time into one line. */
function gathered(channels) {
  const lines = new Map();
  for (const one of channels) {
    const key = `${one.model} ${one.local} ${one.text}`;
    const line = lines.get(key) ?? { ...one, handles: [] };
    line.handles.push(one.handle);
    lines.set(key, line);
  }
  return [...lines.values()];
}

function onModel(line, occurrence, names) {
  const handles = [...new Set(line.handles)].join(", ");
  return h("li", { class: "series-line" },
    h("p", {},
      h("strong", {}, names[line.model] ?? line.model), " ",
      h("span", { class: "num" }, clock(line.local, occurrence)), " ",
      h("span", { class: "meta" }, `in ${city(line.timezone)} · ${handles}`)),
    h("p", { class: "series-text" }, line.text || "Without a text"));
}

function occurrence(one, names, open) {
  const date = day.format(new Date(`${one.occurrence}Z`));
  const lines = gathered(one.channels);
  const hours = new Set(lines.map((line) => clock(line.local, one.occurrence)));
  return h("li", {},
    h("details", { open },
      h("summary", { class: "num" }, h("span", {}, date), " ",
        h("span", { class: "meta" }, hours.size === 1 ? [...hours][0] : `${hours.size} hours`)),
      h("ul", { class: "series-lines" }, lines.map((line) => onModel(line, one.occurrence, names))),
      one.more > 0 && h("p", { class: "meta" }, `and ${one.more} more accounts`)));
}

/** Show the answer of a dry run. */
export function showComing(answer, names) {
  place("words").textContent = `${answer.words}, ${answer.ends}.`;
  replaceChildren(place("notes"), answer.notes.map((note) => h("li", {}, icon("info"), h("span", {}, note))));
  replaceChildren(place("coming"), answer.occurrences.map((one, at) => occurrence(one, names, at === 0)));
  showAsks(answer.warnings);
}

/** Show why nothing can be shown yet. */
export function showWhyNot(words) {
  place("words").textContent = words;
  replaceChildren(place("notes"));
  replaceChildren(place("coming"));
}

/** Show what somebody has to decide before the series can begin. */
export function showAsks(warnings) {
  const has = (code) => warnings.some((one) => one.code === code);
  const panel = place("asks");
  // What has been answered stays in sight, to be taken back.
  const answered = place("keep").querySelector("input").checked || place("override")?.querySelector("input").value;
  if (!warnings.length && answered) return;
  panel.hidden = !warnings.length;
  replaceChildren(place("ask-list"), warnings.map((one) => h("li", {}, icon("warning"), h("span", {}, one.text))));
  place("keep").hidden = !has("unknown_variable");
  for (const name of ["override", "ask-owner"]) {
    if (place(name)) place(name).hidden = !has("media_not_cleared");
  }
}
