/** What the template's text comes to for each account, while it is being written. */

import { ApiError, api } from "../promura_site/api.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { chosenPeople } from "./models.js";
import { addVariable, canBeVariable, writtenVariables } from "./variables.js";

const PAUSE = 400;
const SHOWN = 8;
// So many offers to make a variable of what stands in braces.
const OFFERED = 3;

const form = document.querySelector("[data-template-form]");
const section = form.querySelector("[data-text-preview]");
const list = form.querySelector("[data-preview-list]");
const words = form.querySelector("[data-preview-words]");
const unknownPlace = form.querySelector("[data-unknown]");
const { content } = form.elements;

let template = null;
let timer = 0;
let asked = null;

function account(one) {
  const over = one.limit !== null && one.length > one.limit;
  const room = one.limit === null ? `${one.length} characters` : `${one.length} of ${one.limit}`;
  return h(
    "li",
    { class: "template-preview", dataset: { previewChannel: one.channel } },
    h("p", { class: "meta" }, h("strong", {}, one.handle), ` · ${one.platform} · `, h("span", { class: over ? "num is-over" : "num" }, over ? `${room}: too long` : room)),
    h("p", { class: "caption template-preview-text" }, one.text),
  );
}

/** Say for whom a variable has no value; planning would refuse that. */
function missingWords(missing) {
  const people = new Map(chosenPeople().map((one) => [one.id, one.name]));
  const names = [...new Set(missing.map((one) => one.name))];
  return names.map((name) => {
    const whose = missing.filter((one) => one.name === name).map((one) => people.get(one.model) ?? one.model);
    return `{${name}} has no value for ${whose.join(", ")} yet.`;
  });
}

function unknownLine(names) {
  const shown = names.map((name) => `{${name}}`).join(", ");
  const said = names.length === 1 ? `${shown} is no variable and stays as written.` : `These are no variables and stay as written: ${shown}.`;
  const offers = names.filter(canBeVariable).slice(0, OFFERED);
  return h(
    "p",
    { class: "template-unknown" },
    icon("warning"),
    h("span", {}, said),
    offers.map((name) => h("button", { class: "btn btn-quiet btn-small", type: "button", onClick: () => addVariable(name) }, `Make {${name}} a variable`)),
  );
}

function show({ channels, unknown, missing }) {
  replaceChildren(unknownPlace, unknown.length ? unknownLine(unknown) : null);
  replaceChildren(list, channels.slice(0, SHOWN).map(account));
  const more = channels.length - SHOWN;
  const nobody = chosenPeople().length ? "Nobody chosen has an account yet." : "Choose models to see what their accounts get.";
  const sentences = [...missingWords(missing), more > 0 ? `And ${more} more accounts.` : "", channels.length ? "" : nobody];
  words.textContent = sentences.filter(Boolean).join(" ");
}

async function look() {
  asked?.abort();
  section.hidden = !content.value.includes("{");
  if (section.hidden) {
    replaceChildren(unknownPlace);
    return;
  }
  asked = new AbortController();
  const { signal } = asked;
  const models = chosenPeople().map((one) => one.id);
  const body = { content: content.value, variables: writtenVariables(), models };
  const path = template ? `/api/templates/${template.id}/preview` : "/api/templates/preview";
  try {
    show(await api.post(path, body, { signal }));
  } catch (problem) {
    if (signal.aborted) return;
    if (!(problem instanceof ApiError)) throw problem;
    replaceChildren(list);
    words.textContent = problem.message;
  }
}

/** Begin with a template as it is stored; null for a new one. */
export function previewOf(stored) {
  template = stored;
  clearTimeout(timer);
  replaceChildren(list);
  replaceChildren(unknownPlace);
  words.textContent = "";
  look();
}

/** Look no more: the editor is closed. */
export function stopPreview() {
  clearTimeout(timer);
  asked?.abort();
}

form.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE);
});
