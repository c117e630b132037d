/** Numbers and places of the insights page in words. */

import { toLocalInput } from "../promura_site/time.js";

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

/** Return a share as "+12 %"; "±0 %" for none. */
export function percent(share) {
  const rounded = Math.round(share * 100);
  if (!rounded) return "±0 %";
  return `${rounded > 0 ? "+" : "−"}${whole.format(Math.abs(rounded))} %`;
}

/** Return a count with its noun. */
export function plural(count, word) {
  return `${whole.format(count)} ${word}${count === 1 ? "" : "s"}`;
}

/** Return an hour of the day as "09:00". */
export function clock(hour) {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** Return the place that a zone is named after. */
export function cityOf(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

/** Return the next time of a weekday (0 is Monday) and hour, on the clocks of a zone. */
export function nextTime(day, hour, zone, now = new Date()) {
  const [date, time] = toLocalInput(now.toISOString(), zone).split("T");
  const [year, month, number] = date.split("-").map(Number);
  const today = new Date(Date.UTC(year, month - 1, number));
  const passed = hour <= Number(time.slice(0, 2));
  let ahead = (day - ((today.getUTCDay() + 6) % 7) + 7) % 7;
  if (!ahead && passed) ahead = 7;
  today.setUTCDate(today.getUTCDate() + ahead);
  return `${today.toISOString().slice(0, 10)}T${clock(hour)}`;
}

/** Return the compose page's address for a time, with the times that were on offer. */
export function composeAddress({ model, time, zone, offered = [] }) {
  const query = new URLSearchParams({ time, zone });
  if (model) query.append("model", model);
  for (const one of offered) query.append("offered", one);
  return `/compose?${query}`;
}
