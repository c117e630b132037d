/** The page that begins a series: every change is tried out, nothing is stored yet. */

import { api, clearErrors, newKey, showErrors } from "../promura_site/api.js";
import { addTime, fill, missing, showParts, wanted } from "./series-form.js";
import { showAsks, showComing, showWhyNot } from "./series-preview.js";

const PAUSE = 350;
const page = JSON.parse(document.getElementById("page-data").textContent);
const form = document.querySelector("[data-series-form]");
const state = document.querySelector("[data-preview-state]");
const address = `/api/templates/${page.template}/schedule`;
// What the API calls a field, and the form another.
const FIELDS = { pattern: "rule", models: "models", start: "start", until: "until", count: "count", times: "hours" };
let asking = null;
let waiting = 0;
// One key for what is asked for: sent twice, it begins one series.
let key = newKey();

function refused(error) {
  const often = form.elements.pattern.value;
  const errors = Object.fromEntries(Object.entries(error.errors).map(([name, words]) => {
    const named = name === "pattern" && often !== "rule" ? "pattern" : (FIELDS[name] ?? name);
    return [named === "until" && form.elements.until.closest("[hidden]") ? "end" : named, words];
  }));
  showErrors(form, Object.assign(error, { errors }));
}

async function tryOut() {
  asking?.abort();
  const lacks = missing(form);
  if (lacks) {
    state.textContent = "";
    showWhyNot(lacks);
    return;
  }
  const mine = new AbortController();
  asking = mine;
  state.textContent = "Looking…";
  try {
    const answer = await api.post(address, { ...wanted(form), dry_run: true }, { signal: mine.signal });
    clearErrors(form);
    showComing(answer, page.names);
  } catch (error) {
    if (mine.signal.aborted) return;
    showWhyNot(error.message.replace(/^[a-z_]+: /, ""));
    if (error.name !== "ApiError") throw error;
  } finally {
    if (asking === mine) state.textContent = "";
  }
}

function changed() {
  key = newKey();
  showParts(form);
  clearTimeout(waiting);
  waiting = setTimeout(tryOut, PAUSE);
}

async function begin(button) {
  const lacks = missing(form);
  if (lacks) {
    showWhyNot(lacks);
    return;
  }
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await api.post(address, wanted(form), { headers: { "Idempotency-Key": key }, timeout: 60_000 });
    sessionStorage.setItem("series-begun", JSON.stringify({ id: answer.series.id, message: answer.message }));
    window.location.assign(`${form.dataset.done}#series-${answer.series.id}`);
  } catch (error) {
    clearErrors(form);
    refused(error);
    if (error.code === "media_not_cleared") showAsks(error.payload.problems.map((one) => ({ ...one, code: error.code })));
    if (error.name !== "ApiError") throw error;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

form.addEventListener("input", changed);
form.querySelector("[data-add-time]").addEventListener("click", () => addTime(form));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  const button = form.querySelector("[type=submit]");
  if (button.getAttribute("aria-busy") !== "true") begin(button);
});
form.addEventListener("change", ({ target }) => {
  const first = target.name === "hours" && target.value === "times" && !form.querySelector("[data-time-list] li");
  if (first) addTime(form, form.elements.start.value.slice(11, 16));
});

fill(form, page);
tryOut();
