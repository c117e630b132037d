/** The dialog that brings models and channels in: checked first, then for good. */

import { api, clearErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";

const ADDRESS = "/api/models/import";
const SHOWN = 100;
const dialog = document.getElementById("import-dialog");
const form = dialog?.querySelector("form");
let checked = false;

function plural(count, word) {
  return `${count.toLocaleString("en-GB")} ${word}${count === 1 ? "" : "s"}`;
}

function errorRow({ line, field, message }) {
  return h("tr", {}, h("td", { class: "num" }, String(line)), h("td", {}, field), h("td", {}, message));
}

function errorTable(errors) {
  const more = errors.length - SHOWN;
  return h("div", { class: "import-errors", tabindex: "0" },
    h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ...["Line", "Field", "What is wrong"].map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, errors.slice(0, SHOWN).map(errorRow))),
    more > 0 && h("p", { class: "meta" }, `And ${plural(more, "line")} more.`));
}

function wordsOf({ models, channels, unchanged, to_sign_in: waiting }) {
  const parts = [`${plural(models.length, "model")} and ${plural(channels, "channel")} will be added.`];
  if (unchanged) parts.push(`${plural(unchanged, "channel")} ${unchanged === 1 ? "is" : "are"} there already.`);
  if (waiting) parts.push(`${plural(waiting, "channel")} will wait for a sign-in.`);
  return parts.join(" ");
}

function show(answer) {
  const errors = answer.row_errors;
  const outcome = form.querySelector("[data-outcome]");
  outcome.hidden = false;
  replaceChildren(outcome, errors.length
    ? [h("p", { class: "notice notice-bad" }, `${plural(errors.length, "error")}: mend the table and choose it again. Nothing has been added.`), errorTable(errors)]
    : h("p", { class: "notice" }, wordsOf(answer)));
  checked = !errors.length && answer.models.length + answer.channels > 0;
  form.querySelector("[data-submit]").textContent = checked ? "Bring them in" : "Check the table";
}

function startOver() {
  checked = false;
  form.querySelector("[data-outcome]").hidden = true;
  form.querySelector("[data-submit]").textContent = "Check the table";
}

async function send() {
  const params = { dry_run: checked ? "false" : "true" };
  const answer = await api.post(ADDRESS, new FormData(form), { params, timeout: 120_000 });
  if (answer.dry_run) {
    show(answer);
    return;
  }
  closeDialog(dialog, "saved");
  location.reload();
}

/** Open the dialog, empty. */
export function openImport() {
  form.reset();
  clearErrors(form);
  startOver();
  openDialog(dialog);
}

if (form) {
  form.elements.file.addEventListener("change", startOver);
  submitWith(form, send);
}
