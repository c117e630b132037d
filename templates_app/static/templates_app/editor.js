/** The dialog in which a template is written, or only read on the view level. */

import { api } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { clearErrors, submitWith } from "../promura_site/forms.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { checkModels, chosenModels } from "./models.js";
import { pickMedia } from "./picker.js";
import { previewOf, stopPreview } from "./preview.js";
import { fillVariables, writtenVariables } from "./variables.js";

const BY_RULE = "rule";

const dialog = document.getElementById("template-editor");
const form = dialog.querySelector("[data-template-form]");
const fields = form.elements;
const mediaList = form.querySelector("[data-template-media]");
const rule = form.querySelector("[data-template-rule]");
const mayEdit = "mayEdit" in dialog.dataset;
const title = document.getElementById("template-editor-title");

let current = null;
let media = [];
let missing = new Set();
let afterSaving = () => {};

function mediaTile(id, number) {
  const gone = missing.has(id);
  const address = dialog.dataset.thumbnail.replace(/0{8}(-0{4}){3}-0{12}/, id);
  const remove = h(
    "button",
    { class: "chip-x", type: "button", onClick: () => removeMedia(id) },
    icon("close"),
    h("span", { class: "visually-hidden" }, `Remove ${gone ? id : `item ${number}`}`),
  );
  const shown = gone
    ? h("span", { class: "template-gone" }, icon("warning"), h("span", { class: "clip" }, id), h("span", { class: "meta" }, "not there"))
    : h("img", { src: address, alt: `Item ${number}` });
  return h("li", { class: gone ? "is-gone" : null }, shown, mayEdit ? remove : null);
}

function showMedia() {
  const tiles = media.map((id, index) => mediaTile(id, index + 1));
  replaceChildren(mediaList, tiles.length ? tiles : h("li", { class: "hint" }, "None chosen."));
}

function removeMedia(id) {
  media = media.filter((one) => one !== id);
  showMedia();
  form.querySelector("[data-choose-media]").focus();
}

function showRule() {
  rule.hidden = fields.schedule_pattern.value !== BY_RULE;
}

function setPattern(pattern) {
  const preset = [...fields.schedule_pattern.options].some((one) => one.value === (pattern ?? ""));
  fields.schedule_pattern.value = preset ? (pattern ?? "") : BY_RULE;
  fields.rule.value = preset ? "" : pattern;
  showRule();
}

function fill(template) {
  current = template;
  media = [...(template?.media_ids ?? [])];
  missing = new Set(template?.missing.media_ids);
  fields.name.value = template?.name ?? "";
  fields.content.value = template?.content ?? "";
  fields.tags.value = (template?.tags ?? []).join(", ");
  setPattern(template?.schedule_pattern);
  checkModels(template?.models ?? [], template?.missing.models ?? []);
  fillVariables(template?.variables);
  previewOf(template);
  showMedia();
  const verb = mayEdit ? "Edit template" : "Template";
  title.textContent = template ? verb : "New template";
}

function written() {
  const byRule = fields.schedule_pattern.value === BY_RULE;
  return {
    name: fields.name.value,
    content: fields.content.value,
    models: chosenModels(),
    tags: fields.tags.value.split(",").map((tag) => tag.trim()).filter(Boolean),
    media_ids: media,
    variables: writtenVariables(),
    schedule_pattern: byRule ? fields.rule.value : fields.schedule_pattern.value || null,
  };
}

async function save() {
  try {
    const path = current ? `/api/templates/${current.id}` : "/api/templates";
    const { template, message, warnings } = await (current ? api.put : api.post)(path, written());
    closeDialog(dialog, "saved");
    announce(`${message}.`);
    await afterSaving({ changed: template.id });
    if (warnings.length) offerUndo({ message: `Saved. ${warnings.map((one) => one.text).join(" ")}` });
  } catch (error) {
    if (!rule.hidden && error.errors?.schedule_pattern) {
      error.errors = { ...error.errors, rule: error.errors.schedule_pattern };
      delete error.errors.schedule_pattern;
    }
    throw error;
  }
}

/** Open the dialog on a template, or on a new one; `saved` runs after saving. */
export async function editTemplate(id, saved) {
  const template = id ? (await api.get(`/api/templates/${id}`)).template : null;
  afterSaving = saved;
  clearErrors(form);
  fill(template);
  openDialog(dialog);
  dialog.scrollTop = 0;
  if (mayEdit) fields.name.focus();
}

submitWith(form, save);
dialog.addEventListener("close", stopPreview);
fields.schedule_pattern.addEventListener("change", () => {
  showRule();
  if (!rule.hidden) fields.rule.focus();
});
form.querySelector("[data-choose-media]")?.addEventListener("click", async () => {
  media = (await pickMedia(media)) ?? media;
  showMedia();
});
