/** The models of the template in the editor: check, find, keep those not there. */

import { avatar, h } from "../promura_site/dom.js";

const list = document.querySelector("[data-template-models]");
const find = document.querySelector("[data-find-model]");

const picks = [...list.querySelectorAll(".pick")];
const readOnly = "readOnly" in list.dataset;

let before = [];

function missingModel(slug) {
  return h(
    "label",
    { class: "pick", title: slug, "data-missing-model": true },
    h("input", { type: "checkbox", name: "models", value: slug, checked: true, disabled: readOnly }),
    avatar(slug),
    h("span", { class: "pick-name clip" }, slug),
    h("span", { class: "meta" }, "not there"),
  );
}

function isChosen(pick) {
  return pick.querySelector("input").checked;
}

function narrow() {
  const words = find?.value.trim().toLowerCase() ?? "";
  for (const pick of list.querySelectorAll(".pick")) {
    // What is chosen stays in sight, or it would be saved unseen.
    const fits = !readOnly && pick.textContent.toLowerCase().includes(words);
    pick.hidden = !fits && !isChosen(pick);
  }
}

/** Check the models of a template; `missing` are slugs that no model has. */
export function checkModels(slugs, missing) {
  before = slugs;
  for (const one of list.querySelectorAll("[data-missing-model]")) one.remove();
  for (const pick of picks) {
    const box = pick.querySelector("input");
    box.checked = slugs.includes(box.value);
  }
  // The chosen ones first: of sixty models a few are in sight.
  const chosen = picks.filter(isChosen);
  list.prepend(...missing.map(missingModel), ...chosen);
  list.append(...picks.filter((pick) => !isChosen(pick)));
  if (find) find.value = "";
  narrow();
  list.scrollTop = 0;
}

/** Return the chosen models that are there, in the order shown, as `{id, name}`. */
export function chosenPeople() {
  return picks
    .filter(isChosen)
    .map((pick) => ({ id: pick.querySelector("input").value, name: pick.querySelector(".pick-name").textContent }))
    .sort((one, other) => one.name.localeCompare(other.name));
}

/** Return the chosen slugs: those of before in their order, then the new ones. */
export function chosenModels() {
  const chosen = [...list.querySelectorAll("input:checked")].map((box) => box.value);
  const kept = before.filter((slug) => chosen.includes(slug));
  return [...new Set([...kept, ...chosen])];
}

find?.addEventListener("input", narrow);
find?.addEventListener("keydown", (event) => {
  // Enter would save the template.
  if (event.key === "Enter") event.preventDefault();
});
