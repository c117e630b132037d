/** Say what the chosen time means on everybody's clocks. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { formatTime, zone as ownZone } from "../promura_site/time.js";
import { isSkipped, momentOf } from "./compose-zones.js";

export const EACH_OWN = "model";

function cityOf(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

/** Return when the post is due as `{zone, city, names, moment}`, the earliest first. */
export function dueTimes(plan) {
  const groups = new Map();
  for (const model of plan.chosen) {
    const known = groups.get(model.zone) ?? { zone: model.zone, city: model.city, names: [] };
    known.names.push(model.name);
    groups.set(model.zone, known);
  }
  const times = [...groups.values()].map((group) => {
    const clocks = plan.zone === EACH_OWN ? group.zone : plan.zone;
    return { ...group, clocks, moment: momentOf(plan.time, clocks) };
  });
  return times.sort((one, other) => one.moment - other.moment);
}

/** Return the moment at which something is due first; NaN without a time. */
export function firstDue(plan) {
  if (!plan.time) return Number.NaN;
  const [first] = dueTimes(plan);
  if (first) return first.moment;
  return momentOf(plan.time, plan.zone === EACH_OWN ? ownZone() : plan.zone);
}

function inWords(moment, zone) {
  return formatTime(new Date(moment).toISOString(), { style: "short", zone });
}

function namesOf(names) {
  if (names.length < 4) return names.join(", ");
  return `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

function line(time) {
  return h(
    "li",
    { class: "mean" },
    h("span", { class: "mean-time num" }, inWords(time.moment, time.zone)),
    h("span", { class: "text-2" }, `in ${time.city}, for ${namesOf(time.names)}`),
  );
}

function warning(text, look = "") {
  return h("p", { class: `mean-warning ${look}` }, icon("warning"), h("span", {}, text));
}

function warnings(plan, times) {
  const found = [];
  const zones = new Set(times.map((time) => time.clocks));
  if (!zones.size && plan.zone !== EACH_OWN) zones.add(plan.zone);
  for (const zone of zones) {
    if (!isSkipped(plan.time, zone)) continue;
    const moment = momentOf(plan.time, zone);
    const at = formatTime(new Date(moment).toISOString(), { style: "time", zone });
    found.push(warning(`The clocks in ${cityOf(zone)} skip this time that night; it becomes ${at}.`));
  }
  if (firstDue(plan) < Date.now() - 60_000) found.push(warning("This time has passed already.", "mean-past"));
  return found;
}

function ownLine(plan, times) {
  const own = ownZone();
  if (plan.zone === EACH_OWN || times.some((time) => time.zone === own)) return null;
  const moment = momentOf(plan.time, plan.zone);
  return h(
    "li",
    { class: "mean" },
    h("span", { class: "mean-time num" }, inWords(moment, own)),
    h("span", { class: "text-2" }, `in ${cityOf(own)}, for you`),
  );
}

/** Keep the lines under the time in step with the plan. */
export function wireMeanings(plan, place) {
  const show = () => {
    if (!plan.time) {
      replaceChildren(place, h("p", { class: "hint" }, "Without a time a post can be sent now, or kept as a draft."));
      return;
    }
    const times = dueTimes(plan);
    const lines = [ownLine(plan, times), ...times.map(line)];
    replaceChildren(place, h("ul", { class: "mean-list" }, lines.filter(Boolean)), warnings(plan, times));
  };
  plan.addEventListener("change", show);
  show();
}
