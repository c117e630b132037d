/** The calendar link of a model: for the calendar programs of phones and desks. */

import { api } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { announce } from "../promura_site/undo.js";

const dialog = document.getElementById("feed-dialog");
const part = (name) => dialog.querySelector(`[data-feed-${name}]`);
let path = "";

async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    part("said").textContent = "The link is copied.";
  } catch {
    part("said").textContent = "Press Ctrl+C to copy what is marked.";
  }
  announce(part("said").textContent);
}

function button(word, glyph, work, look = "btn") {
  return h("button", { class: look, type: "button", onClick: (event) => run(event.currentTarget, work) }, icon(glyph), word);
}

function show({ feed }, can) {
  part("said").textContent = "";
  if (!feed) {
    replaceChildren(part("body"), h("p", {}, "There is no link yet. Who has one sees the planned posts in a calendar program, without signing in."));
    replaceChildren(part("foot"), can.change && button("Make a link", "link", async () => show(await api.post(path), can), "btn btn-primary"));
    return;
  }
  const field = h("input", { type: "text", readonly: true, value: feed.url, "aria-label": "Calendar link" });
  replaceChildren(part("body"), field,
    h("p", { class: "meta" }, `Made ${formatTime(feed.made_at)}${feed.made_by ? ` by ${feed.made_by}` : ""}. Whoever has it sees the planned posts: treat it like a password.`));
  replaceChildren(part("foot"),
    can.change && button("End it", "close", async () => show(await api.del(path), can), "btn btn-quiet"),
    can.change && button("Make another", "refresh", async () => {
      show(await api.post(path), can);
      part("said").textContent = "The old link is dead; this is the new one.";
    }),
    button("Copy", "copy", () => copy(field), "btn btn-primary"));
}

async function run(control, work) {
  if (control?.getAttribute("aria-busy") === "true") return;
  control?.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (problem) {
    if (problem.name !== "ApiError") throw problem;
    part("said").textContent = problem.message;
  } finally {
    control?.removeAttribute("aria-busy");
  }
}

/** Show the link of a model, or offer to make one. */
export async function openFeed(model, can) {
  path = `/api/models/${encodeURIComponent(model.id ?? model.slug)}/calendar-feed`;
  part("title").textContent = `Calendar link of ${model.name}`;
  replaceChildren(part("body"), h("p", { class: "skeleton skeleton-line" }));
  replaceChildren(part("foot"));
  part("said").textContent = "";
  openDialog(dialog);
  await run(null, async () => show(await api.get(path), can));
}
