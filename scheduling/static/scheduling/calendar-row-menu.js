/** The menu of a model's row. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { openFeed } from "./calendar-feed.js";

/** Fill the menu when a row's button opens it. */
export function wireRowMenu({ can, find, spread }) {
  const menu = document.getElementById("model-menu");
  const link = (word, glyph, href) => h("a", { class: "menu-item", href }, icon(glyph), word);
  const item = (word, glyph, onClick) => h("button", { class: "menu-item", type: "button", onClick }, icon(glyph), word);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-model-menu]");
    if (!button) return;
    // Not every browser focuses a button that is clicked, and the menu is placed by it.
    button.focus();
    const model = find(button.dataset.modelMenu);
    const slug = encodeURIComponent(model.id);
    replaceChildren(menu,
      link("Her month", "calendar", `/calendar?model=${slug}`),
      link("Her week", "grid", `/calendar?model=${slug}&view=week`),
      link("When to post", "insights", `/insights?model=${slug}`),
      can.plan && item("Spread photos for her…", "image", () => spread({ chosen: [model.id] })),
      item("Calendar link…", "link", () => openFeed(model, can)));
  });
}
