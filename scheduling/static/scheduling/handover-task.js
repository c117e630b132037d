/** One hand-over: take it, keep it while the page is open, say that it is posted. */

import { api } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { wireFiles } from "./handover-files.js";
import { wireApp, wireCopy, wirePaste } from "./handover-tools.js";
import { draw, isMine } from "./handover-view.js";
import { isOffered, nameOf } from "./handover-words.js";

const EVERY = 10_000;
const TICK = 1000;
// A claim holds for 20 minutes; with the page open it is kept at more than half of it.
const KEEP_ABOVE = 12 * 60_000;
const page = JSON.parse(document.getElementById("page-data").textContent);
const path = `/api/publications/${page.task.id}`;
const link = document.querySelector("#hand-link");
const linkError = document.querySelector("[data-link-error]");
const failure = document.querySelector("[data-failure]");
const fetchFiles = wireFiles(page.files);
let { task } = page;
let ahead = new Date(page.now) - Date.now();
let next = null;
let keeping = false;

const clock = () => Date.now() + ahead;

function paint() {
  draw(task, clock(), { mayTakeOver: page.mayTakeOver, next });
}

function takeIn(answer) {
  const before = task;
  task = answer.task;
  ahead = new Date(answer.now) - Date.now();
  failure.hidden = true;
  if (isMine(task) && !isMine(before)) fetchFiles();
  if (isMine(before) && !isMine(task) && task.state === "claimed") announce(`${task.claimed_by} has taken it over.`);
  paint();
}

async function look() {
  try {
    takeIn(await api.get(page.address));
  } catch (error) {
    failure.hidden = false;
    failure.textContent = error.message;
  }
}

async function keep() {
  if (keeping || document.hidden || !isMine(task) || task.stopped) return;
  if (new Date(task.claimed_until) - clock() > KEEP_ABOVE) return;
  keeping = true;
  try {
    await api.post(`${path}/claim`, {});
  } catch {
    // What became of it is seen at the next look.
  }
  await look();
  keeping = false;
}

async function findNext() {
  const { tasks } = await api.get(page.list);
  next = tasks.find((one) => isOffered(one) && !one.stopped && (one.state === "ready" || one.mine)) ?? null;
}

function sayBadLink(message) {
  linkError.textContent = message;
  link.setAttribute("aria-invalid", "true");
  link.focus();
}

async function complete() {
  const url = link.value.trim();
  if (url && !/^https?:\/\/[^\s.]+\.\S+/iu.test(url)) {
    sayBadLink("This is no link. Copy it in the app, or leave it empty.");
    return;
  }
  await api.post(`${path}/complete`, url ? { url } : {});
  announce(`Posted: ${nameOf(task)}.`);
  await findNext().catch(() => null);
}

async function skip() {
  const chosen = await openDialog("skip-dialog");
  if (chosen !== "skip") return;
  const reason = document.querySelector("#skip-reason").value.trim();
  await api.post(`${path}/skip`, reason ? { reason } : {});
  announce("Skipped. That can be undone.");
}

const DEEDS = {
  claim: async () => {
    await api.post(`${path}/claim`, {});
    announce("It is yours for 20 minutes.");
  },
  "take-over": () => api.post(`${path}/claim`, { take_over: true }),
  complete,
  skip,
  release: async () => {
    await api.post(`${path}/release`);
    announce("Given back. Anybody can take it.");
  },
  undo: async () => {
    await api.post(`${path}/release`);
    await api.post(`${path}/claim`, {});
  },
};

document.querySelector("[data-bar]").addEventListener("click", async (event) => {
  const button = event.target.closest("[data-deed]");
  if (!button || button.getAttribute("aria-busy") === "true") return;
  if (button.dataset.deed !== "skip") button.setAttribute("aria-busy", "true");
  try {
    await DEEDS[button.dataset.deed]();
  } catch (error) {
    if (error.errors?.url) sayBadLink(error.errors.url[0]);
    else offerUndo({ message: error.message });
  }
  button.removeAttribute("aria-busy");
  await look();
});
link.addEventListener("input", () => {
  linkError.textContent = "";
  link.removeAttribute("aria-invalid");
});
document.addEventListener("visibilitychange", () => {
  // Back from the app: say at once that it is still in hand.
  if (!document.hidden) look().then(keep);
});
wireCopy();
wireApp();
wirePaste();
paint();
if (isMine(task)) fetchFiles();
setInterval(paint, TICK);
setInterval(() => {
  if (!document.hidden) look().then(keep);
}, EVERY);
