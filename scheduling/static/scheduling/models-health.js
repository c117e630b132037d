/** How an account is: glyph, word, what is wrong, and what helps. */

import { h, icon, stateIcon } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";

const HEALTH = {
  good: [() => stateIcon("published"), "Works"],
  degraded: [() => icon("warning"), "Trouble"],
  needs_sign_in: [() => icon("lock"), "Sign in again"],
  unknown: [() => stateIcon("draft"), "Not checked"],
  stopped: [() => icon("pause"), "Stopped"],
  off: [() => stateIcon("skipped"), "Not in use"],
};

/** Return how an account is, as glyph and word. */
export function healthBadge(channel) {
  const usual = channel.stopped_at && channel.health !== "needs_sign_in" ? "stopped" : channel.health;
  const state = channel.is_active ? usual : "off";
  const [glyph, word] = HEALTH[state] ?? HEALTH.unknown;
  const when = channel.verified_at
    ? `Checked ${formatTime(channel.verified_at, { style: "relative" })}`
    : "Nobody has checked it yet";
  return h("span", { class: `state health-${state}`, title: when }, glyph(), word);
}

/** Return what is wrong with an account, in words. */
export function troubleOf({ is_active: used, health, health_detail: detail, stopped_at: stopped, blocked_until: until }) {
  if (!used) return "";
  const resting = until && `It is tried again at ${formatTime(until, { style: "time" })}.`;
  const burst = stopped && "An unusual number of posts came in a short time; what is planned waits until somebody lets it go on.";
  return [burst, health !== "good" && detail, resting].filter(Boolean).join(" ");
}

function way(word, deed, channel, where) {
  return h("button",
    { class: "btn btn-small", type: "button", dataset: { deed, key: `${deed} ${channel.id}`, ...where } },
    word, h("span", { class: "visually-hidden" }, ` ${channel.handle}`));
}

/** Return the one thing that helps an account; without trouble, asking how it is. */
export function safeWay(channel, where) {
  if (!channel.is_active) return null;
  if (channel.health === "needs_sign_in") return way("Sign in", "sign-in", channel, where);
  if (channel.stopped_at) return way("Let it go on", "release", channel, where);
  return way("Verify", "verify", channel, where);
}
