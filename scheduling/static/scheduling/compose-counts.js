/** Count the texts against what each chosen platform takes. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { lengthOf, lengthOn, limitOn, variantOn } from "./compose-texts.js";

const number = new Intl.NumberFormat("en-GB");
// From here on it is worth to keep an eye on it.
const NEAR = 0.9;

/** Return the tightest room on each platform for one of the texts (null: the post's). */
function roomsOf(plan, variant) {
  const found = new Map();
  for (const channel of plan.open) {
    const limit = limitOn(plan, channel);
    if (!limit || variantOn(plan.variants, channel) !== variant) continue;
    const room = { platform: channel.platform, limit, length: lengthOn(plan, channel) };
    const known = found.get(room.platform);
    if (!known || limit - room.length < known.limit - known.length) found.set(room.platform, room);
  }
  return [...found.values()].sort((one, other) => one.limit - other.limit);
}

/** Return the platforms that a text is too long for. */
export function tooLongFor(plan) {
  const found = plan.open.filter((channel) => {
    const limit = limitOn(plan, channel);
    return limit && lengthOn(plan, channel) > limit;
  });
  return [...new Set(found.map((channel) => channel.platform))];
}

function count({ platform, limit, length }) {
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

/** Show how one of the texts fits: the post's own, or a variant. */
export function showCounts(plan, place, variant = null) {
  const rooms = roomsOf(plan, variant);
  const length = lengthOf(variant ? variant.content : plan.content);
  const plain = h("span", { class: "count num" }, `${number.format(length)} ${length === 1 ? "character" : "characters"}`);
  replaceChildren(place, rooms.length ? rooms.map(count) : plain);
}

/** Keep the counts under the text in step with the plan. */
export function wireCounts(plan, place) {
  const show = () => showCounts(plan, place);
  plan.addEventListener("change", show);
  plan.addEventListener("told", show);
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
