/** What FullCalendar's events carry for the keyboard, the screen reader, the selection. */

import { sentenceOf } from "./calendar-post.js";

/** Return what is done with an event's element once it is there. */
export function mountedWith(can, chosen) {
  return ({ el, event }) => {
    const { post } = event.extendedProps;
    // In the list the element is a row of a table; what takes the focus is within.
    const chip = el.querySelector("button.cal-event") ?? el;
    if (chip === el) chip.setAttribute("role", "button");
    if (!post) return;
    Object.assign(chip.dataset, { post: post.id, movable: String(can.change && post.movable) });
    chip.setAttribute("aria-label", sentenceOf(post));
    chip.title = sentenceOf(post);
    chip.classList.toggle("is-chosen", Boolean(chosen()?.has(post.id)));
  };
}

/** Show which posts are chosen; null: none can be. */
export function markChosen(place, chosen) {
  place.classList.toggle("is-selecting", Boolean(chosen));
  for (const chip of place.querySelectorAll("[data-post]")) {
    const taken = chosen?.has(chip.dataset.post) ?? false;
    chip.classList.toggle("is-chosen", taken);
    if (chosen) chip.setAttribute("aria-pressed", String(taken));
    else chip.removeAttribute("aria-pressed");
  }
}
