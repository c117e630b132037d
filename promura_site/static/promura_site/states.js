/** The states of posts and publications: glyph, word and colour together. */

import { h, stateIcon } from "./dom.js";

export const STATE_WORDS = Object.freeze({
  draft: "Draft",
  scheduled: "Scheduled",
  leased: "Starting",
  sending: "Sending",
  publishing: "Sending",
  retry: "Will retry",
  ready: "To hand over",
  claimed: "Claimed",
  published: "Posted",
  completed: "Posted",
  partial: "Partly posted",
  failed: "Failed",
  unknown: "Unknown",
  missed: "Missed",
  skipped: "Skipped",
  cancelled: "Cancelled",
});

/** Return the badge of a state; `word` replaces its usual word. */
export function stateBadge(state, word) {
  return h(
    "span",
    { class: `state state-${state}` },
    stateIcon(state),
    word ?? STATE_WORDS[state] ?? state,
  );
}
