/** The plan of a spread as a list: which photo, for whom, when, and why then. */

import { h, icon } from "../promura_site/dom.js";
import { clockOf, dayWords } from "./calendar-dates.js";

const SHOWN_MEDIA = 4;

const thumbnail = (id) => `/api/library/${encodeURIComponent(id)}/thumbnail`;

function pictures(ids) {
  const more = ids.length - SHOWN_MEDIA;
  return h("span", { class: "thumbs" },
    ids.slice(0, SHOWN_MEDIA).map((id) => h("img", { class: "thumb", src: thumbnail(id), alt: "", width: 40, height: 40, loading: "lazy" })),
    more > 0 && h("span", { class: "meta num" }, `+${more}`));
}

function wordsOf(warning) {
  return typeof warning === "string" ? warning : warning.text;
}

/** Return a line for each planned draft. */
export function planLines(plan, names) {
  return plan.map((one) => h("li", { class: "spread-line" },
    pictures(one.media_ids),
    h("div", { class: "spread-words" },
      h("p", {}, h("strong", { class: "num" }, `${dayWords(one.local)}, ${clockOf(one.local)}`), ` · ${names[one.model] ?? one.model}`),
      one.text && h("p", { class: "clip" }, one.text),
      one.reason && h("p", { class: "meta" }, one.reason),
      (one.warnings ?? []).map((warning) => h("p", { class: "cal-warn" }, icon("warning"), h("span", {}, wordsOf(warning)))))));
}

/** Return a line for each photo that finds no place. */
export function skippedLines(skipped, names, media) {
  const known = new Map(media.map((item) => [item.id, item.name]));
  const words = ({ media_id: id, model, reason }) => {
    const name = known.get(id) ?? "A photo";
    const whom = model ? `${names[model] ?? model}: ` : "";
    return reason.includes(name) ? `${whom}${reason}` : `${name}, ${whom}${reason}`;
  };
  return skipped.map((one) => h("li", { class: "cal-warn" }, icon("info"), h("span", {}, words(one))));
}
