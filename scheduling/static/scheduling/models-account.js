/** The dialog that connects an account, edits it, or signs it in again. */

import { api, clearErrors, showErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { announce, offerUndo } from "../promura_site/undo.js";

const dialog = document.getElementById("channel-dialog");
const form = dialog?.querySelector("form");
const TITLES = { add: "Connect an account for", edit: "Edit", "sign-in": "Sign in again:" };
const SUBMITS = { add: "Connect", edit: "Save", "sign-in": "Sign in" };
const NEEDS_NOTHING = new Set(["handover", "outbox"]);
const NAMES = { handover: "By hand" };
const WORDS = {
  handover: "By hand: when a post is due, somebody takes it on their phone, posts it and pastes its link. Needs no sign-in.",
  outbox: "Outbox: each post is laid down as a folder with its text and media, and a person hands it over. Needs no sign-in.",
  webhook: "Webhook: each post is delivered, signed, to an address of yours.",
};
let now = {};

function connector() {
  return now.channel?.connector ?? form.elements.connector.value;
}

function formOf(name) {
  if (NEEDS_NOTHING.has(name)) return null;
  return name === "webhook" ? "webhook" : "other";
}

function showSignIn() {
  const shown = now.task === "edit" ? null : formOf(connector());
  for (const part of form.querySelectorAll("[data-credentials]")) {
    part.hidden = part.dataset.credentials !== shown;
  }
  form.querySelector("[data-connector-words]").textContent = WORDS[connector()] ?? "";
}

function offerConnectors({ connectors, platforms }) {
  const usual = platforms.find((one) => one.id === form.elements.platform.value)?.connector;
  const names = [usual, ...connectors.filter((one) => one !== usual)].filter(Boolean);
  const word = (name) => NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1);
  replaceChildren(form.elements.connector, names.map((name, place) =>
    h("option", { value: name }, place ? word(name) : `${word(name)} (usual)`)));
  showSignIn();
}

function generate() {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = form.elements["credentials.secret"];
  secret.value = `whsec_${btoa(String.fromCharCode(...bytes))}`;
  secret.type = "text";
  secret.select();
  form.querySelector("[data-copy]").hidden = false;
  const words = "Copy it to the receiver now: once saved it is never shown again.";
  form.querySelector("[data-secret-words]").textContent = words;
  announce(words);
}

async function copy() {
  const secret = form.elements["credentials.secret"];
  secret.select();
  // Outside secure contexts there is no clipboard; the selection is there to copy.
  await navigator.clipboard?.writeText(secret.value).catch(() => null);
  announce("Copied.");
}

function signIn(data) {
  const shown = formOf(connector());
  if (shown === null) return {};
  if (shown === "webhook") {
    return {
      url: data["credentials.url"],
      secret: data["credentials.secret"],
      idempotent: "credentials.idempotent" in data,
    };
  }
  try {
    return JSON.parse(data.credentials || "{}");
  } catch {
    return null;
  }
}

async function save(data) {
  const { task, channel, model, keep } = now;
  const credentials = task === "edit" ? undefined : signIn(data);
  if (credentials === null) {
    showErrors(form, { credentials: ["This is no JSON."] });
    return;
  }
  const { handle, language, max_rating } = data;
  const own = task === "sign-in" ? {} : { handle, language, max_rating };
  const sent = { ...own, ...(credentials ? { credentials } : {}) };
  const added = { model: model.id, platform: data.platform, connector: data.connector };
  const answer = channel
    ? await api.patch(`/api/channels/${channel.id}`, sent)
    : await api.post("/api/channels", { ...added, ...sent });
  keep.account(answer.channel);
  closeDialog(dialog, "saved");
  if (task === "edit") announce(`${answer.channel.handle} is saved.`);
  else {
    const done = channel ? "is signed in again" : "is connected";
    offerUndo({ message: `${answer.channel.handle} ${done}. Verify asks whether it answers.` });
    document.querySelector(`[data-key="verify ${answer.channel.id}"]`)?.focus();
  }
}

/** Open the dialog; `task` is add, edit or sign-in. */
export function openAccount(keep, page, { model, channel = null, task }) {
  now = { keep, model, channel, task };
  form.reset();
  clearErrors(form);
  for (const part of form.querySelectorAll("[data-only]")) {
    part.hidden = !part.dataset.only.split(" ").includes(task);
  }
  form.elements["credentials.secret"].type = "password";
  form.querySelector("[data-copy]").hidden = true;
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
  openDialog(dialog);
  if (task === "edit") form.elements.handle.focus();
}

if (form) {
  form.elements.connector.addEventListener("change", showSignIn);
  form.querySelector("[data-generate]").addEventListener("click", generate);
  form.querySelector("[data-copy]").addEventListener("click", copy);
  submitWith(form, save);
}
