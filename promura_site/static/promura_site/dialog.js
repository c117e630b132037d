/** Open and close native dialogs, from scripts or by `data-open-dialog`. */

function find(dialogOrId) {
  return typeof dialogOrId === "string" ? document.getElementById(dialogOrId) : dialogOrId;
}

/** Show a dialog and resolve to the value it was closed with ("" when dismissed). */
export function openDialog(dialogOrId) {
  const dialog = find(dialogOrId);
  dialog.returnValue = "";
  if (!dialog.open) dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true });
  });
}

/** Close a dialog with a value. */
export function closeDialog(dialogOrId, value = "") {
  find(dialogOrId).close(value);
}

function onBackdrop(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return (
    event.clientX < box.left ||
    event.clientX > box.right ||
    event.clientY < box.top ||
    event.clientY > box.bottom
  );
}

/** Wire the page's dialogs, those that come later included. */
export function wireDialogs(root = document) {
  root.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open-dialog]");
    if (opener) openDialog(opener.dataset.openDialog);
    else if (event.target.closest("[data-close-dialog]")) {
      event.target.closest("dialog").close();
    }
  });
  // Press and release on the backdrop: a selection dragged out of a field closes nothing.
  let pressed = null;
  root.addEventListener("pointerdown", (event) => {
    pressed = event.target;
  });
  root.addEventListener("pointerup", (event) => {
    const dialog = event.target;
    if (dialog === pressed && dialog.matches?.("dialog[open]") && onBackdrop(dialog, event)) {
      dialog.close();
    }
  });
}
