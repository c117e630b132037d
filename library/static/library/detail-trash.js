/** Move the item that is open to the trash, or take it out again. */

import { ApiError, api } from "../promura_site/api.js";
import { offerUndo } from "../promura_site/undo.js";

/** Run `action` with its button busy; what the server refuses stands in `place`. */
export async function whileBusy(button, place, action) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  place.hidden = true;
  try {
    await action();
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    place.textContent = problem.message;
    place.hidden = false;
    place.scrollIntoView({ block: "nearest" });
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/**
 * Wire the dialog's two buttons. `current` returns the item that is open, `keep` saves
 * what was changed and tells whether that went well.
 */
export function wireDetailTrash(dialog, { shelf, keep, current }) {
  const problem = dialog.querySelector("[data-problem]");

  const closeWith = (item, message, undo) => {
    const at = shelf.ids.indexOf(item.id);
    shelf.take([item.id]);
    dialog.close();
    const near = shelf.ids[at] ?? shelf.ids.at(-1);
    if (near) shelf.tileOf(near).querySelector(".media-open").focus();
    offerUndo({
      message,
      undo: async () => {
        await undo();
        await shelf.refresh();
      },
    });
  };
  const wire = (button, action) =>
    button.addEventListener("click", () =>
      whileBusy(button, problem, async () => {
        if (await keep()) await action(current());
      }),
    );

  wire(dialog.querySelector("[data-delete]"), async (item) => {
    const path = `/api/library/${item.id}`;
    await api.del(path);
    closeWith(item, `${item.name} moved to the trash.`, () => api.post(`${path}/restore`));
  });
  wire(dialog.querySelector("[data-restore]"), async (item) => {
    const path = `/api/library/${item.id}`;
    await api.post(`${path}/restore`);
    closeWith(item, `${item.name} restored to the library.`, () => api.del(path));
  });
}
