/** How fast a model publishes: her own brakes in her dialog, else the settings'. */

import { api } from "../promura_site/api.js";

const NAMES = ["min_spacing_minutes", "daily_cap"];
let shown = {};

function sayUsual(form, pace) {
  for (const name of NAMES) {
    const field = form.elements[name];
    field.value = pace[name] ?? "";
    field.placeholder = pace[name] === null ? `${pace.holds[name] || "none"}, as for all` : "As for all";
  }
}

/** Fill in a model's pace, once it is known. */
export async function showPace(form, model) {
  shown = {};
  for (const name of NAMES) form.elements[name].disabled = true;
  const answer = await api.get(`/api/models/${model.id}/pace`).catch(() => null);
  if (!answer || form.elements.name.value !== model.name) return;
  shown = { id: model.id, pace: answer.pace };
  sayUsual(form, answer.pace);
  for (const name of NAMES) form.elements[name].disabled = false;
}

/** Save what was changed of it; empty means as for all. */
export async function savePace(model, typed) {
  if (shown.id !== model.id) return;
  const wanted = NAMES.map((name) => [name, typed[name] === "" ? null : Number(typed[name])]);
  const changed = wanted.filter(([name, value]) => value !== shown.pace[name]);
  if (changed.length) await api.patch(`/api/models/${model.id}/pace`, Object.fromEntries(changed));
}
