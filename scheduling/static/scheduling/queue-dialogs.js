/** The queue's three dialogs; each resolves to what the server then says. */

import { api, clearErrors, showErrors, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime, toLocalInput, zone as ownZone } from "../promura_site/time.js";
import { city, isOpen, textOf } from "./queue-words.js";

const waiting = new Map();

function prepare(name, { post, publication }, context) {
  const dialog = document.getElementById(`${name}-dialog`);
  const form = dialog.querySelector("form");
  form.reset();
  clearErrors(form);
  const quote = form.querySelector("[data-quote]");
  if (quote) quote.textContent = textOf(post, publication ? [publication] : undefined);
  const about = form.querySelector("[data-about]");
  if (about) {
    const { platform, handle } = publication.channel;
    about.textContent = `${handle} on ${context.platforms[platform] ?? platform}`;
  }
  return { dialog, form };
}

async function ask(name, on, context, ready) {
  const { dialog, form } = prepare(name, on, context);
  ready?.(form);
  let answer = null;
  waiting.set(name, { ...on, done: (said) => { answer = said; } });
  await openDialog(dialog);
  return answer;
}

function wire(name, send) {
  const form = document.querySelector(`[data-${name}-form]`);
  if (!form) return;
  submitWith(form, async (data, event) => {
    const on = waiting.get(name);
    const answer = await send(on, data, event.submitter?.value, form);
    if (!answer) return;
    on.done(answer);
    closeDialog(form.closest("dialog"), "done");
  });
}

wire("settle", ({ publication }, { url }, outcome) =>
  api.post(`/api/publications/${publication.id}/settle`, { outcome, ...(url && outcome === "published" ? { url } : {}) }));

wire("count", ({ publication }, data, _, form) => {
  const counts = Object.entries(data).filter(([, value]) => value !== "");
  if (!counts.length) {
    showErrors(form, { likes: ["Fill in at least one."] });
    return null;
  }
  return api.post(`/api/publications/${publication.id}/engagement`,
    Object.fromEntries(counts.map(([name, value]) => [name, Number(value)])));
});

wire("time", ({ post }, { schedule_time, timezone }, when, form) => {
  const { version } = post;
  if (when === "now") return api.post(`/api/posts/${post.id}/reschedule`, { version });
  if (!schedule_time) {
    showErrors(form, { schedule_time: ["Choose a day and an hour."] });
    return null;
  }
  return api.post(`/api/posts/${post.id}/reschedule`, { schedule_time, timezone, version });
});

/** Ask whether a publication is there after all. */
export const settle = (on, context) => ask("settle", on, context);

/** Ask for the figures that the platform shows. */
export const count = (on, context) => ask("count", on, context, (form) => {
  for (const [name, value] of Object.entries(on.publication.engagement ?? {})) {
    if (form.elements[name]) form.elements[name].value = value ?? "";
  }
});

function sayWhen(form) {
  const { schedule_time: { value }, timezone } = form.elements;
  const words = timezone.value === "model" ? "The same hour on each model's own clock." : "";
  form.querySelector("[data-when]").textContent = value ? words : "";
}

/** Ask for another time. */
export const reschedule = (on, context) => ask("time", on, context, (form) => {
  const open = on.post.publications.filter(isOpen);
  const lines = open.length ? open : on.post.publications;
  const zones = [...new Set(lines.map((one) => context.models[one.channel.model].timezone))];
  const choices = zones.length > 1 ? [["model", "each model"]] : [[zones[0], `the model, ${city(zones[0])}`]];
  if (zones.length > 1 || zones[0] !== ownZone()) choices.push([ownZone(), `yours, ${city(ownZone())}`]);
  replaceChildren(form.elements.timezone, choices.map(([value, word]) => h("option", { value }, word)));
  const zone = zones.length > 1 ? context.models[lines[0].channel.model].timezone : zones[0];
  const planned = lines[0].schedule_time;
  const hour = new Date(Math.ceil((Date.now() + 60_000) / 3_600_000) * 3_600_000).toISOString();
  const at = planned && new Date(planned) > new Date() ? planned : hour;
  form.elements.schedule_time.value = toLocalInput(at, zone);
  form.querySelector("[data-when]").textContent = planned ? `Planned for ${formatTime(planned, { style: "long", zone })}.` : "";
  form.onchange = () => sayWhen(form);
});
