/** What stands above a model's calendar: how it is shown, when, which states, whose. */

import { VIEWS, heightOf } from "./calendar-model-view.js";

/** Wire the controls; `changed` is called where the address is another one then. */
export function wireControls({ calendar, state, model, changed }) {
  for (const choice of document.querySelectorAll("[name=view]")) {
    choice.addEventListener("change", () => {
      calendar.setOption("contentHeight", heightOf(choice.value));
      calendar.changeView(VIEWS[choice.value]);
    });
  }
  for (const button of document.querySelectorAll("[data-step]")) {
    button.addEventListener("click", () => calendar[button.dataset.step]());
  }
  state.addEventListener("change", () => {
    changed();
    calendar.refetchEvents();
  });
  model.addEventListener("change", () => {
    const query = new URLSearchParams(window.location.search);
    query.set("model", model.value);
    window.location.assign(`?${query}`);
  });
}
