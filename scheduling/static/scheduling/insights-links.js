/** The dialog that takes a table of links with their figures. */

import { api, clearErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { errorTable } from "./insights-table.js";
import { plural } from "./insights-words.js";

const ADDRESS = "/api/scheduling/engagement/import";
const dialog = document.getElementById("counts-dialog");
const form = dialog?.querySelector("form");
let checked = false;

function startOver() {
  checked = false;
  dialog.querySelector("[data-outcome]").hidden = true;
  dialog.querySelector("[data-submit]").textContent = "Check the table";
}

function show({ posts, row_errors: errors }) {
  const outcome = dialog.querySelector("[data-outcome]");
  outcome.hidden = false;
  replaceChildren(outcome, errors.length
    ? [h("p", { class: "notice notice-bad" }, `${plural(errors.length, "line")} with errors: mend the table and choose it again.`), errorTable(errors)]
    : h("p", { class: "notice" }, `The figures of ${plural(posts, "post")} will be recorded.`));
  checked = !errors.length && posts > 0;
  dialog.querySelector("[data-submit]").textContent = checked ? "Record them" : "Check the table";
}

/** Wire the button; `refresh` is called when figures have been recorded. */
export function wireLinks(button, refresh) {
  if (!form) return;
  button.addEventListener("click", () => {
    form.reset();
    clearErrors(form);
    startOver();
    openDialog(dialog);
  });
  form.elements.file.addEventListener("change", startOver);
  submitWith(form, async () => {
    const params = { dry_run: String(!checked) };
    const answer = await api.post(ADDRESS, new FormData(form), { params, timeout: 300_000 });
    if (answer.dry_run) {
      show(answer);
      return;
    }
    closeDialog(dialog, "saved");
    announce(`${answer.message}.`);
    await refresh();
  });
}
