/** Count the text against what each chosen platform takes. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";

const number = new Intl.NumberFormat("en-GB");
// From here on it is worth to keep an eye on it.
const NEAR = 0.9;

/** Return the characters of a text as the server counts them. */
export function lengthOf(text) {
  return Array.from(text).length;
}

/** Return the limits that apply, tightest first, as `{platform, limit}`. */
export function limitsOf(plan) {
  const found = new Map();
  for (const channel of plan.reached) {
    const limit = plan.media.length ? channel.captionLimit : channel.limit;
    if (!limit) continue;
    const known = found.get(channel.platform);
    if (!known || limit < known) found.set(channel.platform, limit);
  }
  const limits = [...found].map(([platform, limit]) => ({ platform, limit }));
  return limits.sort((one, other) => one.limit - other.limit);
}

function count(length, { platform, limit }) {
  const over = length - limit;
  const look = over > 0 ? "count is-over" : length > NEAR * limit ? "count is-near" : "count";
  const words = `${number.format(length)} of ${number.format(limit)}`;
  return h(
    "span",
    { class: look },
    over > 0 ? icon("warning") : null,
    h("span", {}, platform),
    h("span", { class: "num" }, over > 0 ? `${number.format(over)} too many` : words),
  );
}

/** Keep the counts under the text in step with the plan. */
export function wireCounts(plan, place) {
  const show = () => {
    const length = lengthOf(plan.content);
    const limits = limitsOf(plan);
    const plain = h("span", { class: "count num" }, `${number.format(length)} ${length === 1 ? "character" : "characters"}`);
    replaceChildren(place, limits.length ? limits.map((one) => count(length, one)) : plain);
  };
  plan.addEventListener("change", show);
  show();
}

/** Let a textarea be as high as its text, also where `field-sizing` is not known. */
export function wireHeight(plan, area) {
  if (CSS.supports("field-sizing", "content")) return;
  const fit = () => {
    area.style.setProperty("--lines-height", "auto");
    area.style.setProperty("--lines-height", `${area.scrollHeight + 2}px`);
  };
  plan.addEventListener("change", fit);
  fit();
}
