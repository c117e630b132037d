/** What the calendar says about posts, days and channels. */

import { dayWords } from "./calendar-dates.js";

const PLATFORMS = { linkedin: "LinkedIn", tiktok: "TikTok", vk: "VK", youtube: "YouTube" };

/** Return a count with its noun. */
export function plural(count, word) {
  return `${count.toLocaleString("en-GB")} ${word}${count === 1 ? "" : "s"}`;
}

/** Return the place that a zone is named after. */
export function city(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

/** Return words as "a, b and c". */
export function list(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : (words[0] ?? "");
}

/** Return how a platform is called. */
export function platformName(id) {
  return PLATFORMS[id] ?? id.charAt(0).toUpperCase() + id.slice(1);
}

/** Return where a post goes, each platform once. */
export function platformsOf(post) {
  return list([...new Set(post.channels.map((one) => platformName(one.platform)))]);
}

/** Return what a post is called in a sentence. */
export function nameOf(post) {
  const words = (post.text ?? "").trim().split("\n")[0];
  if (!words) return post.media_count ? "the picture without a text" : "the empty post";
  return `“${words.length > 40 ? `${words.slice(0, 40)}…` : words}”`;
}

/** Return a channel's week against the cadence that is wanted; null if none is. */
export function cadence({ platform, handle, posts_per_week: wanted, planned, missing }) {
  if (!wanted) return null;
  const rest = missing > 0 ? ` · ${missing} missing` : "";
  return { platform: platformName(platform), handle, text: `${planned} of ${wanted}${rest}`, missing };
}

/** Return how many posts a day would have, against what is allowed. */
export function capWords(count, cap) {
  return cap ? `${count} of at most ${plural(cap, "post")}` : plural(count, "post");
}

/** Return a day's state in a sentence, for whoever does not see it. */
export function cellWords(model, day, gap) {
  const said = [`${dayWords(day.date, "long")}, ${model.name}: ${day.count ? plural(day.count, "post") : "no posts"}`];
  if (day.over_cap) said.push(`more than the ${model.cap} allowed in a day`);
  if (day.clashes.length) said.push(plural(day.clashes.length, "clash").replace("clashs", "clashes"));
  if (gap) said.push("a gap");
  return said.join("; ");
}

/**
 * Return the empty days that posts are missing on, as far as possible from others.
 *
 * The cadence says how many are missing, not when: these are the days it is seen on.
 */
export function gapDays(model) {
  let missing = Math.max(0, ...model.channels.map((one) => one.missing ?? 0));
  const busy = model.days.map((day) => day.count > 0);
  const found = new Set();
  const distance = (at) => {
    const others = busy.flatMap((has, place) => (has ? [Math.abs(place - at)] : []));
    return others.length ? Math.min(...others) : model.days.length;
  };
  while (missing > 0) {
    const open = model.days.map((_, at) => at).filter((at) => !busy[at] && model.days[at].date >= model.today);
    if (!open.length) break;
    const best = open.reduce((one, other) => (distance(other) > distance(one) ? other : one));
    busy[best] = true;
    found.add(model.days[best].date);
    missing -= 1;
  }
  return found;
}
