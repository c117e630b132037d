/** Variables in the editor: put them into the text, and give one's own their values. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { clearErrors, showErrors } from "../promura_site/forms.js";
import { announce } from "../promura_site/undo.js";
import { chosenPeople } from "./models.js";
import { valueFields } from "./values.js";

const NAME = /^[a-z][a-z0-9_]{0,29}$/;
const MOST = 20;

const dialog = document.getElementById("template-editor");
const form = dialog.querySelector("[data-template-form]");
const { content } = form.elements;
const list = form.querySelector("[data-own-list]");
const insertRow = form.querySelector("[data-insert]");
const newName = form.elements.variables;
const readOnly = !("mayEdit" in dialog.dataset);
const builtIn = insertRow ? [...insertRow.querySelectorAll("[data-variable]")].map((one) => one.dataset.variable) : [];

let own = {};

/** Put a variable where the caret is, or over what is selected. */
function insert(name) {
  content.setRangeText(`{${name}}`, content.selectionStart, content.selectionEnd, "end");
  content.focus();
  changed();
}

function changed() {
  content.dispatchEvent(new Event("input", { bubbles: true }));
}

function insertButton(name) {
  return h("button", { class: "btn btn-small", type: "button", dataset: { variable: name, ownVariable: true } }, `{${name}}`);
}

function show() {
  const people = chosenPeople();
  const callbacks = { readOnly, onValue: setValue, onRemove: readOnly ? null : remove };
  const names = Object.keys(own);
  form.querySelector("[data-own]").hidden = readOnly && !names.length;
  replaceChildren(list, names.map((name) => valueFields(name, people, own[name], callbacks)));
  for (const button of insertRow?.querySelectorAll("[data-own-variable]") ?? []) button.remove();
  insertRow?.append(...names.map(insertButton));
}

function setValue(name, model, value) {
  if (value.trim()) own[name][model] = value;
  else delete own[name][model];
}

function remove(name) {
  delete own[name];
  show();
  changed();
  announce(`{${name}} is no variable any more.`);
  newName.focus();
}

function problemWith(name) {
  if (!NAME.test(name)) return "Small letters, digits and _, with a letter first: for example city.";
  if (builtIn.includes(name)) return `{${name}} is filled in by itself; choose another name.`;
  if (Object.hasOwn(own, name)) return `{${name}} is there already.`;
  return Object.keys(own).length < MOST ? "" : `A template has ${MOST} variables of its own at most.`;
}

/** Add a variable, or say why that name cannot be one; returns whether it is there. */
export function addVariable(written) {
  const name = written.trim().replace(/^\{|\}$/g, "").toLowerCase().replace(/\s+/g, "_");
  clearErrors(form);
  const problem = problemWith(name);
  if (problem) {
    showErrors(form, { variables: [problem] });
    return false;
  }
  own[name] = {};
  show();
  changed();
  announce(`{${name}} is a variable now.`);
  (list.querySelector(`[data-variable-name="${name}"]`) ?? newName).focus();
  return true;
}

/** Tell whether a name that stands in the text could become a variable. */
export function canBeVariable(name) {
  return !readOnly && !problemWith(name);
}

/** Put a template's own variables into the editor; call it after its models. */
export function fillVariables(values) {
  own = structuredClone(values ?? {});
  if (newName) newName.value = "";
  show();
}

/** Return the own variables as they are saved. */
export function writtenVariables() {
  return own;
}

form.querySelector("[data-template-models]").addEventListener("change", show);
insertRow?.addEventListener("click", (event) => {
  const button = event.target.closest("[data-variable]");
  if (button) insert(button.dataset.variable);
});
function add() {
  if (addVariable(newName.value)) newName.value = "";
}
form.querySelector("[data-add-own]")?.addEventListener("click", add);
newName?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  // Enter would save the template.
  event.preventDefault();
  add();
});
