/** Other texts: for all accounts of a language, or for one account. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { showCounts, wireHeight } from "./compose-counts.js";
import { keyOf, languageName, variantOn } from "./compose-texts.js";

function titleOf(variant, plan) {
  if (variant.language) return `Text in ${languageName(variant.language)}`;
  const channel = plan.everywhere.find((one) => one.id === variant.channel);
  return channel ? `Text for ${channel.handle} on ${channel.platform}` : "Text for an account that is gone";
}

function whoTakes(variant, plan) {
  const taking = plan.open.filter((channel) => variantOn(plan.variants, channel) === variant);
  if (!taking.length) return "No chosen account takes it.";
  const names = taking.map((channel) => channel.handle);
  return `For ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}.`;
}

/** Return what could have a text of its own: `[{label, options: [[value, word]]}]`. */
function choicesOf(plan) {
  const taken = new Set(plan.variants.map(keyOf));
  const spoken = [...new Set(plan.open.map((channel) => channel.language))];
  const languages = spoken.filter((tag) => !taken.has(tag.toLowerCase())).map((tag) => [`language ${tag}`, languageName(tag)]);
  const accounts = plan.open
    .filter((channel) => !taken.has(channel.id))
    .map((channel) => [`channel ${channel.id}`, `${channel.handle} on ${channel.platform}`]);
  const groups = [
    { label: "All accounts in a language", options: languages },
    { label: "One account", options: accounts },
  ];
  return groups.filter((group) => group.options.length);
}

/** Wire the editor: `place` holds the texts, `adder` the choice of another one. */
export function wireVariants(plan, place, adder) {
  const choice = adder.querySelector("select");
  let shown = "";

  const remove = (variant) => {
    const gone = keyOf(variant);
    plan.setVariants(plan.variants.filter((one) => keyOf(one) !== gone));
    announce(`${titleOf(variant, plan)} was removed.`);
    (adder.hidden ? plan.fields.content : choice).focus();
  };

  const write = (key, content) => {
    plan.setVariants(plan.variants.map((one) => (keyOf(one) === key ? { ...one, content } : one)));
  };

  const field = (variant) => {
    const key = keyOf(variant);
    const id = `variant-${key}`;
    const area = h("textarea", {
      id, class: "variant-text", maxlength: 20000, value: variant.content, dataset: { variant: key },
      "aria-describedby": `${id}-counts`, onInput: () => write(key, area.value),
    });
    wireHeight(plan, area);
    const away = h("button", { class: "btn btn-quiet btn-icon", type: "button", title: "Remove this text", onClick: () => remove(variant) },
      icon("close"), h("span", { class: "visually-hidden" }, `Remove: ${titleOf(variant, plan)}`));
    return h("div", { class: "variant field" },
      h("div", { class: "row row-between" }, h("label", { for: id }, titleOf(variant, plan)), away),
      area,
      h("p", { class: "hint", dataset: { takes: key } }),
      h("p", { class: "compose-counts", id: `${id}-counts`, dataset: { counts: key } }));
  };

  const measure = () => {
    for (const variant of plan.variants) {
      const key = keyOf(variant);
      showCounts(plan, place.querySelector(`[data-counts="${CSS.escape(key)}"]`), variant);
      place.querySelector(`[data-takes="${CSS.escape(key)}"]`).textContent = whoTakes(variant, plan);
      const area = place.querySelector(`[data-variant="${CSS.escape(key)}"]`);
      if (area.value !== variant.content) area.value = variant.content;
    }
  };

  const show = () => {
    const keys = plan.variants.map(keyOf).join(" ");
    // Made anew only when there are others: nobody likes to lose the cursor.
    if (keys !== shown) replaceChildren(place, plan.variants.map(field));
    shown = keys;
    measure();
    const groups = choicesOf(plan);
    adder.hidden = !groups.length || (plan.open.length < 2 && !plan.variants.length);
    const made = groups.map(({ label, options }) =>
      h("optgroup", { label }, options.map(([value, word]) => h("option", { value }, word))));
    if (choice.dataset.made === JSON.stringify(groups)) return;
    choice.dataset.made = JSON.stringify(groups);
    replaceChildren(choice, made);
  };

  adder.querySelector("button").addEventListener("click", () => {
    const [kind, value] = choice.value.split(" ");
    if (!value) return;
    const variant = { language: "", channel: null, [kind]: value };
    plan.setVariants([...plan.variants, { ...variant, content: plan.content }]);
    const area = place.querySelector(`[data-variant="${CSS.escape(keyOf(variant))}"]`);
    area.focus();
    area.select();
  });
  plan.addEventListener("change", show);
  plan.addEventListener("told", measure);
  show();
}
