/** What the page of a hand-over says about its state, and the buttons that fit it. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { formatTime } from "../promura_site/time.js";
import { dueWords, holdsFor, timeLeft } from "./handover-words.js";

function due(task, now) {
  const late = new Date(task.due) < now;
  return h("p", { class: "hand-due num" },
    h("time", { class: `hand-left${late ? " is-late" : ""}`, datetime: task.due }, timeLeft(task.due, now)),
    h("span", { class: "text-2" }, ` ${dueWords(task)}`));
}

function line(badge, ...words) {
  return [badge, h("div", { class: "hand-words" }, words)];
}

/** Tell whether the person has it in hand at this moment. */
export function isMine(task) {
  return task.state === "claimed" && task.mine;
}

function stateLine(task, now) {
  const person = task.claimed_by || "Somebody";
  switch (task.state) {
    case "claimed":
      return line(stateBadge("claimed", task.mine ? "Yours" : `${person} has it`), due(task, now));
    case "published":
      return line(stateBadge("published"),
        h("p", { class: "text-2" }, `${task.mine ? "You have" : `${person} has`} posted it at ${formatTime(task.posted_at, { style: "time" })}.`),
        task.url && h("a", { href: task.url, target: "_blank", rel: "noopener noreferrer" }, "See the post"));
    case "ready":
      return line(stateBadge("ready"), due(task, now));
    case "scheduled":
      return line(stateBadge("scheduled"), due(task, now),
        h("p", { class: "meta" }, `It can be taken from ${formatTime(task.opens_at, { style: "time" })} on.`));
    default:
      return line(stateBadge(task.state), h("p", { class: "text-2" }, task.error));
  }
}

function button(word, deed, kind = "", glyph = null) {
  return h("button", { class: `btn ${kind}`, type: "button", dataset: { deed } }, glyph && icon(glyph), word);
}

function barParts(task, now, { mayTakeOver, next }) {
  if (isMine(task)) {
    return [
      h("p", { class: "hand-holds meta num" }, `Yours for ${holdsFor(task.claimed_until, now)}`),
      button("Give back", "release", "btn-quiet"),
      button("Skip", "skip", "btn-quiet"),
      button("Posted", "complete", "btn-primary hand-main-deed", "check"),
    ];
  }
  if (task.stopped && ["ready", "claimed"].includes(task.state)) return [];
  if (task.state === "ready") return [button("Take it", "claim", "btn-primary hand-main-deed", "hand")];
  if (task.state === "claimed") {
    return [
      h("p", { class: "hand-holds meta num" }, `${task.claimed_by} has it for ${holdsFor(task.claimed_until, now)}`),
      mayTakeOver && button("Take it over", "take-over", "hand-main-deed", "hand"),
    ];
  }
  if (task.state === "skipped" && task.mine) return [button("Undo the skip", "undo", "hand-main-deed", "undo")];
  if (task.state === "missed" && task.mine) return [button("I had posted it", "complete", "hand-main-deed", "check")];
  if (task.state === "published" && next) {
    return [h("a", { class: "btn btn-primary hand-main-deed", href: next.address }, `Next: ${next.model.name} on ${next.platform}`)];
  }
  if (task.state === "published") return [h("a", { class: "btn hand-main-deed", href: "/hand-over" }, "All hand-overs")];
  return [];
}

/** Draw the state, the tools and the bar of buttons; what says the same stays. */
export function draw(task, now, context) {
  const parts = document.querySelector("[data-state]");
  const stop = task.stopped && h("p", { class: "notice notice-bad hand-stop" },
    `Publishing for ${task.model.name} is stopped. Do not post this.`);
  const shown = h("div", {}, stateLine(task, now), stop);
  if (parts.dataset.said !== shown.textContent) {
    parts.dataset.said = shown.textContent;
    replaceChildren(parts, ...shown.childNodes);
  }
  for (const tool of document.querySelectorAll("[data-tool]")) tool.hidden = !isMine(task);
  const bar = document.querySelector("[data-bar]");
  const buttons = barParts(task, now, context).filter(Boolean);
  const print = buttons.map((one) => `${one.dataset.deed ?? one.href ?? ""} ${one.textContent}`).join("|");
  bar.hidden = !buttons.length;
  if (bar.dataset.shown === print) return;
  bar.dataset.shown = print;
  const held = bar.contains(document.activeElement) ? document.activeElement.dataset.deed : null;
  replaceChildren(bar, ...buttons);
  if (held !== null) (bar.querySelector(`[data-deed="${held}"]`) ?? bar.querySelector(".hand-main-deed"))?.focus();
}
