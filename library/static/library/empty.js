/** What stands where media would: why there is none, and what to do next. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { isFiltered } from "./address.js";

function wordsFor(view, canEdit) {
  if (isFiltered(view)) {
    return ["Nothing matches", "No media in the library fits all of these filters.", "clear"];
  }
  if (view.trashed) {
    return ["The trash is empty", "What you delete lies here for 30 days and can be restored.", "leave"];
  }
  if (canEdit) {
    return ["Ready for the first picture", "Drop pictures and clips anywhere on this page, or choose them from your device.", "upload"];
  }
  return ["No media yet", "Once a colleague has uploaded pictures or clips, you will find them here.", null];
}

/** Show the reason; `ways` has what the button does: clear, leave, upload. */
export function showEmpty(place, view, { canEdit, ways }) {
  const [title, sentence, way] = wordsFor(view, canEdit);
  const labels = { clear: "Clear the filters", leave: "Back to the library", upload: "Choose files" };
  replaceChildren(
    place,
    h("h2", { class: "empty-title" }, title),
    h("p", {}, sentence),
    way ? h("button", { class: "btn", type: "button", onClick: ways[way] }, labels[way]) : null,
  );
}
