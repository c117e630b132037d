/** What a hand-over says about itself: how long there is, and who has it. */

import { formatTime } from "../promura_site/time.js";
import { city } from "./queue-words.js";

const MINUTE = 60_000;

function span(minutes) {
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ""}`;
}

/** Return how long there is until a moment: "in 8 min", "now", "12 min late". */
export function timeLeft(iso, now) {
  const minutes = Math.round((new Date(iso) - now) / MINUTE);
  if (minutes > 0) return `in ${span(minutes)}`;
  return minutes < 0 ? `${span(-minutes)} late` : "now";
}

/** Return how long a claim still holds: "19 min". */
export function holdsFor(iso, now) {
  return span(Math.max(1, Math.ceil((new Date(iso) - now) / MINUTE)));
}

/** Return when it is due on the model's clock, and on the person's if that differs. */
export function dueWords(task) {
  const { timezone } = task.model;
  const hers = formatTime(task.due, { style: "time", zone: timezone });
  const own = formatTime(task.due, { style: "time" });
  return hers === own ? own : `${hers} in ${city(timezone)}, ${own} yours`;
}

/** Tell whether it is to be done now rather than later. */
export function isOffered(task) {
  return task.state !== "scheduled";
}

/** Return a short name for a hand-over, as in "Lea Moss on Instagram". */
export function nameOf(task) {
  return `${task.model.name} on ${task.platform}`;
}
