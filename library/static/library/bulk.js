/** The bar for what is selected: tag it, move it to the trash, restore it. */

import { ApiError } from "../promura_site/api.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { restoreSelected, tagSelected, takeBack, trashSelected } from "./deeds.js";
import { showProgress } from "./progress.js";
import { tags } from "./tags.js";
import { forgive, refuse } from "./tile.js";
import { countWords, tagsOf } from "./words.js";

const VERBS = { add: "tagged", replace: "given new tags", remove: "freed of" };
const SECONDS = 20;

/** Wire the bar; returns `{trash}` for the Delete key. */
export function wireBulk(bar, scene) {
  const { shelf, selection } = scene;
  const part = (name) => bar.querySelector(`[data-bulk-${name}]`);
  const form = part("tag");
  const input = document.getElementById("bulkTags");
  const progress = part("progress");
  let busy = false;

  const complain = (words) => {
    part("error").textContent = words;
    part("error").hidden = !words;
  };
  const backToGrid = () => shelf.grid.querySelector('.media-open[tabindex="0"]')?.focus();

  const show = () => {
    const chosen = selection.tiles.length;
    const inTrash = shelf.view.trashed === "true";
    const total = selection.everything ? shelf.count : chosen;
    bar.hidden = !chosen && !busy;
    part("count").textContent = `${total.toLocaleString("en-GB")} selected`;
    const allLoaded = chosen === shelf.items.size;
    part("all").hidden = allLoaded;
    part("everything").hidden = inTrash || selection.everything || !allLoaded || !shelf.next;
    part("everything").textContent = `Select all ${shelf.count.toLocaleString("en-GB")}`;
    form.hidden = part("delete").hidden = inTrash;
    part("restore").hidden = !inTrash;
    if (bar.hidden) complain("");
  };

  /** Say what came of it, on the refused tiles too, and offer to take it back. */
  const report = (done, answer, undoable) => {
    const failures = answer.failures ?? [];
    const refused = answer.refused_count ?? failures.length;
    for (const { id, reason } of failures) {
      const tile = shelf.tileOf(id);
      if (tile) refuse(tile, reason);
    }
    const rest = refused ? ` ${countWords(refused, "stays as it is.", "stay as they are.")}` : "";
    const undo = async () => {
      tags.forget();
      forgive(shelf.grid);
      return takeBack(answer.operation_id, scene, progress);
    };
    offerUndo({ message: done + rest, undo: undoable ? undo : undefined, seconds: SECONDS });
  };

  /** Run one action: the bar busy, what goes wrong said in it. */
  const run = async (button, action) => {
    if (busy || !selection.tiles.length) return;
    busy = true;
    button.setAttribute("aria-busy", "true");
    complain("");
    forgive(shelf.grid);
    try {
      await action();
      tags.forget();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      complain(problem.message);
    } finally {
      busy = false;
      button.removeAttribute("aria-busy");
      showProgress(progress, null);
      show();
    }
  };

  const trash = () =>
    run(part("delete"), async () => {
      const answer = await trashSelected(scene, progress);
      report(`${countWords(answer.deleted_count)} moved to the trash.`, answer, answer.deleted_count);
    });
  const tag = (button) =>
    run(button, async () => {
      const words = tagsOf(input.value);
      if (!words.length) {
        input.focus();
        complain("Write at least one tag first.");
        return;
      }
      const answer = await tagSelected(scene, words, button.value, progress);
      input.value = "";
      const done = `${countWords(answer.updated_count)} ${VERBS[button.value]} ${words.join(", ")}.`;
      report(done, answer, answer.updated_count);
    });
  const restore = () =>
    run(part("restore"), async () => {
      const { restored, failures } = await restoreSelected(scene, progress);
      report(`${countWords(restored.length)} restored to the library.`, { failures });
    });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    tag(event.submitter ?? form.querySelector("[value=add]"));
  });
  input.addEventListener("keydown", (event) => {
    // Suggestions that are open take the key for themselves.
    if (event.key !== "Escape" || event.defaultPrevented) return;
    event.stopPropagation();
    backToGrid();
  });
  part("delete").addEventListener("click", trash);
  part("restore").addEventListener("click", restore);
  part("clear").addEventListener("click", () => {
    selection.clear();
    backToGrid();
  });
  part("all").addEventListener("click", () => selection.all());
  part("everything").addEventListener("click", () => {
    selection.selectEverything();
    announce(`All ${countWords(shelf.count)} selected.`);
  });
  selection.addEventListener("change", show);
  shelf.addEventListener("change", show);
  return { trash };
}
