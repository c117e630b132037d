/** What the page says about a post that is stored. */

import { h } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";

const GROUPS = { schedule: "?group=planned", draft: "?group=drafts", now: "" };

/** Return a link to where a post stands now. */
export function queueLink(queue, action) {
  return h("a", { href: queue + GROUPS[action] }, "See it in the queue");
}

function accounts(post) {
  const count = post.publications.length;
  return count === 1 ? "on 1 account" : `on ${count} accounts`;
}

/** Say what has become of a new post. */
export function sentence(post, action, who) {
  if (action === "draft") return `Saved as a draft for ${who}.`;
  if (action === "now") return `On its way for ${who}, ${accounts(post)}.`;
  const times = new Set(post.publications.map((one) => one.schedule_time));
  const when = formatTime(post.schedule_time);
  return `Planned for ${when}${times.size > 1 ? " and later" : ""} for ${who}, ${accounts(post)}.`;
}
