/** Between the library and its trash. */

import { ApiError, api } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { offerUndo } from "../promura_site/undo.js";
import { follow } from "./progress.js";

const TIMEOUT = 120_000;

/** Wire the switch and, for those who may, emptying; returns `{show}`. */
export function wireTrash({ shelf, setView }) {
  const link = document.querySelector("[data-trash-switch]");
  const empty = document.querySelector("[data-trash-empty]");
  const upload = document.querySelector("[data-upload]");

  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setView(shelf.view.trashed ? {} : { trashed: "true" });
  });

  empty?.addEventListener("click", async () => {
    // The one thing here that nothing brings back, hence the one question.
    const dialog = document.getElementById("empty-trash");
    if ((await openDialog(dialog)) !== "empty") return;
    empty.setAttribute("aria-busy", "true");
    try {
      const line = document.querySelector("[data-trash-progress]");
      const answer = await follow(await api.post("/api/library/empty-trash", undefined, { timeout: TIMEOUT }), line);
      line.hidden = true;
      offerUndo({ message: answer.message ?? `Deleted ${answer.purged_count} items for good.` });
      await shelf.refresh();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      offerUndo({ message: problem.message });
    } finally {
      empty.removeAttribute("aria-busy");
    }
  });

  return {
    /** Show which of the two is open. */
    show(trashed) {
      document.querySelector("[data-title]").textContent = trashed ? "Trash" : "Library";
      document.querySelector("[data-trash-word]").textContent = trashed ? "Library" : "Trash";
      link.href = trashed ? window.location.pathname : "?trashed=true";
      link.querySelector("use").setAttribute("href", trashed ? "#i-library" : "#i-trash");
      if (upload) upload.hidden = trashed;
      if (empty) empty.hidden = !trashed || !shelf.items.size;
    },
  };
}
