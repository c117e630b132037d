/** Variables of the post: what is filled in, and its own values for each model. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { valueFields } from "../templates_app/values.js";
import { wireReading } from "./compose-asking.js";

const BUILT_IN = ["model", "handle", "date", "weekday"];
const VARIABLE = /(?<!\{)\{([a-z][a-z0-9_]{0,29})\}(?!\})/g;

/** Return what in the texts of a plan could be a variable, each name once. */
function namesIn(plan) {
  const texts = [plan.content, ...plan.variants.map((one) => one.content)];
  const found = texts.flatMap((text) => [...text.matchAll(VARIABLE)].map((match) => match[1]));
  return [...new Set(found)];
}

function braced(names) {
  return names.map((name) => `{${name}}`).join(", ");
}

/**
 * Wire the place under the text that says what of it is filled in. Who may plan is
 * shown it with the checks, anybody else by itself.
 */
export function wireVariables(plan, place, { mayPlan }) {
  let shown = "";

  const setValue = (name, model, value) => {
    const values = { ...plan.variables[name] };
    if (value.trim()) values[model] = value;
    else delete values[model];
    plan.setVariables({ ...plan.variables, [name]: values });
  };
  const fillIn = () => {
    plan.setVariables({});
    announce("Variables are filled in.");
    plan.fields.content.focus();
  };

  const offer = (names) =>
    h(
      "p",
      { class: "variables-line" },
      icon("info"),
      h("span", {}, `${braced(names)} would go out just as written.`),
      h("button", { class: "btn btn-small", type: "button", onClick: fillIn }, "Fill them in for each account"),
    );

  const filledIn = (names) => {
    const own = names.filter((name) => Object.hasOwn(plan.variables, name));
    const filled = [...names.filter((name) => BUILT_IN.includes(name)), ...own];
    if (!filled.length) return null;
    const people = plan.chosen.map(({ id, name }) => ({ id, name }));
    return [
      h("p", { class: "variables-line" }, icon("check"), h("span", {}, `${braced(filled)} ${filled.length === 1 ? "is" : "are"} filled in for each account; the preview shows the first.`)),
      own.map((name) => valueFields(name, people, plan.variables[name], { onValue: setValue })),
    ];
  };

  const show = () => {
    const names = namesIn(plan);
    const builtIn = names.filter((name) => BUILT_IN.includes(name));
    const own = plan.variables && Object.keys(plan.variables);
    const now = JSON.stringify([names, own, plan.chosen.map((model) => model.id)]);
    if (now !== shown) {
      shown = now;
      if (plan.variables) replaceChildren(place, filledIn(names));
      else replaceChildren(place, builtIn.length ? offer(builtIn) : null);
      return;
    }
    for (const input of place.querySelectorAll("[data-variable-model]")) {
      const { variableName: name, variableModel: model } = input.dataset;
      if (input !== document.activeElement) input.value = plan.variables[name][model] ?? "";
    }
  };
  plan.addEventListener("change", show);
  if (!mayPlan) wireReading(plan);
  show();
}
