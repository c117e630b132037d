/** Copying the caption, opening the app, pasting the link. */

import { announce } from "../promura_site/undo.js";

const COPIED_FOR = 2500;
// An app that opens hides the page; without one nothing happens for that long.
const APP_WAIT = 1200;

function copySelection(source) {
  const range = document.createRange();
  range.selectNodeContents(source);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  return document.execCommand("copy");
}

async function copy(source) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    return true;
  } catch {
    // Outside secure contexts there is no clipboard; the selection stays to be copied.
    return copySelection(source);
  }
}

/** Wire the button that copies the caption. */
export function wireCopy() {
  const button = document.querySelector("[data-copy]");
  const source = document.querySelector("[data-caption]");
  if (!button) return;
  const word = button.querySelector("[data-copy-word]");
  const usual = word.textContent;
  let timer = 0;
  button.addEventListener("click", async () => {
    const done = await copy(source);
    word.textContent = done ? "Copied" : "Selected: copy it by hand";
    button.classList.toggle("is-done", done);
    announce(`${word.textContent}.`);
    clearTimeout(timer);
    timer = setTimeout(() => {
      word.textContent = usual;
      button.classList.remove("is-done");
    }, COPIED_FOR);
  });
}

/** Let the link open the app on a phone, and the site where there is none. */
export function wireApp() {
  const link = document.querySelector("[data-open]");
  if (!link || !window.matchMedia("(pointer: coarse)").matches) return;
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const site = setTimeout(() => {
      if (!document.hidden) window.location.assign(link.href);
    }, APP_WAIT);
    const left = () => clearTimeout(site);
    document.addEventListener("visibilitychange", left, { once: true });
    window.addEventListener("pagehide", left, { once: true });
    window.location.assign(link.dataset.open);
  });
}

/** Wire the button that pastes the link; without a clipboard to read it goes. */
export function wirePaste() {
  const button = document.querySelector("[data-paste]");
  const field = document.querySelector("#hand-link");
  if (!navigator.clipboard?.readText) {
    button.hidden = true;
    return;
  }
  button.addEventListener("click", async () => {
    try {
      field.value = (await navigator.clipboard.readText()).trim();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    } catch {
      announce("The clipboard may not be read. Paste it into the field.");
    }
    field.focus();
  });
}
