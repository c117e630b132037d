/** The dialog that connects an account, edits it, or signs it in again. */

import { api, clearErrors, showErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { verify } from "./models-actions.js";
import { bindSecret, resetSecret, showSignIn, signInOf } from "./models-sign-in.js";

const dialog = document.getElementById("channel-dialog");
const form = dialog?.querySelector("form");
const TITLES = { add: "Connect an account for", edit: "Edit", "sign-in": "Sign in again:" };
const SUBMITS = { add: "Connect", edit: "Save", "sign-in": "Sign in" };
const NEEDS_NOTHING = new Set(["handover", "outbox"]);
const NAMES = { handover: "By hand" };
let now = {};

function connector() {
  return now.channel?.connector ?? form.elements.connector.value;
}

function showFields() {
  showSignIn(form, connector(), now.task !== "edit");
}

function offerConnectors({ connectors, platforms }) {
  const usual = platforms.find((one) => one.id === form.elements.platform.value)?.connector;
  const names = [usual, ...connectors.filter((one) => one !== usual)].filter(Boolean);
  const word = (name) => NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
  replaceChildren(form.elements.connector, names.map((name, place) =>
    h("option", { value: name }, place ? word(name) : `${word(name)} (usual)`)));
  showFields();
}

async function save(data) {
  const { task, channel, model, keep } = now;
  const credentials = task === "edit" ? undefined : signInOf(form, connector(), data);
  if (credentials === null) {
    showErrors(form, { credentials: ["This is no JSON."] });
    return;
  }
  const { handle, language, max_rating } = data;
  const posts_per_week = data.posts_per_week === "" ? null : Number(data.posts_per_week);
  const own = task === "sign-in" ? {} : { handle, language, max_rating, posts_per_week };
  const sent = { ...own, ...(credentials ? { credentials } : {}) };
  const added = { model: model.id, platform: data.platform, connector: data.connector };
  const answer = channel
    ? await api.patch(`/api/channels/${channel.id}`, sent)
    : await api.post("/api/channels", { ...added, ...sent });
  keep.account(answer.channel);
  closeDialog(dialog, "saved");
  if (task === "edit") {
    announce(`${answer.channel.handle} is saved.`);
    return;
  }
  // Whose account it is should be known before anything is posted there.
  const button = document.querySelector(`[data-channel-id="${answer.channel.id}"] .list-actions > .btn`);
  button?.focus();
  if (button) await verify(keep, answer.channel, button);
}

/** Open the dialog; `task` is add, edit or sign-in. */
export function openAccount(keep, page, { model, channel = null, task }) {
  now = { keep, model, channel, task };
  form.reset();
  clearErrors(form);
  for (const part of form.querySelectorAll("[data-only]")) {
    part.hidden = !part.dataset.only.split(" ").includes(task);
  }
  resetSecret(form);
  dialog.querySelector("#channel-title").textContent = `${TITLES[task]} ${channel?.handle ?? model.name}`;
  form.querySelector("[data-submit]").textContent = SUBMITS[task];
  if (!form.elements.platform.options.length) {
    replaceChildren(form.elements.platform, page.platforms.map(({ id, name }) => h("option", { value: id }, name)));
    form.elements.platform.addEventListener("change", () => offerConnectors(page));
  }
  form.elements.platform.value = "instagram";
  offerConnectors(page);
  form.elements.handle.value = channel?.handle ?? "";
  form.elements.language.value = channel?.language ?? model.language;
  form.elements.max_rating.value = channel?.max_rating ?? "explicit";
  form.elements.posts_per_week.value = channel?.posts_per_week ?? "";
  openDialog(dialog);
  if (task === "edit") form.elements.handle.focus();
}

if (form) {
  form.elements.connector.addEventListener("change", showFields);
  bindSecret(form);
  submitWith(form, save);
}
