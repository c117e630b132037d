/** One post as it stands in a day. */

import { h, icon } from "../promura_site/dom.js";
import { STATE_WORDS, stateBadge } from "../promura_site/states.js";
import { clockOf } from "./calendar-dates.js";
import { nameOf, platformsOf } from "./calendar-words.js";

/** Return all that a post's chip shows, as a sentence. */
export function sentenceOf(post) {
  const said = [clockOf(post.local), STATE_WORDS[post.status] ?? post.status, nameOf(post), platformsOf(post)];
  if (post.media_count > 1) said.push(`${post.media_count} media`);
  if (post.clash) said.push(post.clash);
  return said.filter(Boolean).join(", ");
}

function words(post) {
  const text = (post.text ?? "").trim();
  if (text) return h("span", { class: "cal-text" }, text);
  return h("span", { class: "cal-text text-2" }, post.media_count ? "Without a text" : "Empty");
}

/** Return a post's picture; null for a text without one. */
export function picture(post, size = 24) {
  if (!post.thumbnail_url) return null;
  return h("img", {
    class: "cal-thumb", src: post.thumbnail_url, alt: "", width: size, height: size, loading: "lazy", decoding: "async", draggable: "false",
  });
}

/** Return the check by which a post is chosen. */
export function check(post, chosen) {
  return h("label", { class: "cal-check" },
    h("input", { type: "checkbox", tabindex: "-1", checked: chosen, dataset: { choose: post.id } }),
    h("span", { class: "visually-hidden" }, `Choose ${nameOf(post)}`));
}

/** Return the chip; `chosen` is null outside of the selection. */
export function postChip(post, { chosen = null, movable = true, tab = "-1" } = {}) {
  const drags = movable && post.movable;
  return h("div", { class: `cal-post${chosen ? " is-chosen" : ""}`, draggable: drags ? "true" : null, dataset: { post: post.id, key: `post ${post.id}` } },
    chosen !== null && check(post, chosen),
    h("button", { class: "cal-open", type: "button", tabindex: tab, title: sentenceOf(post), "aria-label": sentenceOf(post), "aria-pressed": chosen === null ? null : String(chosen), dataset: { openPost: post.id } },
      h("span", { class: "cal-line" },
        h("span", { class: "cal-time num" }, clockOf(post.local)),
        stateBadge(post.status),
        post.series && h("span", { class: "cal-series", title: "Part of a series" }, icon("refresh"))),
      h("span", { class: "cal-line cal-what" }, picture(post), words(post)),
      h("span", { class: "cal-line meta" }, platformsOf(post)),
      post.clash && h("span", { class: "cal-warn" }, icon("warning"), "Clash")));
}
