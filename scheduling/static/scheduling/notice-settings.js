/** How one is told: saving it, and trying it out. */

import { api, submitWith } from "../promura_site/api.js";

const form = document.querySelector("[data-preferences]");
const onCall = document.querySelector("[data-on-call]");

const values = () => ({
  mail: form.elements.mail.checked,
  email: form.elements.email.value.trim(),
  telegram: form.elements.telegram.checked,
  telegram_chat_id: form.elements.telegram_chat_id.value.trim(),
  quiet_from: form.elements.quiet_from.value || null,
  quiet_until: form.elements.quiet_until.value || null,
});

const kinds = () => [...form.querySelectorAll('[name="kind"]')];
let asBefore = chosenKinds();

function chosenKinds() {
  return kinds().map((box) => box.checked).join();
}

/** Return the muted kinds if they were touched: else the usual ones go on to hold. */
function muted() {
  if (chosenKinds() === asBefore) return {};
  return { muted: kinds().filter((box) => !box.checked).map((box) => box.value) };
}

function say(element, words) {
  element.textContent = words;
}

submitWith(form, async () => {
  const line = form.querySelector("[data-saved]");
  say(line, "");
  await api.patch("/api/notices/preferences", { ...values(), ...muted() });
  asBefore = chosenKinds();
  say(line, "Saved.");
});

for (const button of form.querySelectorAll("[data-test]")) {
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    const medium = button.dataset.test;
    const line = form.querySelector(`[data-test-answer="${medium}"]`);
    button.setAttribute("aria-busy", "true");
    say(line, "");
    try {
      const answer = await api.post("/api/notices/test", { medium }, { timeout: 60_000 });
      say(line, `${answer.message}.`);
    } catch (error) {
      say(line, error.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}

if (onCall) {
  submitWith(onCall, async () => {
    const boxes = [...onCall.querySelectorAll('[name="usernames"]:checked')];
    const line = onCall.querySelector("[data-on-call-saved]");
    say(line, "");
    await api.put("/api/notices/on-call", { usernames: boxes.map((box) => box.value) });
    say(line, boxes.length ? "Saved." : "Saved: nobody is on call.");
  });
}
