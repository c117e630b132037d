/** One post in the queue. */

import { h, icon } from "../promura_site/dom.js";
import { lineList } from "./queue-lines.js";
import { textOf, whenOf } from "./queue-words.js";

const SHOWN_MEDIA = 3;

function picture(media) {
  return h("span", { class: "queue-thumb" },
    h("img", {
      class: "thumb", src: media.thumbnail_url, alt: media.alt_text || media.name,
      width: 40, height: 40, loading: "lazy", decoding: "async",
    }),
    media.type === "video" && h("span", { class: "visually-hidden" }, "Clip"));
}

function pictures(media) {
  if (!media.length) return h("span", { class: "queue-thumb queue-no-thumb", title: "Text only" }, icon("edit"));
  const more = media.length - SHOWN_MEDIA;
  return [
    ...media.slice(0, more > 0 ? SHOWN_MEDIA - 1 : SHOWN_MEDIA).map(picture),
    more > 0 && h("span", { class: "meta num" }, `+${more + 1}`),
  ];
}

function timeBlock(lines, models, dated) {
  const { main, place, own, at, long } = whenOf(lines, models, dated);
  return h("div", { class: "queue-when num" },
    at ? h("time", { datetime: at, title: long }, main) : h("span", { class: "text-2" }, main),
    at && h("span", { class: "meta" }, place),
    own && h("span", { class: "meta" }, own));
}

function seriesLink(id) {
  return h("p", { class: "meta queue-series" }, icon("refresh"), h("a", { href: `/series?series=${id}#series-${id}` }, "One of a series"));
}

/** Return the row of a post in a group; `lines` are the publications it is about. */
export function row(group, post, lines, context) {
  const text = textOf(post, lines).trim();
  const words = text || (post.media.length ? "Without a text" : "Empty");
  const short = words.length > 40 ? `${words.slice(0, 40)}…` : words;
  const canAct = context.can.change || context.can.plan;
  return h("li", { class: `queue-row queue-row-${group}`, dataset: { row: `${group} ${post.id}`, postId: post.id } },
    timeBlock(lines, context.models, group === "planned"),
    h("div", { class: "thumbs queue-media" }, pictures(post.media)),
    h("div", { class: "queue-main" },
      h("p", { class: `queue-text${text ? "" : " text-2"}` }, words),
      post.series && seriesLink(post.series),
      lineList(group, post, lines, context)),
    canAct && h("button",
      {
        class: "btn btn-quiet btn-icon queue-more", type: "button", title: "More", popovertarget: "post-menu",
        dataset: { deed: "menu", post: post.id, key: `menu ${group} ${post.id}` },
      },
      icon("more"),
      h("span", { class: "visually-hidden" }, `More for “${short}”`)));
}
