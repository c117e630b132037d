/** The fields that each connector needs to sign an account in. */

import { announce } from "../promura_site/undo.js";

const PREFIX = "credentials.";
const WITHOUT = ["handover", "outbox"];
const WORDS = {
  handover: "By hand: at its time the post is offered to whoever is on duty, with pictures and text ready for the phone.",
  outbox: "Outbox: each post is laid down as a folder with its text and media. Needs no sign-in.",
  webhook: "Webhook: each post is delivered, signed, to an address of yours.",
  telegram: "Telegram cannot be asked what it has got: after a lost answer a person looks and says.",
};

function partOf(form, connector) {
  if (WITHOUT.includes(connector)) return null;
  const own = form.querySelector(`[data-credentials="${CSS.escape(connector)}"]`);
  return own ?? form.querySelector('[data-credentials="other"]');
}

/** Show the fields of a connector, or none when nothing is to be signed in. */
export function showSignIn(form, connector, wanted) {
  const shown = wanted ? partOf(form, connector) : null;
  for (const part of form.querySelectorAll("[data-credentials]")) part.hidden = part !== shown;
  form.querySelector("[data-connector-words]").textContent = WORDS[connector] ?? "";
}

/** Return the credentials that were typed; null if they cannot be read. */
export function signInOf(form, connector, data) {
  const part = partOf(form, connector);
  if (!part) return {};
  if (part.dataset.credentials === "other") {
    try {
      return JSON.parse(data.credentials || "{}");
    } catch {
      return null;
    }
  }
  const typed = [...part.querySelectorAll("input")].map((input) => [
    input.name.slice(PREFIX.length),
    input.type === "checkbox" ? input.checked : input.value.trim(),
  ]);
  return Object.fromEntries(typed);
}

function secretOf(form) {
  return form.elements[`${PREFIX}secret`];
}

function generate(form) {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  const secret = secretOf(form);
  secret.value = `whsec_${btoa(String.fromCharCode(...bytes))}`;
  secret.type = "text";
  secret.select();
  form.querySelector("[data-copy]").hidden = false;
  const words = "Copy it to the receiver now: once saved it is never shown again.";
  form.querySelector("[data-secret-words]").textContent = words;
  announce(words);
}

async function copy(form) {
  secretOf(form).select();
  // Outside secure contexts there is no clipboard; the selection is there to copy.
  await navigator.clipboard?.writeText(secretOf(form).value).catch(() => null);
  announce("Copied.");
}

/** Hide a secret that was made, when the dialog opens for another account. */
export function resetSecret(form) {
  secretOf(form).type = "password";
  form.querySelector("[data-copy]").hidden = true;
}

/** Let the buttons beside the webhook's secret work. */
export function bindSecret(form) {
  form.querySelector("[data-generate]").addEventListener("click", () => generate(form));
  form.querySelector("[data-copy]").addEventListener("click", () => copy(form));
}
