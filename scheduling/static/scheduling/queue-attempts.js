/** The dialog that shows every try to send a post, with what the other side said. */

import { api } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { formatTime } from "../promura_site/time.js";
import { announce } from "../promura_site/undo.js";
import { textOf } from "./queue-words.js";

const OUTCOMES = {
  open: ["sending", "Under way"],
  accepted: ["published", "Taken"],
  refused: ["failed", "Refused"],
  deferred: ["retry", "Later again"],
  unknown: ["unknown", "No answer"],
};
const dialog = document.getElementById("attempts-dialog");
let now = {};

function part(name) {
  return dialog.querySelector(`[data-${name}]`);
}

function took({ started_at: from, finished_at: to }) {
  if (!to) return "";
  const seconds = (new Date(to) - new Date(from)) / 1000;
  return ` · ${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
}

function line(attempt) {
  const [state, word] = OUTCOMES[attempt.outcome] ?? OUTCOMES.open;
  return h("li", { class: "attempt" },
    stateBadge(state, word),
    h("div", { class: "attempt-words" },
      h("p", { class: "num" }, attempt.kind === "replay" ? "Sent again " : "",
        h("time", { datetime: attempt.started_at, title: formatTime(attempt.started_at, { style: "long" }) },
          formatTime(attempt.started_at, { style: "short" })),
        h("span", { class: "meta" }, `${took(attempt)} · ${attempt.publisher}`)),
      attempt.error && h("p", { class: "queue-reason" }, attempt.error),
      attempt.reply && h("p", { class: "attempt-reply" }, attempt.reply)));
}

function mayReplay(publication) {
  const { can, replays } = now.context;
  const over = ["published", "failed"].includes(publication.status);
  return can.retry && over && replays.includes(publication.channel.connector);
}

async function show() {
  const id = part("which").value;
  part("failure").hidden = true;
  try {
    const { publication, attempts } = await api.get(`/api/publications/${id}`);
    if (part("which").value !== id) return;
    replaceChildren(part("log"), attempts.length
      ? attempts.toReversed().map(line)
      : h("li", { class: "meta" }, "Nothing has been sent yet."));
    part("replay").hidden = !mayReplay(publication);
  } catch (error) {
    if (error.name !== "ApiError") throw error;
    part("failure").textContent = error.message;
    part("failure").hidden = false;
  }
}

async function replay({ currentTarget: button }) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    const { message } = await api.post(`/api/publications/${part("which").value}/replay`, undefined, { timeout: 120_000 });
    await show();
    announce(message);
  } catch (error) {
    part("failure").textContent = error.message;
    part("failure").hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

/** Show what was tried for a post, channel by channel. */
export function showAttempts({ post }, context) {
  now = { context };
  const tried = post.publications.filter((one) => one.attempts > 0);
  part("quote").textContent = textOf(post);
  replaceChildren(part("which"), tried.map(({ id, channel }) =>
    h("option", { value: id }, `${channel.handle} on ${context.platforms[channel.platform] ?? channel.platform}`)));
  replaceChildren(part("log"), h("li", { class: "meta" }, "Loading …"));
  part("replay").hidden = true;
  show();
  return openDialog(dialog);
}

if (dialog) {
  part("which").addEventListener("change", show);
  part("replay").addEventListener("click", replay);
}
