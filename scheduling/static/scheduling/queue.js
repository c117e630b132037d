/** The queue page: paint what came with it, then keep it fresh. */

import { api } from "../promura_site/api.js";
import { announce, showStanding } from "../promura_site/undo.js";
import { decided, wireActions } from "./queue-actions.js";
import { drawCauses } from "./queue-causes.js";
import { saySummary, sayEmpty } from "./queue-says.js";
import { wireStop } from "./queue-stop.js";
import { Store } from "./queue-store.js";
import { draw } from "./queue-view.js";
import { number } from "./queue-words.js";

const EVERY = 10_000;
const SLOWEST = 60_000;
const GROUPS = ["attention", "due", "planned", "posted"];
const page = JSON.parse(document.getElementById("page-data").textContent);
const root = document.querySelector("[data-groups]");
const filters = document.querySelector("[data-filters]");
const panel = document.querySelector("[data-causes]");
const failure = document.querySelector("[data-failure]");
const platforms = Object.fromEntries(
  [...filters.elements.platform.options].filter((one) => one.value).map((one) => [one.value, one.textContent]),
);
const store = new Store();
let asking = null;
let wait = EVERY;
let timer = 0;

function wanted() {
  const filled = [...new FormData(filters)].map(([name, value]) => [name, value.trim()]);
  return Object.fromEntries(filled.filter(([, value]) => value));
}

function paint(glow) {
  const { cause, group } = wanted();
  const names = cause ? ["held"] : group ? [group] : GROUPS;
  drawCauses(panel, store.causes, { can: page.can, selected: cause });
  const shown = draw(root, store, names, { can: page.can, platforms }, { glow, more });
  saySummary(store);
  sayEmpty(shown, wanted(), page.can);
}

function takeIn(answer, glow) {
  const before = store.groups.get("attention")?.count;
  store.merge(answer);
  paint(glow);
  if (answer.bars) showStanding(answer.bars);
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
  if (event.target.name === "group") filters.elements.cause.value = "";
  typing = setTimeout(narrow, event.target.type === "search" ? 250 : 0);
});
filters.addEventListener("submit", (event) => event.preventDefault());
document.querySelector("[data-clear]").addEventListener("click", () => {
  for (const one of filters.elements) one.value = "";
  document.querySelector("[data-series-chip]")?.remove();
  narrow();
  filters.elements.search.focus();
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});

const context = { store, can: page.can, platforms, replays: page.replays, refresh, models: () => store.models };

panel.addEventListener("click", (event) => {
  const button = event.target.closest("[data-cause]");
  const cause = store.causes.find((one) => one.key === button?.dataset.cause);
  if (!cause) return;
  if (button.dataset.deed === "decide") {
    decided(cause, context);
    return;
  }
  const { cause: field, group } = filters.elements;
  group.value = "";
  field.value = field.value === cause.key ? "" : cause.key;
  narrow();
});

/** Open what an address asks for, such as /queue?resume=all, once. */
function openAsked() {
  const asked = new URLSearchParams(window.location.search).get("resume");
  const named = (one) => one.ways.includes("kept") && (one.stop ? one.model ?? "all" : one.channel) === asked;
  const found = asked && store.causes.find(named);
  const cause = (found?.stop ? page.can.resume : page.can.retry) && found;
  if (asked) history.replaceState(null, "", window.location.pathname);
  if (cause) decided(cause, context);
}

wireActions(context);
wireStop(refresh);
if (page.rows) {
  takeIn(page.rows, false);
  schedule();
  openAsked();
} else refresh({ glow: false });
