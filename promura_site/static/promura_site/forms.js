/** Show what the server refused beside the field it refused. */

import { h } from "./dom.js";

let made = 0;

/** Flatten `{a: {b: ["x"]}}` to `{"a.b": ["x"]}`; lists of strings stay. */
function flatten(errors, prefix = "") {
  const flat = {};
  for (const [name, value] of Object.entries(errors ?? {})) {
    const key = prefix ? `${prefix}.${name}` : name;
    if (typeof value === "string") flat[key] = [value];
    else if (Array.isArray(value) && value.every((one) => typeof one === "string")) {
      flat[key] = value;
    } else if (value) Object.assign(flat, flatten(value, key));
  }
  return flat;
}

function controlOf(form, name) {
  const found = form.elements.namedItem(name);
  return found instanceof RadioNodeList ? found[0] : found;
}

function describe(control, id) {
  const ids = (control.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  control.setAttribute("aria-describedby", [...ids, id].join(" "));
}

function markField(control, messages) {
  const id = `field-error-${(made += 1)}`;
  const place = control.closest(".field, .field-group, .check, .switch");
  const line = h("p", { class: "field-error", id, "data-shown-error": true }, messages.join(" "));
  if (place) place.append(line);
  else control.after(line);
  control.setAttribute("aria-invalid", "true");
  describe(control, id);
}

function showAbove(form, words) {
  const line = h("p", { class: "notice notice-bad", role: "alert", "data-shown-error": true });
  // In a dialog beneath its title, not on its upper edge.
  (form.querySelector(".dialog-body") ?? form).prepend(line);
  line.textContent = words;
  line.scrollIntoView({ block: "nearest" });
}

/** Take away what `showErrors` put into the form. */
export function clearErrors(form) {
  for (const line of form.querySelectorAll("[data-shown-error]")) {
    for (const control of form.querySelectorAll(`[aria-describedby~="${line.id || "-"}"]`)) {
      const rest = control.getAttribute("aria-describedby").split(" ");
      const kept = rest.filter((id) => id !== line.id).join(" ");
      if (kept) control.setAttribute("aria-describedby", kept);
      else control.removeAttribute("aria-describedby");
      control.removeAttribute("aria-invalid");
    }
    line.remove();
  }
}

/**
 * Show an ApiError, or a map of field names to messages, in the form.
 *
 * What belongs to a field stands under it; the rest, or the sentence of an error
 * without fields, stands above. The first refused field gets the focus.
 */
export function showErrors(form, problem) {
  clearErrors(form);
  const isError = problem instanceof Error;
  const rest = [];
  let first = null;
  for (const [name, messages] of Object.entries(flatten(isError ? problem.errors : problem))) {
    const control = controlOf(form, name) ?? controlOf(form, name.split(".").at(-1));
    if (control?.closest && control.type !== "hidden") {
      markField(control, messages);
      first ??= control;
    } else {
      rest.push(...messages);
    }
  }
  if (rest.length) showAbove(form, rest.join(" "));
  else if (isError && !first) showAbove(form, problem.message);
  first?.focus();
}

/** Return the form's fields as an object; a name that occurs twice becomes a list. */
export function formData(form) {
  const data = {};
  for (const [name, value] of new FormData(form)) {
    if (name === "csrfmiddlewaretoken") continue;
    data[name] = name in data ? [data[name], value].flat() : value;
  }
  return data;
}

/** Run `handler(data, event)` on submit: button busy, what is refused shown inline. */
export function submitWith(form, handler) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter ?? form.querySelector('[type="submit"]');
    if (button?.getAttribute("aria-busy") === "true") return;
    clearErrors(form);
    button?.setAttribute("aria-busy", "true");
    try {
      await handler(formData(form), event);
    } catch (error) {
      if (error?.name !== "ApiError") {
        showAbove(form, "Something on this page went wrong. Reload it and try again.");
        throw error;
      }
      showErrors(form, error);
    } finally {
      button?.removeAttribute("aria-busy");
    }
  });
}
