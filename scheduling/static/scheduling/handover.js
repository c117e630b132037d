/** The list of hand-overs: what is due, what is to be taken down, what comes later. */

import { api } from "../promura_site/api.js";
import { avatar, h, icon, replaceChildren } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { formatTime } from "../promura_site/time.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { dueWords, holdsFor, isOffered, nameOf, timeLeft } from "./handover-words.js";

const EVERY = 10_000;
const SLOWEST = 60_000;
const page = JSON.parse(document.getElementById("page-data").textContent);
const root = document.querySelector("[data-groups]");
const failure = document.querySelector("[data-failure]");
let { rows } = page;
let ahead = 0;
let wait = EVERY;
let timer = 0;

// By the server's clock, or a phone that is wrong would call everything late.
const clock = () => Date.now() + ahead;

function state(task, now) {
  if (task.stopped) return stateBadge("missed", "Stopped");
  if (task.state === "claimed") {
    const who = task.mine ? "Yours" : task.claimed_by;
    return stateBadge("claimed", `${who}, ${holdsFor(task.claimed_until, now)}`);
  }
  return isOffered(task) ? stateBadge("ready") : stateBadge("scheduled");
}

function picture(task) {
  const [media] = task.media;
  if (!media) return h("span", { class: "thumb hand-thumb hand-no-thumb" }, icon("edit"));
  return h("span", { class: "hand-thumb" },
    h("img", { class: "thumb", src: media.thumbnail, alt: media.alt, width: 64, height: 64, loading: "lazy" }),
    task.media_count > 1 && h("span", { class: "hand-count num" }, task.media_count,
      h("span", { class: "visually-hidden" }, " files")));
}

function who(task) {
  return h("span", { class: "person" }, avatar(task.model.name, task.model.avatar_url), task.model.name);
}

function taskRow(task, now) {
  const late = isOffered(task) && new Date(task.due) < now;
  return h("li", { class: `list-item hand-row${task.stopped ? " is-stopped" : ""}`, dataset: { key: task.id } },
    picture(task),
    h("div", { class: "hand-main" },
      h("a", { class: "list-title hand-title", href: task.address }, who(task),
        h("span", { class: "text-2" }, `${task.platform} · ${task.handle}`)),
      h("p", { class: "meta clip" }, task.caption || "Without a caption")),
    h("div", { class: "hand-side" },
      h("p", { class: "num" },
        h("time", { class: `hand-left${late ? " is-late" : ""}`, datetime: task.due, title: dueWords(task) }, timeLeft(task.due, now)),
        h("span", { class: "meta" }, ` ${formatTime(task.due, { style: "time" })}`)),
      state(task, now)));
}

function takedownRow(task) {
  const about = `${nameOf(task)}, posted ${formatTime(task.posted_at)}`;
  return h("li", { class: "list-item hand-row", dataset: { key: `down-${task.id}` } },
    h("div", { class: "hand-main" },
      h("p", { class: "hand-title" }, who(task), h("span", { class: "text-2" }, `${task.platform} · ${task.handle}`)),
      h("p", { class: "meta clip" }, task.caption || "Without a caption"),
      h("p", { class: "meta" }, `Posted ${formatTime(task.posted_at)}. ${task.requested_by} asked to take it down.`,
        task.error && ` ${task.error}`)),
    h("div", { class: "list-actions" },
      task.url && h("a", { class: "btn btn-small", href: task.url, target: "_blank", rel: "noopener noreferrer" },
        icon("external"), "Open the post", h("span", { class: "visually-hidden" }, ` of ${about}`)),
      h("button", { class: "btn btn-small", type: "button", dataset: { down: task.id, key: `done ${task.id}` } },
        icon("check"), "It is deleted", h("span", { class: "visually-hidden" }, `: ${about}`))));
}

function group(id, title, words, lines) {
  return lines.length > 0 && h("section", { class: "section", "aria-labelledby": `title-${id}` },
    h("div", { class: "section-head" }, h("h2", { class: "section-title", id: `title-${id}` }, title),
      words && h("p", { class: "meta" }, words)),
    h("div", { class: "panel hand-panel" }, h("ul", { class: "list" }, lines)));
}

function paint() {
  const now = clock();
  const due = rows.tasks.filter(isOffered);
  const held = document.activeElement?.closest("[data-key]")?.dataset.key;
  replaceChildren(root,
    group("now", "Now", "", due.map((one) => taskRow(one, now))),
    group("down", "To take down", "Delete these in the app, then say so here.", rows.takedowns.map(takedownRow)),
    group("later", "Later", "Each can be taken 15 minutes before.",
      rows.tasks.filter((one) => !isOffered(one)).map((one) => taskRow(one, now))));
  const again = held && root.querySelector(`[data-key="${CSS.escape(held)}"] a, button[data-key="${CSS.escape(held)}"]`);
  again?.focus({ preventScroll: true });
  document.querySelector("[data-empty]").hidden = rows.tasks.length + rows.takedowns.length > 0;
  const free = due.filter((one) => one.state === "ready" && !one.stopped).length;
  document.querySelector("[data-summary]").textContent = free ? `${free} to take` : "";
}

function takeIn(answer, aloud) {
  const known = new Set(rows.tasks.filter(isOffered).map((one) => one.id));
  ahead = new Date(answer.now) - Date.now();
  rows = answer;
  paint();
  const fresh = answer.tasks.filter((one) => isOffered(one) && !known.has(one.id));
  if (aloud && fresh.length) announce(`New to hand over: ${fresh.map(nameOf).join(", ")}.`);
}

async function refresh() {
  clearTimeout(timer);
  try {
    takeIn(await api.get(page.address), true);
    wait = EVERY;
    failure.hidden = true;
  } catch (error) {
    wait = Math.min(wait * 2, SLOWEST);
    failure.hidden = false;
    failure.textContent = `What stands here may be old. ${error.message}`;
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  timer = setTimeout(() => (document.hidden ? plan() : refresh()), wait);
}

root.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-down]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await api.post(`/api/publications/${button.dataset.down}/takedown/done`);
    offerUndo({ message: "Written down: it is deleted." });
  } catch (error) {
    offerUndo({ message: error.message });
  }
  await refresh();
  root.focus();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
takeIn(rows, false);
plan();
