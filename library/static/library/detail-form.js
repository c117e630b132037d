/** What is said of one item, to be changed. Only what was changed is sent. */

import { api, clearErrors, showErrors } from "../promura_site/api.js";
import { avatar } from "../promura_site/dom.js";
import { toLocalInput, zone } from "../promura_site/time.js";
import { tagsOf } from "./words.js";

/** Return the UTC instant of a wall-clock time in a zone; null for none. */
function fromLocalInput(value, timeZone = zone()) {
  if (!value) return null;
  const wanted = Date.parse(`${value}Z`);
  let moment = wanted;
  // Twice, as the first guess may lie on the other side of a clock change.
  for (let round = 0; round < 2; round += 1) {
    const shown = Date.parse(`${toLocalInput(new Date(moment).toISOString(), timeZone)}Z`);
    moment += wanted - shown;
  }
  return new Date(moment).toISOString();
}

function valuesOf(item) {
  return {
    name: item.name,
    description: item.description,
    alt_text: item.alt_text,
    tags: item.tags,
    models: [...item.models].sort(),
    rating: item.rating,
    not_before: item.not_before ? toLocalInput(item.not_before) : "",
    until: item.until ? toLocalInput(item.until) : "",
  };
}

/** Wire the form; `onState(dirty)` is told whether there is something to save. */
export function wireForm(form, onState) {
  let item = null;
  let first = {};

  const read = () => {
    const data = new FormData(form);
    return {
      name: data.get("name").trim(),
      description: data.get("description"),
      alt_text: data.get("alt_text"),
      tags: tagsOf(data.get("tags")),
      models: data.getAll("models").sort(),
      rating: data.get("rating"),
      not_before: data.get("not_before"),
      until: data.get("until"),
    };
  };
  const changes = () => {
    const now = read();
    const names = Object.keys(now).filter((name) => JSON.stringify(now[name]) !== JSON.stringify(first[name]));
    return Object.fromEntries(names.map((name) => [name, now[name]]));
  };
  const tell = () => onState(item !== null && Object.keys(changes()).length > 0);

  for (const pick of form.querySelectorAll("[data-creator]")) {
    pick.querySelector("input").after(avatar(pick.textContent.trim(), pick.dataset.avatar));
  }
  form.addEventListener("input", tell);
  form.addEventListener("change", tell);

  return {
    dirty: () => item !== null && !form.querySelector("fieldset").disabled && Object.keys(changes()).length > 0,
    /** Show an item; one in the trash can be looked at only. */
    fill(shown) {
      item = shown;
      first = valuesOf(shown);
      clearErrors(form);
      form.querySelector("fieldset").disabled = Boolean(shown.trashed_at);
      for (const name of ["name", "description", "alt_text", "rating", "not_before", "until"]) {
        form.elements[name].value = first[name];
      }
      form.elements.tags.value = first.tags.join(", ");
      for (const pick of form.querySelectorAll("[data-creator]")) {
        const on = first.models.includes(pick.dataset.creator);
        pick.querySelector("input").checked = on;
        // Somebody who has left the agency stays where she is, but is not offered.
        pick.hidden = !on && pick.hasAttribute("data-inactive");
      }
      tell();
    },
    /**
     * Send the changes. Resolves to the item as it is now and what would take the
     * changes back; rejects with the errors shown.
     */
    async save() {
      clearErrors(form);
      const sent = changes();
      const before = Object.fromEntries(Object.keys(sent).map((name) => [name, item[name]]));
      for (const name of ["not_before", "until"]) {
        if (name in sent) sent[name] = fromLocalInput(sent[name]);
      }
      try {
        const answer = await api.patch(`/api/library/${item.id}`, sent);
        return { media: answer.media, before };
      } catch (problem) {
        showErrors(form, problem);
        throw problem;
      }
    },
  };
}
