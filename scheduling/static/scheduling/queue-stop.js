/** The panic switch: two taps stop publishing, one takes it back. */

import { api, clearErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { offerUndo } from "../promura_site/undo.js";

const PATH = "/api/publishing/stops";
const dialog = document.getElementById("stop-dialog");
const form = dialog?.querySelector("form");

function open(model = "") {
  form.reset();
  clearErrors(form);
  form.elements.model.value = model;
  openDialog(dialog);
  // Not the reason: on a phone its keyboard would cover the button.
  form.querySelector("[type=submit]").focus();
}

/** Let the button stop publishing; `refresh` draws the page anew. */
export function wireStop(refresh) {
  if (!form) return;
  document.querySelector("[data-stop]").addEventListener("click", () => open());
  submitWith(form, async ({ model, reason }) => {
    const who = form.elements.model.selectedOptions[0].textContent.trim();
    await api.post(PATH, { reason, ...(model ? { model } : {}) });
    closeDialog(dialog, "stopped");
    await refresh();
    offerUndo({
      message: `Publishing is stopped: ${who}.`,
      undo: async () => {
        await api.post(`${PATH}/${model || "all"}/resume`, { how: "kept" });
        await refresh();
        return "It goes on.";
      },
    });
  });
  const asked = new URLSearchParams(window.location.search).get("stop");
  if (!asked) return;
  history.replaceState(null, "", window.location.pathname);
  open(asked === "all" ? "" : asked);
}
