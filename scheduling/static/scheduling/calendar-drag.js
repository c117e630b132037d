/** Carrying by mouse: from the tray or from a day to another. */

import { offerUndo } from "../promura_site/undo.js";

/** Let the pages' draggable pieces be dragged; `thingOf(element)` says what they are. */
export function wireDrag(carry, thingOf) {
  let refused = "";

  document.addEventListener("dragstart", (event) => {
    const piece = event.target.closest?.("[draggable='true'][data-key]");
    const thing = piece && thingOf(piece);
    if (!thing) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", thing.name);
    piece.classList.add("is-dragged");
    refused = "";
    // Chromium ends a drag whose element changes while it begins.
    setTimeout(() => carry.pick(thing, { from: piece, byMouse: true }));
  });
  carry.grid.addEventListener("dragover", (event) => {
    if (!carry.thing) return;
    const cell = event.target.closest("[data-date]");
    const said = carry.over(cell);
    if (said) refused = said.ok ? "" : said.text;
    if (!cell || cell.dataset.verdict === "no") return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  carry.grid.addEventListener("dragleave", (event) => {
    // Chromium leaves to nowhere when what is dragged is let go where it may not be.
    if (!carry.thing || !event.relatedTarget || carry.grid.contains(event.relatedTarget)) return;
    carry.over(null);
    refused = "";
  });
  carry.grid.addEventListener("drop", (event) => {
    const cell = event.target.closest("[data-date]");
    if (!carry.thing || !cell) return;
    event.preventDefault();
    refused = "";
    carry.putDown(cell);
  });
  document.addEventListener("dragend", (event) => {
    event.target.classList?.remove("is-dragged");
    carry.leave({ quiet: true });
    if (refused) offerUndo({ message: refused });
    refused = "";
  });
}
