/** Say what happened, and offer to take it back. */

import { h, icon, replaceChildren } from "./dom.js";

/** Have a screen reader say `message` when it has a moment. */
export function announce(message) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = "";
  // An empty region first, or the same sentence twice would be said once.
  setTimeout(() => {
    live.textContent = message;
  }, 50);
}

function keepWhileUsed(bar, seconds, close) {
  let timer = setTimeout(close, seconds * 1000);
  const hold = () => clearTimeout(timer);
  const release = () => {
    hold();
    timer = setTimeout(close, seconds * 1000);
  };
  bar.addEventListener("pointerenter", hold);
  bar.addEventListener("focusin", hold);
  bar.addEventListener("pointerleave", release);
  bar.addEventListener("focusout", release);
  return hold;
}

/**
 * Show a bar with the message and, when `undo` is given, a button that runs it.
 *
 * `undo` may return the sentence that is then said; what it throws is shown in the
 * bar. The bar stays while the pointer or the focus is in it.
 */
export function offerUndo({ message, undo, label = "Undo", seconds = 12 }) {
  const slot = document.getElementById("undo");
  const words = h("span", { class: "undo-words" }, message);
  const bar = h("div", { class: "undo-bar" }, words);
  let hold = () => {};
  const close = () => {
    hold();
    bar.remove();
  };
  const run = async (event) => {
    const button = event.currentTarget;
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      const said = (await undo()) || "Undone.";
      close();
      announce(said);
    } catch (error) {
      button.removeAttribute("aria-busy");
      words.textContent = error.message;
      announce(error.message);
    }
  };
  if (undo) bar.append(h("button", { class: "btn btn-small", type: "button", onClick: run }, icon("undo"), label));
  bar.append(
    h(
      "button",
      { class: "btn btn-quiet btn-small btn-icon", type: "button", title: "Dismiss", onClick: close },
      icon("close"),
      h("span", { class: "visually-hidden" }, "Dismiss"),
    ),
  );
  replaceChildren(slot, bar);
  hold = keepWhileUsed(bar, seconds, close);
  announce(undo ? `${message} ${label} is offered at the end of the page.` : message);
  return close;
}

/** Show a bar above the page, in the place of the one that was shown last. */
export function showBanner(said) {
  clearBanner();
  document.getElementById("banner")?.append(bar(said));
}

/** Take the bar that `showBanner` has shown away. */
export function clearBanner() {
  document.querySelector("#banner > .banner:not([data-standing])")?.remove();
}

function bar({ kind = "info", text, url, link = "See why" }, standing = false) {
  return h("div", { class: `banner banner-${kind}`, "data-standing": standing },
    icon(kind === "info" ? "info" : "warning"),
    h("span", {}, text),
    url ? h("a", { href: url }, link) : null);
}

/** Bring the bars that stand on every page in line with what the server says. */
export function showStanding(bars) {
  const slot = document.getElementById("banner");
  const shown = [...(slot?.querySelectorAll("[data-standing]") ?? [])];
  const words = (one) => [one.querySelector("span").textContent, one.querySelector("a").textContent].join();
  // Polls call this again and again: what already stands there is not said again.
  const same = shown.length === bars.length &&
    shown.every((one, place) => words(one) === [bars[place].text, bars[place].link].join());
  if (!slot || same) return;
  for (const one of shown) one.remove();
  slot.prepend(...bars.map((one) => bar(one, true)));
}
