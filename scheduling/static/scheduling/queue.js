/** The queue page: paint what came with it, then keep it fresh. */

import { api } from "../promura_site/api.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { announce, clearBanner, showBanner } from "../promura_site/undo.js";
import { wireActions } from "./queue-actions.js";
import { Store } from "./queue-store.js";
import { draw } from "./queue-view.js";
import { number } from "./queue-words.js";

const EVERY = 10_000;
const SLOWEST = 60_000;
const GROUPS = ["attention", "due", "planned", "posted"];
const page = JSON.parse(document.getElementById("page-data").textContent);
const root = document.querySelector("[data-groups]");
const filters = document.querySelector("[data-filters]");
const failure = document.querySelector("[data-failure]");
const platforms = Object.fromEntries(
  [...filters.elements.platform.options].filter((one) => one.value).map((one) => [one.value, one.textContent]),
);
const store = new Store();
let asking = null;
let wait = EVERY;
let timer = 0;
let silent = false;

function wanted() {
  const filled = [...new FormData(filters)].map(([name, value]) => [name, value.trim()]);
  return Object.fromEntries(filled.filter(([, value]) => value));
}

function sayPublisher({ ok, detail }) {
  if (!ok) showBanner({ kind: "silent", text: `Nothing is being published: ${detail}. Start the publisher.`, url: "/metrics", link: "See the system" });
  else if (silent) clearBanner();
  silent = !ok;
}

function saySummary() {
  const words = { attention: "need attention", due: "going out", planned: "coming up" };
  const said = Object.entries(words)
    .map(([name, word]) => [store.groups.get(name)?.count ?? 0, word])
    .filter(([count]) => count)
    .map(([count, word]) => `${number(count)} ${count === 1 ? word.replace("need ", "needs ") : word}`);
  document.querySelector("[data-summary]").textContent = said.join(" · ");
}

function sayEmpty(shown) {
  const empty = document.querySelector("[data-empty]");
  const narrowed = Object.keys(wanted()).length > 0;
  document.querySelector("[data-clear]").hidden = !narrowed;
  empty.hidden = shown > 0;
  if (shown) return;
  replaceChildren(empty, narrowed
    ? [h("h2", { class: "empty-title" }, "Nothing like that"), h("p", {}, "No post matches. Try fewer filters.")]
    : [h("h2", { class: "empty-title" }, "The queue is empty"),
      h("p", {}, page.can.plan
        ? "Nothing is planned. Write a post, choose its models and an hour: from then on it stands here."
        : "Nothing is planned. As soon as somebody plans a post, it stands here.")]);
}

function paint(glow) {
  const names = filters.elements.group.value ? [filters.elements.group.value] : GROUPS;
  const shown = draw(root, store, names, { can: page.can, platforms }, { glow, more });
  saySummary();
  sayEmpty(shown);
}

function takeIn(answer, glow) {
  const before = store.groups.get("attention")?.count;
  store.merge(answer);
  paint(glow);
  sayPublisher(answer.publishing);
  const after = store.groups.get("attention")?.count;
  if (glow && after > before) announce(`${number(after - before)} more in need of attention.`);
}

function schedule() {
  clearTimeout(timer);
  timer = setTimeout(() => (document.hidden ? schedule() : refresh()), wait);
}

async function refresh({ glow = true } = {}) {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  try {
    takeIn(await api.get(page.address, { params: wanted(), signal: mine.signal }), glow);
    wait = EVERY;
    failure.hidden = true;
  } catch (error) {
    if (mine.signal.aborted) return;
    wait = Math.min(wait * 2, SLOWEST);
    failure.hidden = false;
    failure.textContent = `What stands here may be old. ${error.message}`;
  } finally {
    if (asking === mine) schedule();
  }
}

async function more(name, button) {
  button.setAttribute("aria-busy", "true");
  const { next } = store.groups.get(name);
  try {
    store.append(name, await api.get(page.address, { params: { ...wanted(), group: name, after: next } }));
    paint(false);
  } catch (error) {
    failure.hidden = false;
    failure.textContent = error.message;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function narrow() {
  const query = new URLSearchParams(wanted()).toString();
  history.replaceState(null, "", query ? `?${query}` : window.location.pathname);
  store.clear();
  refresh({ glow: false });
}

for (const [name, value] of new URLSearchParams(window.location.search)) {
  if (filters.elements[name]) filters.elements[name].value = value;
}
let typing = 0;
filters.addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(narrow, event.target.type === "search" ? 250 : 0);
});
filters.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("[data-clear]").addEventListener("click", () => {
  for (const one of filters.elements) one.value = "";
  narrow();
  filters.elements.search.focus();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});

wireActions({ store, can: page.can, platforms, refresh, models: () => store.models });
if (page.rows) {
  takeIn(page.rows, false);
  schedule();
} else refresh({ glow: false });
