/** Wall-clock times of one zone on the clocks of another. */

const DAY = 86_400_000;
const formats = new Map();

function partsIn(zone, moment) {
  if (!formats.has(zone)) {
    const style = {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    };
    formats.set(zone, new Intl.DateTimeFormat("en-CA", style));
  }
  const parts = formats.get(zone).formatToParts(moment);
  return Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
}

function offsetAt(moment, zone) {
  const at = partsIn(zone, moment);
  const wall = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second);
  return wall - Math.floor(moment / 1000) * 1000;
}

/**
 * Return the moment (ms) of a wall-clock time such as `2026-03-29T02:30` in a zone.
 *
 * As the server reads it: what a clock change skips moves forward by the gap, and of
 * a time that occurs twice the first is meant. NaN for what is no time.
 */
export function momentOf(wall, zone) {
  const naive = Date.parse(`${wall.slice(0, 16)}:00Z`);
  if (Number.isNaN(naive)) return Number.NaN;
  const before = offsetAt(naive - DAY, zone);
  const after = offsetAt(naive + DAY, zone);
  for (const offset of [before, after]) {
    if (offsetAt(naive - offset, zone) === offset) return naive - offset;
  }
  return naive - before;
}

/** Return the wall-clock time of a moment in a zone, as `datetime-local` takes it. */
export function wallOf(moment, zone) {
  const at = partsIn(zone, moment);
  const two = (number) => String(number).padStart(2, "0");
  return `${at.year}-${two(at.month)}-${two(at.day)}T${two(at.hour)}:${two(at.minute)}`;
}

/** Tell whether a wall-clock time is skipped by a change of the clocks. */
export function isSkipped(wall, zone) {
  const moment = momentOf(wall, zone);
  return !Number.isNaN(moment) && wallOf(moment, zone) !== wall.slice(0, 16);
}
