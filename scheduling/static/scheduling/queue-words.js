/** What of a post belongs to a group, and when it is, in words. */

import { formatTime, zone as ownZone } from "../promura_site/time.js";

const OWN_STATES = {
  attention: ["unknown"],
  due: ["leased", "sending", "retry", "ready", "claimed"],
  older: [],
  planned: [],
  posted: ["published"],
  drafts: ["draft"],
  cancelled: ["cancelled", "skipped"],
};
// This much behind, something is in a post's way.
const LATE = 60_000;

// As the server has it: older failures are history, not work.
const RECENT = 7 * 86_400_000;

function failureGroup(publication, now) {
  const age = new Date(now) - new Date(publication.schedule_time);
  return age > RECENT ? "older" : "attention";
}

/** Tell whether a publication still waits and says what for. */
export function isHeldUp(publication) {
  return publication.status === "scheduled" && Boolean(publication.reason);
}

/** Return the publications of a post that a group is about; `now` is the server's. */
export function linesOf(group, post, now) {
  return post.publications.filter((one) => {
    if (["failed", "missed"].includes(one.status)) return group === failureGroup(one, now);
    if (OWN_STATES[group].includes(one.status)) return true;
    if (one.status !== "scheduled") return false;
    const behind = new Date(now) - new Date(one.next_attempt_at);
    if (behind >= LATE) return group === "attention";
    return group === (behind >= 0 ? "due" : "planned");
  });
}

/** Tell whether a person may still say when, or whether at all. */
export function isOpen(publication) {
  return ["draft", "scheduled", "ready", "retry", "failed", "missed"].includes(publication.status);
}

/** Tell whether a publication is on its platform and nobody has asked to take it down. */
export function isUp(publication) {
  return publication.status === "published" && !publication.takedown;
}

/** Return in words what a change came too late for; empty if it was in time for all. */
export function lateWords(late = []) {
  return late.map((one) => one.text).join(" ");
}

/** Return the place that an IANA zone is named after. */
export function city(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

/** Return the day that a moment falls on, in the person's own zone. */
export function dayOf(iso) {
  const style = { style: "day" };
  const day = formatTime(iso, style);
  const from = (days) => formatTime(new Date(Date.now() + days * 86_400_000).toISOString(), style);
  if (day === from(0)) return `Today, ${day}`;
  if (day === from(1)) return `Tomorrow, ${day}`;
  return day;
}

/**
 * Return when lines are due: `main` in the model's zone, `own` in the person's.
 *
 * With models in several zones the person's own time leads. `dated` says that the day
 * stands above already.
 */
export function whenOf(lines, models, dated) {
  const at = lines.map((one) => one.schedule_time).filter(Boolean).sort()[0];
  if (!at) return { main: "No time yet", own: "", at: null };
  const zones = [...new Set(lines.map((one) => models[one.channel.model].timezone))];
  const zone = zones.length === 1 ? zones[0] : ownZone();
  const write = (where, style) => formatTime(at, { style, zone: where });
  const sameDay = write(zone, "day") === write(ownZone(), "day");
  const same = write(zone, "short") === write(ownZone(), "short");
  const own = same ? "" : `${write(ownZone(), dated || sameDay ? "time" : "short")} yours`;
  const day = dated && !sameDay ? `${write(zone, "day")} ` : "";
  return {
    at,
    main: write(zone, dated ? "time" : "short"),
    place: zones.length === 1 ? `${day}in ${city(zone)}` : `yours, ${zones.length} zones`,
    own,
    long: `${write(zone, "long")}${own ? ` · ${write(ownZone(), "long")}` : ""}`,
  };
}

/** Return a count as it is read: 12,345. */
export function number(count) {
  return count.toLocaleString("en-GB");
}

/** Return how people reacted, the known counts only. */
export function reaction(engagement) {
  const words = { likes: "like", comments: "comment", shares: "share", views: "view", clicks: "click" };
  return Object.entries(words)
    .filter(([name]) => engagement[name] !== null && engagement[name] !== undefined)
    .map(([name, word]) => `${number(engagement[name])} ${word}${engagement[name] === 1 ? "" : "s"}`)
    .join(" · ");
}

/** Return what is read of a post; with variables that of the first of `lines`. */
export function textOf(post, lines = post.publications) {
  return (post.variables && lines[0]?.content) || post.content;
}
