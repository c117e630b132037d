/** What is wrong with the lines of a table. */

import { h } from "../promura_site/dom.js";
import { plural } from "./insights-words.js";

const SHOWN = 100;

/** Return the first errors as a table, and how many more there are. */
export function errorTable(errors, count = errors.length) {
  const row = ({ line, field, message }) => h("tr", {}, h("td", { class: "num" }, String(line)), h("td", {}, field), h("td", {}, message));
  const more = count - Math.min(errors.length, SHOWN);
  return h(
    "div",
    { class: "import-errors", tabindex: "0", role: "region", "aria-label": "Lines with errors" },
    h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ["Line", "Field", "What is wrong"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, errors.slice(0, SHOWN).map(row))),
    more > 0 && h("p", { class: "meta" }, `And ${plural(more, "line")} more.`),
  );
}
