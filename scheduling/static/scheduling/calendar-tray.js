/** The tray below the week: photos and templates to take from. */

import { Shelf } from "./calendar-shelf.js";
import { plural } from "./calendar-words.js";

const phone = window.matchMedia("(max-width: 719px)");

/** Wire the tray; `carry` takes what is picked up, `spread` what is chosen. */
export function wireTray(tray, { carry, spread, opener }) {
  const part = (name) => tray.querySelector(`[data-tray-${name}]`);
  const shelf = new Shelf({ list: part("items"), words: part("words"), more: part("more"), search: part("search") });
  let filled = false;

  const open = (wanted) => {
    tray.hidden = !wanted;
    opener.setAttribute("aria-expanded", String(wanted));
    if (wanted && !filled) {
      filled = true;
      shelf.show("media");
    }
  };
  const count = () => {
    const { size } = shelf.chosen;
    part("count").textContent = size ? `${size} chosen` : "";
    part("clear").hidden = !size;
    part("spread").textContent = size ? `Spread ${plural(size, "photo")}…` : "Spread…";
  };

  opener.addEventListener("click", () => open(tray.hidden));
  part("close").addEventListener("click", () => {
    open(false);
    opener.focus();
  });
  part("clear").addEventListener("click", () => shelf.clear());
  part("spread").addEventListener("click", async () => {
    const said = await spread({ items: [...shelf.chosen.values()] });
    if (said === "done") shelf.clear();
  });
  shelf.addEventListener("chosen", count);
  for (const tab of tray.querySelectorAll("[name=tray-kind]")) {
    tab.addEventListener("change", () => shelf.show(tab.value));
  }
  part("items").addEventListener("click", (event) => {
    const button = event.target.closest(".tray-open");
    if (!button) return;
    const thing = shelf.thing(button);
    // On a phone the tray lies over the days that are to be tapped now.
    if (phone.matches) open(false);
    carry.pick(thing, { from: button.closest("[data-key]") });
  });
  open(window.matchMedia("(min-width: 1100px) and (min-height: 720px)").matches);
  return shelf;
}
