/** The dialog that adds or edits a model. */

import { api, clearErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { formatTime, zone as ownZone } from "../promura_site/time.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { upload } from "../promura_site/upload.js";
import { savePace, showPace } from "./models-pace.js";

const dialog = document.getElementById("model-dialog");
const form = dialog?.querySelector("form");
let now = {};

/** Return the id that a name suggests: lower case, without accents, hyphens between. */
export function suggestedId(name) {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/gu, "-").replace(/^-+|-+$/gu, "").slice(0, 60).replace(/-+$/u, "");
}

function sayZone() {
  const zone = form.elements.timezone.value.trim();
  const words = dialog.querySelector("[data-zone-now]");
  try {
    words.textContent = `There it is ${formatTime(new Date().toISOString(), { style: "short", zone })} now.`;
  } catch {
    words.textContent = "Where she lives, such as Europe/Berlin.";
  }
}

async function sendPicture(model, file) {
  if (!file?.size) return model;
  const body = new FormData();
  body.append("file", file);
  await upload(`/api/models/${model.id}/avatar`, body);
  const fresh = (await api.get(`/api/models/${model.id}`)).model;
  // The address stays the same, the picture does not.
  return { ...fresh, avatar_url: `${fresh.avatar_url}?v=${Date.now()}` };
}

async function save({ picture, ...data }) {
  const { model: known, keep } = now;
  const { id, min_spacing_minutes: spacing, daily_cap: cap, ...changes } = data;
  const answer = known
    ? await api.patch(`/api/models/${known.id}`, changes)
    : await api.post("/api/models", { id, ...changes });
  // Kept before the picture goes: if that is refused, the model is there all the same.
  now.model = answer.model;
  keep.model(answer.model);
  if (known) await savePace(known, { min_spacing_minutes: spacing, daily_cap: cap });
  keep.model(await sendPicture(answer.model, picture));
  closeDialog(dialog, "saved");
  if (known) {
    announce(`${answer.model.name} is saved.`);
  } else {
    offerUndo({ message: `${answer.model.name} is added. Next, connect an account.`, seconds: 20 });
    document.querySelector(`[data-key="add ${CSS.escape(answer.model.id)}"]`)?.focus();
  }
}

/** Open the dialog for a new model, or for one to edit. */
export function openModel(keep, model = null) {
  now = { keep, model };
  form.reset();
  clearErrors(form);
  const task = model ? "edit" : "add";
  for (const part of form.querySelectorAll("[data-only]")) {
    part.hidden = !part.dataset.only.includes(task);
  }
  dialog.querySelector("#model-title").textContent = model ? `Edit ${model.name}` : "Add a model";
  form.querySelector("[data-submit]").textContent = model ? "Save" : "Add the model";
  form.elements.name.value = model?.name ?? "";
  form.elements.timezone.value = model?.timezone ?? ownZone();
  form.elements.language.value = model?.language ?? "en";
  form.elements.id.dataset.own = "";
  if (model) showPace(form, model);
  sayZone();
  openDialog(dialog);
  form.elements.name.focus();
}

if (form) {
  form.elements.name.addEventListener("input", () => {
    if (!form.elements.id.dataset.own) form.elements.id.value = suggestedId(form.elements.name.value);
  });
  form.elements.id.addEventListener("input", (event) => {
    event.target.dataset.own = event.target.value ? "yes" : "";
  });
  form.elements.timezone.addEventListener("input", sayZone);
  submitWith(form, save);
}
