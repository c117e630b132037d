/** The dialog that brings past posts in: checked first, then with progress, undoable. */

import { ApiError, api, clearErrors, showErrors, submitWith } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { announce } from "../promura_site/undo.js";
import { follow, showProgress } from "../library/progress.js";
import { errorTable } from "./insights-table.js";
import { plural } from "./insights-words.js";

const ADDRESS = "/api/scheduling/history/import";
const IMPORTS = "/api/scheduling/history/imports";
const STATES = { running: "coming in", done: "", undoing: "being taken out", undone: "taken out again" };
const dialog = document.getElementById("history-dialog");
const form = dialog?.querySelector("form");
const part = (name) => dialog.querySelector(`[data-${name}]`);
let checked = false;
let changed = () => {};

function say(...children) {
  part("outcome").hidden = !children.length;
  replaceChildren(part("outcome"), children);
}

function startOver() {
  checked = false;
  say();
  showProgress(part("progress"), null);
  part("skip").hidden = true;
  part("submit").textContent = "Check the table";
}

function wordsOf({ posts, duplicates, channels, first, last }) {
  const known = duplicates ? ` ${plural(duplicates, "line")} ${duplicates === 1 ? "is" : "are"} known already.` : "";
  if (!posts) return `Nothing new in this file.${known}`;
  const day = (at) => formatTime(at, { style: "day" });
  return `${plural(posts, "post")} of ${plural(channels, "account")} will come in, ${day(first)} ${first.slice(0, 4)} to ${day(last)} ${last.slice(0, 4)}.${known}`;
}

function show(answer) {
  const { errors_count: wrong, row_errors: errors, posts } = answer;
  const lines = wrong
    ? [h("p", { class: "notice notice-bad" }, `${plural(wrong, "line")} with errors: mend the table and choose it again, or leave them out.`), errorTable(errors, wrong)]
    : [];
  say(h("p", { class: "notice" }, wordsOf(answer)), ...lines);
  part("skip").hidden = !wrong;
  checked = posts > 0 && (!wrong || form.elements.skip_errors.checked);
  part("submit").textContent = checked ? "Bring them in" : "Check the table";
}

async function send() {
  const bring = checked;
  const { dates, skip_errors: skip } = form.elements;
  const params = { dry_run: String(!bring), dates: dates.value, skip_errors: skip.checked ? "true" : undefined };
  const sent = new FormData();
  if (form.elements.file.files[0]) sent.append("file", form.elements.file.files[0]);
  const answer = await api.post(ADDRESS, sent, { params, timeout: 300_000 });
  if (!bring) {
    show(answer);
    return;
  }
  const { added } = await follow(answer, part("progress"));
  form.reset();
  startOver();
  say(h("p", { class: "notice" }, `${plural(added ?? 0, "post")} came in. Suggestions know them from now on.`));
  await Promise.all([listImports(), changed()]);
}

async function takeOut(one, button) {
  button.setAttribute("aria-busy", "true");
  clearErrors(form);
  try {
    const answer = await api.post(`${IMPORTS}/${one.id}/undo`);
    await follow(answer, part("progress"));
    showProgress(part("progress"), null);
    announce(`${one.name} is taken out again.`);
    await Promise.all([listImports(), changed()]);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    showErrors(form, problem);
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function importLine(one) {
  const state = STATES[one.state];
  const words = `${formatTime(one.created_at)}, ${plural(one.added, "post")}${one.by ? `, by ${one.by}` : ""}${state ? ` · ${state}` : ""}`;
  const undo = ["done", "running"].includes(one.state)
    && h("button", { class: "btn btn-small", type: "button", "aria-label": `Take out ${one.name}`, onClick: (event) => takeOut(one, event.currentTarget) }, "Take out");
  return h("li", { class: "list-item import-item" }, h("div", {}, h("span", { class: "clip" }, one.name), h("span", { class: "meta num" }, words)), undo);
}

async function listImports() {
  const { imports } = await api.get(IMPORTS, { params: { limit: 10, count: "false" } });
  part("imports").hidden = !imports.length;
  replaceChildren(part("imports-list"), imports.map(importLine));
}

/** Wire the button; `refresh` is called when there is something new to learn from. */
export function wireHistory(button, refresh) {
  if (!form) return;
  changed = refresh;
  button.addEventListener("click", () => {
    form.reset();
    clearErrors(form);
    startOver();
    openDialog(dialog);
    listImports().catch((problem) => showErrors(form, problem));
  });
  form.elements.file.addEventListener("change", startOver);
  form.elements.dates.addEventListener("change", startOver);
  form.elements.skip_errors.addEventListener("change", () => {
    checked = false;
    part("submit").textContent = "Check the table";
  });
  submitWith(form, send);
}
