/** What can be seen and done about one post, and about one day. */

import { api } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { STATE_WORDS, stateBadge } from "../promura_site/states.js";
import { addDays, clockOf, dayWords } from "./calendar-dates.js";
import { postChip } from "./calendar-post.js";
import { capWords, city, nameOf, platformName } from "./calendar-words.js";
import { composeAddress } from "./insights-words.js";

const postDialog = document.getElementById("post-dialog");
const dayDialog = document.getElementById("day-dialog");
const ALL = 500;

function facts(post, model) {
  const row = (term, ...said) => [h("dt", { class: "meta" }, term), h("dd", {}, said)];
  return h("dl", { class: "cal-facts" },
    row("When", `${dayWords(post.local, "long")}, ${clockOf(post.local)} in ${city(model.timezone)}`),
    row("State", stateBadge(post.status)),
    row("Channels", post.channels.map((one) => `${platformName(one.platform)} ${one.handle}`).join(", ") || "None"),
    post.series && row("Series", h("a", { href: `/series?series=${post.series}#series-${post.series}` }, "Part of a series")),
    post.clash && row("Clash", h("span", { class: "cal-warn" }, icon("warning"), post.clash)));
}

function deed(word, glyph, value, look = "btn") {
  return h("button", { class: look, type: "submit", value }, icon(glyph), word);
}

function queueAddress(post, model) {
  const words = (post.text ?? "").split("\n")[0].slice(0, 60);
  return `/queue?${new URLSearchParams({ model: model.id, ...(words ? { search: words } : {}) })}`;
}

/** Show a post; resolve to what is to be done with it: move, pick, cancel, or "". */
export function askAbout(post, model, can) {
  const part = (name) => postDialog.querySelector(`[data-post-${name}]`);
  const open = can.change && post.movable;
  part("title").textContent = `${STATE_WORDS[post.status] ?? post.status} for ${model.name}`;
  replaceChildren(part("body"),
    post.thumbnail_url && h("img", { class: "cal-large", src: post.thumbnail_url, alt: "" }),
    h("p", { class: "caption" }, post.text || (post.media_count ? "Without a text" : "Empty")),
    post.media_count > 1 && h("p", { class: "meta" }, `${post.media_count} photos or clips`),
    facts(post, model),
    h("div", { class: "chips" },
      open && h("a", { class: "chip", href: `/compose?post=${post.id}` }, icon("edit"), "Edit it"),
      h("a", { class: "chip", href: queueAddress(post, model) }, icon("queue"), "See it in the queue")));
  replaceChildren(part("foot"),
    open && deed("Cancel the post", "close", "cancel", "btn btn-quiet"),
    open && deed("Pick up", "drag", "pick"),
    open && deed("Move to…", "clock", "move"));
  return openDialog(postDialog);
}

async function freeTimes(model, date, place) {
  try {
    const { suggestions } = await api.get("/api/scheduling/free-times", { params: { model: model.id, date, count: 3 } });
    const links = suggestions.map((one) => h("a", {
      class: "chip num", title: one.reason,
      href: composeAddress({ model: model.id, zone: one.timezone, time: one.datetime, offered: suggestions.map((each) => each.utc) }),
    }, icon("plus"), clockOf(one.datetime)));
    const free = composeAddress({ model: model.id, zone: model.timezone, time: `${date}T12:00` });
    replaceChildren(place, h("p", { class: "meta" }, links.length ? "Write a post at one of her best free times:" : "No hour of this day is free."),
      h("div", { class: "chips" }, links, h("a", { class: "chip", href: free }, icon("edit"), "Another time")));
  } catch (problem) {
    if (problem.name !== "ApiError") throw problem;
    replaceChildren(place, h("p", { class: "text-2" }, problem.message));
  }
}

/** Show all posts of a day and its free times; `choose(post)` is called with a post. */
export async function openDay(model, date, { can, choose }) {
  const part = (name) => dayDialog.querySelector(`[data-day-${name}]`);
  part("title").textContent = `${model.name}, ${dayWords(date, "long")}`;
  part("sum").textContent = "";
  replaceChildren(part("list"), h("li", { class: "skeleton" }));
  replaceChildren(part("free"));
  openDialog(dayDialog);
  if (can.plan && date >= model.today) freeTimes(model, date, part("free"));
  try {
    const { days, posts } = await api.get("/api/calendar", { params: { model: model.id, from: date, to: addDays(date, 1), per_day: ALL } });
    const [{ count, cap, over_cap: over }] = days;
    part("sum").textContent = `${capWords(count, cap)}${over ? ": over the cap" : ""}`;
    replaceChildren(part("list"), posts.map((post) => h("li", {}, postChip(post, { movable: false, tab: "0" }))),
      count > posts.length && h("li", { class: "meta" }, `${count - posts.length} more are in the queue.`),
      !count && h("li", { class: "text-2" }, "Nothing is planned for this day."));
    part("list").onclick = (event) => {
      const id = event.target.closest("[data-post]")?.dataset.post;
      const post = posts.find((one) => one.id === id);
      if (!post) return;
      closeDialog(dayDialog);
      choose(post);
    };
  } catch (problem) {
    if (problem.name !== "ApiError") throw problem;
    replaceChildren(part("list"), h("li", { class: "text-2" }, problem.message));
  }
}

/** Ask for a day and an hour on the model's clocks; resolve to them, or null. */
export async function askWhen(post, model) {
  const dialog = document.getElementById("move-dialog");
  const form = dialog.querySelector("form");
  const { at } = form.elements;
  dialog.querySelector("[data-move-name]").textContent = nameOf(post);
  dialog.querySelector("[data-move-zone]").textContent = `On the clocks of ${city(model.timezone)}. It is planned for ${dayWords(post.local, "long")}, ${clockOf(post.local)}.`;
  at.value = post.local.slice(0, 16);
  const said = await openDialog(dialog);
  return said === "move" && at.value && at.value !== post.local.slice(0, 16) ? at.value : null;
}
