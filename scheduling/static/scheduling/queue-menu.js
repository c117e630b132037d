/** The menu of a post: what can be done with all of it. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { isOpen, isUp } from "./queue-words.js";

function item(word, glyph, deed, post) {
  return h("button", { class: "menu-item", type: "button", dataset: { deed, post: post.id } }, icon(glyph), word);
}

/** Fill the page's menu for a post. */
export function fillMenu(button, post, can) {
  // Not every browser focuses a button that is clicked, and the menu is placed by it.
  button.focus();
  const states = new Set(post.publications.map((one) => one.status));
  const open = post.publications.some(isOpen);
  const gone = [...states].every((state) => state === "cancelled" || state === "skipped");
  const failed = post.publications.filter((one) => ["failed", "missed"].includes(one.status));
  replaceChildren(document.getElementById("post-menu"),
    can.change && open &&
      h("a", { class: "menu-item", href: `/compose?post=${post.id}` }, icon("edit"), "Edit"),
    can.change && (open || gone) &&
      item(gone ? "Plan again" : post.status === "draft" ? "Plan" : "Reschedule", "clock", "reschedule", post),
    can.retry && failed.length > 1 && item(`Try all ${failed.length} again`, "refresh", "retry-all", post),
    can.plan && item("Duplicate", "copy", "duplicate", post),
    post.publications.some((one) => one.attempts > 0) && item("What was tried", "list", "attempts", post),
    can.count && post.publications.some(isUp) && item("Take down…", "trash", "takedown", post),
    can.change && open && h("hr"),
    can.change && open && post.series && item("Skip this one", "pause", "skip-post", post),
    can.change && open && item(post.status === "draft" ? "Discard" : "Cancel", "close", "cancel", post));
}
