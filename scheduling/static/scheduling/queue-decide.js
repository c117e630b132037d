/** The dialog that decides about all that a cause holds up: first the counts, then how. */

import { api, clearErrors, showErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { number } from "./queue-words.js";

const PATH = "/api/publishing/causes";
const WAYS = {
  spaced: ["One after the other, from now", "At least 5 minutes apart on each account.", "Send one by one"],
  moved: ["To the next free day, at the same hour", "Each on its model's own clock.", "Move them"],
  skipped: ["Skip them", "These are never posted; the others are not touched.", "Skip them"],
  kept: ["Leave each as it is", "What is still in time goes out at once; what is too late stays missed.", "Let it go on"],
};
const TITLES = { resume: "Let publishing go on", release: "Let the account go on", retry: "Try all of them again" };
const DONE = {
  spaced: (count) => `${posts(count)} ${count === 1 ? "goes" : "go"} out, one after the other.`,
  moved: (count) => `${posts(count)} moved to a free day.`,
  skipped: (count) => `${posts(count)} skipped.`,
  kept: () => "It goes on.",
};
const dialog = document.getElementById("decide-dialog");
const form = dialog?.querySelector("form");
let now = {};

function posts(count) {
  return `${number(count)} post${count === 1 ? "" : "s"}`;
}

function sent(cause, more) {
  const { code, channel, model, stop } = cause;
  return { code, ...(stop ? { model } : { channel }), ...more };
}

function counts({ due, late, upcoming }) {
  const said = [
    [due, "still in time"],
    [late, "too late already"],
    [upcoming, "to come later, not touched"],
  ];
  return said.map(([count, words]) => h("div", { class: "decide-count" },
    h("dt", { class: "meta" }, words), h("dd", { class: "num" }, number(count))));
}

function offer(ways, any) {
  const choices = any ? ways : ways.filter((one) => one === "kept");
  return choices.map((one, place) => h("label", { class: "pick decide-way", hidden: !any },
    h("input", { type: "radio", name: "how", value: one, checked: place === 0 }),
    h("span", { class: "pick-name" }, WAYS[one][0], h("span", { class: "meta decide-hint" }, WAYS[one][1]))));
}

function sayWhat() {
  form.querySelector("[data-submit]").textContent = WAYS[form.elements.how?.value]?.[2] ?? "Decide";
}

async function count(cause) {
  const submit = form.querySelector("[data-submit]");
  submit.disabled = true;
  try {
    const { held_up: held } = await api.post(PATH, sent(cause, { dry_run: true }));
    if (now.cause !== cause) return;
    now.held = held.due + held.late;
    replaceChildren(form.querySelector("[data-counts]"), counts(held));
    replaceChildren(form.querySelector("[data-ways]"), offer(cause.ways, now.held > 0));
    form.querySelector("[data-nothing]").hidden = now.held > 0;
    submit.disabled = !form.elements.how;
    sayWhat();
    form.querySelector("[name=how]:checked")?.focus();
  } catch (error) {
    if (error.name !== "ApiError") throw error;
    if (now.cause === cause) showErrors(form, error);
  }
}

/** Ask how to go on with a cause; resolve to what was done in words, or to null. */
export async function decide(cause) {
  now = { cause, held: 0, said: null };
  form.reset();
  clearErrors(form);
  dialog.querySelector("#decide-title").textContent = TITLES[cause.action] ?? "Decide about all of them";
  form.querySelector("[data-cause-text]").textContent = cause.text;
  replaceChildren(form.querySelector("[data-counts]"), h("p", { class: "meta" }, "Counting …"));
  replaceChildren(form.querySelector("[data-ways]"));
  form.querySelector("[data-nothing]").hidden = true;
  form.querySelector("[data-submit]").textContent = "Decide";
  const closed = openDialog(dialog);
  await Promise.all([closed, count(cause)]);
  return now.cause === cause ? now.said : null;
}

if (form) {
  form.addEventListener("change", sayWhat);
  submitWith(form, async ({ how }) => {
    const { held_up: held } = await api.post(PATH, sent(now.cause, { how }), { timeout: 120_000 });
    now.said = DONE[how](held.due + held.late);
    closeDialog(dialog, "done");
  });
}
