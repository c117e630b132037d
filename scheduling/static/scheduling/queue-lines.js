/** A post's channels within one group: who, where, why, and the one safe thing to do. */

import { avatar, h, icon } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { formatTime } from "../promura_site/time.js";
import { city, isHeldUp, reaction } from "./queue-words.js";

function who(publication, { models }, ...more) {
  const model = models[publication.channel.model];
  return h("span", { class: "person queue-who" },
    avatar(model.name, model.avatar_url),
    h("span", { class: "queue-name" }, model.name, h("span", { class: "meta" }, ...more)));
}

function where(publication, { platforms }) {
  const { platform, handle } = publication.channel;
  return ` ${platforms[platform] ?? platform} · ${handle}`;
}

/** Return a button that `queue-actions.js` hears; `key` finds it again after a redraw. */
export function deedButton(word, deed, { post, publication, kind = "", about = "" }) {
  const key = `${deed} ${publication?.id ?? post.id}`;
  return h("button",
    {
      class: `btn btn-small ${kind}`,
      type: "button",
      dataset: { deed, post: post.id, publication: publication?.id ?? "", key },
    },
    word,
    about && h("span", { class: "visually-hidden" }, ` ${about}`));
}

function safeDeed(post, publication, { can }) {
  const on = { post, publication, about: `${publication.channel.handle} on ${publication.channel.platform}` };
  const action = publication.reason?.action;
  if (action === "retry" && can.retry) {
    const word = publication.status === "missed" ? "Post now" : "Try again";
    return [
      deedButton(word, "retry", on),
      can.change && deedButton("Skip", "skip", { ...on, kind: "btn-quiet" }),
    ];
  }
  if (action === "edit" && can.change) {
    return [
      h("a", { class: "btn btn-small", href: `/compose?post=${post.id}` }, "Edit"),
      deedButton("Skip", "skip", { ...on, kind: "btn-quiet" }),
    ];
  }
  if (action === "settle" && can.settle) return [deedButton("Settle", "settle", on)];
  if (action === "hand_over" || publication.reason?.code === "claimed") {
    return [h("a", { class: "btn btn-small", href: `/hand-over/${publication.id}` },
      action === "hand_over" ? "Hand over" : "Look",
      h("span", { class: "visually-hidden" }, ` ${on.about}`))];
  }
  if (action === "sign_in" && can.sign_in) {
    return [h("a", { class: "btn btn-small", href: `/models?sign-in=${publication.channel.id}` }, "Sign in",
      h("span", { class: "visually-hidden" }, ` ${on.about}`))];
  }
  if (action === "release" && can.retry) return [deedButton("Let it go on…", "decide", on)];
  if (action === "resume" && can.resume) return [deedButton("Let it go on…", "decide", on)];
  if (action === "activate" && can.change) {
    return [h("a", { class: "btn btn-small", href: "/models" }, "Open the models")];
  }
  return [];
}

function heldBadge({ reason, next_attempt_at: at }) {
  const late = new Date(at) <= new Date() && !["wait", "resume", "sign_in", "release"].includes(reason.action);
  return late ? stateBadge("missed", "Late") : stateBadge("scheduled", "Waits");
}

function troubled(post, publication, context) {
  return h("li", { class: "queue-line" },
    isHeldUp(publication) ? heldBadge(publication) : stateBadge(publication.status),
    h("div", { class: "queue-about" },
      who(publication, context, where(publication, context)),
      publication.reason?.text && h("p", { class: "queue-reason" }, publication.reason.text)),
    h("div", { class: "list-actions" }, safeDeed(post, publication, context)));
}

function countButton(figures, on) {
  if (!figures) return deedButton("Add figures", "count", on);
  const button = deedButton(icon("edit"), "count", { ...on, kind: "btn-quiet btn-icon", about: `Change the figures ${on.about}` });
  button.title = "Change the figures";
  return button;
}

const TAKEDOWNS = {
  waiting: "It is being taken down.",
  by_hand: "Somebody has to take it down by hand: see Hand-over.",
  done: "It is taken down.",
  failed: "It could not be taken down.",
};

function posted(post, publication, context) {
  const { engagement, url, channel, takedown } = publication;
  const figures = engagement ? reaction(engagement) : "";
  const about = `for ${channel.handle} on ${channel.platform}`;
  return h("li", { class: "queue-line" },
    takedown?.state === "done" ? stateBadge("cancelled", "Taken down") : stateBadge("published"),
    h("div", { class: "queue-about" },
      who(publication, context, where(publication, context)),
      h("p", { class: "meta num" }, figures || "No figures yet"),
      takedown && h("p", { class: "queue-reason" }, TAKEDOWNS[takedown.state], takedown.error && ` ${takedown.error}`)),
    h("div", { class: "list-actions" },
      context.can.count && countButton(figures, { post, publication, about, kind: "btn-quiet" }),
      url && h("a", { class: "btn btn-quiet btn-small", href: url, target: "_blank", rel: "noopener noreferrer" },
        icon("external"), "Open", h("span", { class: "visually-hidden" }, ` ${about}`))));
}

/** Return one line a model: who it is, and all platforms at that time. */
function gathered(lines, context) {
  const { models, platforms } = context;
  const byModel = new Map();
  for (const one of lines) {
    const key = `${one.channel.model} ${one.schedule_time}`;
    byModel.set(key, [...(byModel.get(key) ?? []), one]);
  }
  const zones = new Set(lines.map((one) => models[one.channel.model].timezone));
  return [...byModel.values()].map((own) => {
    const { timezone } = models[own[0].channel.model];
    const names = own.map((one) => platforms[one.channel.platform] ?? one.channel.platform);
    const at = zones.size > 1 && own[0].schedule_time
      ? `, ${formatTime(own[0].schedule_time, { style: "time", zone: timezone })} in ${city(timezone)}`
      : "";
    const why = own.find(isHeldUp)?.reason.text;
    return h("li", { class: "queue-target" }, who(own[0], context, ` ${names.join(", ")}${at}`),
      why && h("p", { class: "queue-reason" }, why));
  });
}

/** Return the list of a post's lines in a group. */
export function lineList(group, post, lines, context) {
  if (group === "planned" || group === "drafts" || group === "cancelled") {
    return h("ul", { class: "queue-targets" }, gathered(lines, context));
  }
  const line = group === "posted" ? posted : troubled;
  return h("ul", { class: "queue-lines" }, lines.map((one) => line(post, one, context)));
}
