/** The fields in which a variable of one's own gets its value for each model. */

import { h, icon } from "../promura_site/dom.js";

const LONGEST = 500;

let made = 0;

function field(name, { id: slug, name: person }, value, { readOnly, onValue }) {
  const id = `variable-value-${(made += 1)}`;
  return h(
    "div",
    { class: "variable-value" },
    h("label", { class: "clip", for: id }, h("span", { class: "visually-hidden" }, `{${name}} for `), person),
    h("input", {
      id, value: value ?? "", maxlength: LONGEST, autocomplete: "off", readonly: readOnly,
      dataset: { variableName: name, variableModel: slug },
      onInput: (event) => onValue(name, slug, event.target.value),
    }),
  );
}

/**
 * Return the fields of one variable, one for each of `people` (`{id, name}`).
 *
 * `onValue(name, model, value)` hears what is typed; with `onRemove(name)` the variable
 * can be taken away.
 */
export function valueFields(name, people, values, { readOnly = false, onValue, onRemove } = {}) {
  const remove = onRemove
    ? h("button", { class: "chip-x", type: "button", onClick: () => onRemove(name) }, icon("close"), h("span", { class: "visually-hidden" }, `Remove {${name}}`))
    : null;
  const fields = people.map((person) => field(name, person, values[person.id], { readOnly, onValue }));
  return h(
    "fieldset",
    { class: "variable", dataset: { variableOwn: name } },
    h("legend", {}, h("span", { class: "chip" }, `{${name}}`, remove)),
    fields.length ? h("div", { class: "variable-values" }, fields) : h("p", { class: "hint" }, "Choose models to give it their values."),
  );
}
