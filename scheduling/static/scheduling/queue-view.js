/** Draw the groups; a row that has not changed stays the element it is. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { row } from "./queue-row.js";
import { dayOf, number } from "./queue-words.js";

const TITLES = {
  held: "Held up by this",
  attention: "Needs attention",
  older: "Older failures",
  due: "Going out now",
  planned: "Coming up",
  posted: "Recently posted",
  drafts: "Drafts",
  cancelled: "Cancelled",
};

const drawn = new Map();
const placed = new WeakMap();

function section(name, more) {
  const found = document.getElementById(`group-${name}`);
  if (found) return found;
  return h("section", { class: "section", id: `group-${name}`, "aria-labelledby": `title-${name}` },
    h("div", { class: "section-head" },
      h("h2", { class: "section-title", id: `title-${name}` }, TITLES[name],
        h("span", { class: "queue-count num", dataset: { number: name } }))),
    h("div", { class: "panel queue-panel", dataset: { list: name } }),
    h("div", { class: "load-more", hidden: true },
      h("button", { class: "btn", type: "button", onClick: (event) => more(name, event.currentTarget) }, "Load more",
        h("span", { class: "visually-hidden" }, ` in ${TITLES[name]}`))));
}

function rowFor(name, { post, lines }, context, glow) {
  const key = `${name} ${post.id}`;
  const models = lines.map((one) => context.models[one.channel.model]);
  // A planned row's words hang on the day, too.
  const print = JSON.stringify([post, lines.map((one) => one.id), models, dayOf(new Date().toISOString())]);
  const known = drawn.get(key);
  if (known?.print === print) return known.element;
  const element = row(name, post, lines, context);
  if (glow) {
    element.classList.add("changed");
    // Or it would glow again whenever something above it moves.
    element.addEventListener("animationend", () => element.classList.remove("changed"));
  }
  drawn.set(key, { print, element });
  return element;
}

/** Put the rows in their place; what stands there already is left alone. */
function fill(list, name, rows, elements) {
  const days = rows.map(({ lines }) =>
    name === "planned" ? dayOf(lines.map((one) => one.schedule_time).sort()[0]) : "");
  const before = placed.get(list);
  const same = before?.elements.length === elements.length &&
    elements.every((one, place) => one === before.elements[place] && days[place] === before.days[place]);
  if (same) return;
  placed.set(list, { elements, days });
  const blocks = [...new Set(days)].flatMap((day) => [
    day ? h("h3", { class: "list-group" }, day) : null,
    h("ul", { class: "queue-list" }, elements.filter((_, place) => days[place] === day)),
  ]);
  replaceChildren(list, blocks);
}

function focusKey() {
  const held = document.activeElement;
  if (!held?.closest("[data-groups]")) return null;
  return { key: held.dataset.key, post: held.closest("[data-post-id]")?.dataset.postId, held };
}

function refocus(root, before) {
  if (!before || document.activeElement === before.held) return;
  const find = (selector) => root.querySelector(selector);
  const again = before.key && find(`[data-key="${CSS.escape(before.key)}"]`);
  const near = before.post && find(`[data-post-id="${before.post}"] :is(button, a)`);
  const held = before.held.isConnected ? before.held : null;
  // A row that went into another group is followed there.
  (held || again || near || find(".queue-row :is(button, a)") || root).focus({ preventScroll: true });
}

/** Draw the named groups of the store into `root`. */
export function draw(root, store, names, context, { glow, more }) {
  const before = focusKey();
  const sections = [];
  const shown = new Set();
  for (const name of names) {
    const rows = store.rows(name);
    if (!rows.length) continue;
    const group = store.groups.get(name);
    const part = section(name, more);
    const all = { ...context, models: store.models };
    const elements = rows.map((one) => rowFor(name, one, all, glow));
    for (const { post } of rows) shown.add(`${name} ${post.id}`);
    fill(part.querySelector("[data-list]"), name, rows, elements);
    part.querySelector("[data-number]").textContent = group.count ? number(group.count) : "";
    part.querySelector(".load-more").hidden = !group.next;
    sections.push(part);
  }
  const now = [...root.children];
  if (now.length !== sections.length || now.some((one, place) => one !== sections[place])) {
    replaceChildren(root, sections);
  }
  for (const key of drawn.keys()) if (!shown.has(key)) drawn.delete(key);
  refocus(root, before);
  return shown.size;
}
