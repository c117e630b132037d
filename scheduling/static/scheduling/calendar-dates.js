/** Days as `2026-11-02` and wall-clock times as `2026-11-02T09:00`, without any zone. */

import { toLocalInput } from "../promura_site/time.js";

const LANGUAGE = "en-GB";
const DAY = 86_400_000;
const formats = new Map();

const STYLES = {
  weekday: { weekday: "short" },
  letter: { weekday: "short", day: "numeric" },
  short: { weekday: "short", day: "numeric", month: "short" },
  long: { weekday: "long", day: "numeric", month: "long" },
  month: { month: "long", year: "numeric" },
  date: { day: "numeric", month: "long", year: "numeric" },
};

function utc(date) {
  return Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
}

/** Return the day so many days later. */
export function addDays(date, days) {
  return new Date(utc(date) + days * DAY).toISOString().slice(0, 10);
}

/** Return how many days lie between two. */
export function daysBetween(from, to) {
  return Math.round((utc(to) - utc(from)) / DAY);
}

/** Return the Monday of a day's week. */
export function mondayOf(date) {
  return addDays(date, -((new Date(utc(date)).getUTCDay() + 6) % 7));
}

/** Return today's date on the clocks of a zone; the person's own without one. */
export function todayIn(zone) {
  return toLocalInput(new Date().toISOString(), zone).slice(0, 10);
}

/** Tell whether a text is a day. */
export function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/u.test(text ?? "") && !Number.isNaN(utc(text));
}

/** Return a day in words: weekday, letter, short, long, month or date. */
export function dayWords(date, style = "short") {
  if (!formats.has(style)) {
    formats.set(style, new Intl.DateTimeFormat(LANGUAGE, { ...STYLES[style], timeZone: "UTC" }));
  }
  return formats.get(style).format(utc(date));
}

/** Return a week in words: "2 – 8 November 2026". */
export function weekWords(start) {
  const format = new Intl.DateTimeFormat(LANGUAGE, { ...STYLES.date, timeZone: "UTC" });
  return format.formatRange(utc(start), utc(addDays(start, 6)));
}

/** Return the hour of a wall-clock time. */
export function clockOf(local) {
  return local.slice(11, 16);
}
