/** The models page: list, search, and what the buttons on a card do. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { openAccount } from "./models-account.js";
import { changeAccount, changeModel, release, verify } from "./models-actions.js";
import { card } from "./models-card.js";
import { openModel } from "./models-dialog.js";
import { openImport } from "./models-import.js";
import { fillMenu } from "./models-menu.js";

const MINUTE = 60_000;
const page = JSON.parse(document.getElementById("page-data").textContent);
const models = new Map(page.models.map((model) => [model.id, model]));
const stopped = new Set(page.stopped);
const list = document.querySelector("[data-models]");
const filters = document.querySelector("[data-filters]");
const names = Object.fromEntries(page.platforms.map((one) => [one.id, one.name]));

function plural(count, word) {
  return `${count.toLocaleString("en-GB")} ${word}${count === 1 ? "" : "s"}`;
}

function inTrouble(channel) {
  return channel.is_active && (Boolean(channel.stopped_at) || ["degraded", "needs_sign_in"].includes(channel.health));
}

function matches(model, { search, active, health }) {
  if (active && String(model.active) !== active) return false;
  if (health && !model.channels.some(inTrouble)) return false;
  const said = [model.name, model.id, ...model.channels.map((one) => `${one.handle} ${names[one.platform]}`)];
  const text = said.join(" ").toLowerCase();
  return search.toLowerCase().split(/\s+/u).every((word) => text.includes(word));
}

function ordered() {
  return [...models.values()].sort(
    (one, other) => other.active - one.active || one.name.localeCompare(other.name, "en"),
  );
}

function drawFirstSteps(shown) {
  const accounts = [...models.values()].some((model) => model.channels.length);
  const first = document.querySelector("[data-first]");
  first.hidden = !models.size || accounts;
  replaceChildren(first, h("p", { class: "notice first-account" }, h("strong", {}, "Connect the first account. "),
    page.can.connect
      ? "Nothing can be posted before a model has one. The outbox works at once and needs no sign-in."
      : "Nothing can be posted before a model has one. Ask an admin of your agency."));
  const empty = document.querySelector("[data-empty]");
  empty.hidden = shown > 0;
  filters.hidden = models.size === 0;
  replaceChildren(empty, ...(models.size
    ? [h("h2", { class: "empty-title" }, "No model like that"), h("p", {}, "Try fewer words or other filters.")]
    : [h("h2", { class: "empty-title" }, "No models yet"),
      h("p", {}, page.can.manage
        ? "Add the first model, then connect her account: from then on posts can be planned."
        : "As soon as an admin has added one, she stands here.")]));
}

function draw() {
  const wanted = Object.fromEntries(new FormData(filters));
  const shown = ordered().filter((model) => matches(model, wanted));
  const focused = document.activeElement?.dataset?.key;
  replaceChildren(list, shown.map((model) => card(model, { can: page.can, last: page.last, names, stopped })));
  if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  const accounts = shown.reduce((sum, model) => sum + model.channels.filter((one) => one.is_active).length, 0);
  const words = models.size ? `${plural(shown.length, "model")} · ${plural(accounts, "account")}` : "";
  const count = document.querySelector("[data-count]");
  // A live region: the same words again would be said again.
  if (count.textContent !== words) count.textContent = words;
  drawFirstSteps(shown.length);
}

function keepModel(model) {
  models.set(model.id, model);
  draw();
}

function keepAccount(channel) {
  const model = models.get(channel.model);
  const rest = model.channels.filter((one) => one.id !== channel.id);
  const order = (one) => `${one.platform} ${one.handle}`;
  const channels = [...rest, channel].sort((one, other) => order(one).localeCompare(order(other), "en"));
  keepModel({ ...model, channels });
}

const keep = { model: keepModel, account: keepAccount };

const DEEDS = {
  "edit-model": ({ model }) => openModel(keep, model),
  "add-account": ({ model }) => openAccount(keep, page, { model, task: "add" }),
  "edit-account": (on) => openAccount(keep, page, { ...on, task: "edit" }),
  "sign-in": (on) => openAccount(keep, page, { ...on, task: "sign-in" }),
  "switch-account": ({ channel }) => changeAccount(keep, channel, { is_active: !channel.is_active }),
  release: ({ channel, button }) => release(keep, channel, button),
  verify: ({ channel, button }) => verify(keep, channel, button),
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-deed]");
  if (!button) return;
  const model = models.get(button.dataset.model);
  const channel = model?.channels.find((one) => one.id === button.dataset.channel);
  if (button.dataset.deed === "menu") fillMenu(button, { model, channel, can: page.can, stopped });
  else DEEDS[button.dataset.deed]?.({ model, channel, button });
});

list.addEventListener("change", (event) => {
  const model = models.get(event.target.dataset.switch);
  if (model) changeModel(keep, model, { active: event.target.checked }).then(draw);
});

document.querySelector("[data-import-models]")?.addEventListener("click", openImport);
document.querySelector("[data-add-model]")?.addEventListener("click", () => openModel(keep));
filters.addEventListener("input", draw);
filters.addEventListener("submit", (event) => event.preventDefault());
draw();

/** Open what an address asks for, such as /models?sign-in=…, once. */
function openAsked() {
  const asked = new URLSearchParams(window.location.search).get("sign-in");
  if (!asked) return;
  history.replaceState(null, "", window.location.pathname);
  const model = [...models.values()].find((one) => one.channels.some(({ id }) => id === asked));
  const channel = model?.channels.find(({ id }) => id === asked);
  if (channel && page.can.sign_in) DEEDS["sign-in"]({ model, channel });
}
openAsked();

// The clocks on the cards; nothing else there changes by itself.
setInterval(() => {
  if (!document.hidden && !document.querySelector("dialog[open], :popover-open")) draw();
}, MINUTE);
