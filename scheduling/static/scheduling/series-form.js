/** The form of a new series: its parts, and what it asks the server for. */

import { h, icon } from "../promura_site/dom.js";

const WEEKLY = /^(?:RRULE:)?FREQ=WEEKLY(?:;INTERVAL=(\d+))?;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*)$/i;
const MAX_TIMES = 24;

function chosen(form, name) {
  return [...form.querySelectorAll(`[name="${name}"]:checked`)].map((one) => one.value);
}

function part(form, name) {
  return form.querySelector(`[data-${name}]`);
}

/** Return the hours of the day that are filled in. */
function times(form) {
  return [...part(form, "time-list").querySelectorAll("input")].map((one) => one.value).filter(Boolean);
}

function pattern(form) {
  const { pattern: often, rule, interval } = form.elements;
  if (often.value === "rule") return rule.value.trim();
  if (often.value !== "days") return often.value;
  const every = Number(interval.value) > 1 ? `;INTERVAL=${Number(interval.value)}` : "";
  return `FREQ=WEEKLY${every};BYDAY=${chosen(form, "days").join(",")}`;
}

/** Return what the form asks for, as the API reads it. */
export function wanted(form) {
  const { start, timezone, end, count, until, hours, keep_unknown: keep, override_clearance: reason } = form.elements;
  const body = {
    start: start.value,
    timezone: timezone.value,
    pattern: pattern(form),
    models: chosen(form, "models"),
  };
  if (hours.value === "times") body.times = times(form);
  if (hours.value === "best") body.times = "best";
  if (end.value === "count") body.count = Number(count.value);
  if (end.value === "until") body.until = until.value || null;
  if (end.value === "endless") body.endless = true;
  if (keep.checked) body.keep_unknown = true;
  if (reason?.value.trim()) body.override_clearance = reason.value.trim();
  return body;
}

/** Return in a sentence what the form lacks before anything can be asked; else "". */
export function missing(form) {
  const { start, pattern: often, rule, end, until, hours } = form.elements;
  if (!start.value) return "Choose a day and an hour to begin with.";
  if (often.value === "days" && !chosen(form, "days").length) return "Choose the days of the week.";
  if (often.value === "rule" && !rule.value.trim()) return "Write the rule.";
  if (hours.value === "times" && !times(form).length) return "Add a time.";
  if (end.value === "until" && !until.value) return "Choose the last date.";
  if (!chosen(form, "models").length) return "Choose a model.";
  return "";
}

/** Show the fields that what is chosen has, and no others. */
export function showParts(form) {
  const { pattern: often, hours, end, timezone } = form.elements;
  part(form, "days").hidden = often.value !== "days";
  part(form, "rule").hidden = often.value !== "rule";
  part(form, "times").hidden = hours.value !== "times";
  part(form, "best-hint").hidden = hours.value !== "best";
  timezone.disabled = hours.value === "best";
  if (hours.value === "best") timezone.value = "model";
  for (const one of form.querySelectorAll("[data-end]")) one.hidden = one.dataset.end !== end.value;
}

function nextTime(list) {
  const last = list.querySelector("li:last-child input")?.value || "08:00";
  const hour = (Number(last.slice(0, 2)) + 4) % 24;
  return list.children.length ? `${String(hour).padStart(2, "0")}${last.slice(2)}` : "09:00";
}

/** Add a field for one more time of the day. */
export function addTime(form, value) {
  const list = part(form, "time-list");
  if (list.children.length >= MAX_TIMES) return;
  const input = h("input", { type: "time", "aria-label": "Time of the day", value: value ?? nextTime(list) });
  const drop = () => {
    row.remove();
    form.dispatchEvent(new Event("input"));
    (list.querySelector("input") ?? part(form, "add-time")).focus();
  };
  const button = h("button", { class: "btn btn-quiet btn-small btn-icon", type: "button", title: "Leave it out", onClick: drop },
    icon("close"), h("span", { class: "visually-hidden" }, "Leave this time out"));
  const row = h("li", { class: "series-time" }, input, button);
  list.append(row);
  input.focus();
  form.dispatchEvent(new Event("input"));
}

function pad(number) {
  return String(number).padStart(2, "0");
}

/** Fill in what the template says, and tomorrow at nine. */
export function fill(form, template) {
  const { start, pattern: often, rule, interval } = form.elements;
  const day = new Date(Date.now() + 86_400_000);
  start.value ||= `${day.getFullYear()}-${pad(day.getMonth() + 1)}-${pad(day.getDate())}T09:00`;
  const weekly = WEEKLY.exec(template.pattern);
  if (!template.pattern) often.value = "weekly";
  else if (weekly) {
    often.value = "days";
    interval.value = weekly[1] ?? "1";
    for (const one of form.querySelectorAll("[name=days]")) one.checked = weekly[2].toUpperCase().split(",").includes(one.value);
  } else {
    often.value = template.pattern;
    if (often.value !== template.pattern) [often.value, rule.value] = ["rule", template.pattern];
  }
  showParts(form);
}
