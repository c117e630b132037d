/** Write an answer of /api/metrics into the dashboard. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { alarms, duration, inWords } from "./words.js";

function valueAt(figures, path) {
  return path.split(".").reduce((value, name) => value?.[name], figures);
}

function swap(element, text) {
  if (element.textContent.trim() !== text) element.textContent = text;
}

function moment(iso) {
  const title = formatTime(iso, { style: "long" });
  return h("time", { class: "meta", datetime: iso, dataset: { style: "short" }, title }, formatTime(iso));
}

function activityRow(one) {
  const who = h("strong", {}, one.actor || "PROMURA");
  return h(
    "li",
    { class: "list-item", dataset: { key: `${one.timestamp} ${one.message}` } },
    h("p", { class: "list-main" }, who, ` ${one.message}`),
    moment(one.timestamp),
  );
}

function errorRow(one) {
  return h(
    "tr",
    { dataset: { key: `${one.timestamp} ${one.type} ${one.count}` } },
    h("td", { dataset: { label: "Type" } }, h("strong", {}, one.type), h("span", { class: "error-message" }, one.message)),
    h("td", { class: "num", dataset: { label: "Count" } }, inWords(one.count, "count")),
    h("td", { dataset: { label: "Last" } }, moment(one.timestamp)),
  );
}

/** Put rows in place of the old ones and let those that are new glow. */
function fill(list, rows) {
  const known = new Set([...list.children].map((row) => row.dataset.key));
  if (rows.length === known.size && rows.every((row) => known.has(row.dataset.key))) return;
  for (const row of rows) row.classList.toggle("changed", !known.has(row.dataset.key));
  replaceChildren(list, ...rows);
}

/** Keep the uptime going between answers. */
export function showUptime(root, startedAt, now = Date.now()) {
  const element = root.querySelector('[data-figure="system.uptime_seconds"]');
  if (element) swap(element, duration((now - Date.parse(startedAt)) / 1000));
}

/** Show all figures of an answer. */
export function showFigures(root, figures) {
  for (const element of root.querySelectorAll("[data-figure]")) {
    const value = valueAt(figures, element.dataset.figure);
    swap(element, inWords(value, element.dataset.unit));
    const alarm = element.dataset.whenAlarming;
    element.dataset.alarm = alarm && alarms(value) ? alarm : "";
  }
  const { recent_activity: activity, errors } = figures;
  fill(root.querySelector("[data-activity]"), activity.map(activityRow));
  fill(root.querySelector("[data-errors]"), errors.map(errorRow));
  root.querySelector("[data-no-activity]").hidden = activity.length > 0;
  root.querySelector("[data-no-errors]").hidden = errors.length > 0;
  root.querySelector("[data-error-table]").hidden = errors.length === 0;
}
