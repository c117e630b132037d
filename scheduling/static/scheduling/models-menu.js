/** The one menu of the models page, filled for whichever button opens it. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";

function item(word, glyph, dataset) {
  return h("button", { class: "menu-item", type: "button", dataset }, icon(glyph), word);
}

function link(word, glyph, href) {
  return h("a", { class: "menu-item", href }, icon(glyph), word);
}

/** Fill the menu for a model, or for one of her accounts. */
export function fillMenu(button, { model, channel, can, stopped }) {
  const menu = document.getElementById("model-menu");
  // Not every browser focuses a button that is clicked, and the menu is placed by it.
  button.focus();
  if (!channel) {
    replaceChildren(menu,
      item("Edit", "edit", { deed: "edit-model", model: model.id }),
      can.connect && model.active &&
        item("Add an account", "plus", { deed: "add-account", model: model.id }),
      can.stop && h("hr"),
      can.stop && (stopped.has(model.id)
        ? link("Let publishing go on…", "play", `/queue?resume=${model.id}`)
        : link("Stop publishing…", "pause", `/queue?stop=${model.id}`)));
    return;
  }
  const where = { model: model.id, channel: channel.id };
  replaceChildren(menu,
    item("Edit", "edit", { deed: "edit-account", ...where }),
    channel.is_active && item("Verify", "check", { deed: "verify", ...where }),
    channel.connector !== "outbox" && item("Sign in again", "lock", { deed: "sign-in", ...where }),
    can.connect && h("hr"),
    can.connect && (channel.is_active
      ? item("Take out of use", "pause", { deed: "switch-account", ...where })
      : item("Use again", "play", { deed: "switch-account", ...where })));
}
