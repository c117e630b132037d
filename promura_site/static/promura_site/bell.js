/** The bell: how much is unread, asked again while the page is looked at. */

import { announce, showStanding } from "./undo.js";

const EVERY = 30_000;
const TIMEOUT = 10_000;
const bell = document.querySelector("[data-bell]");
let shown = Number(bell?.dataset.unread ?? 0);

/** Show a number of unread notices beside the bell. */
export function showUnread(unread, more = false) {
  if (!bell) return;
  const badge = bell.querySelector("[data-bell-count]");
  const words = more ? `${unread}+` : String(unread);
  badge.textContent = words;
  badge.hidden = unread === 0;
  bell.querySelector("[data-bell-words]").textContent = unread ? `${words} unread` : "";
  if (unread > shown) announce(unread === 1 ? "1 unread notice" : `${words} unread notices`);
  shown = unread;
}

async function ask() {
  if (document.hidden) return;
  try {
    // The browser sends the ETag of its copy, and hands that out after a 304.
    const response = await fetch(bell.dataset.address, {
      headers: { Accept: "application/json" },
      cache: "no-cache",
      credentials: "same-origin",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    if (!response.ok) return;
    const { unread, more, bars } = await response.json();
    showUnread(unread, more);
    showStanding(bars);
  } catch {
    // Without an answer the bell keeps what it knows; the next time may do better.
  }
}

/** Keep the bell of this page up to date. */
export function wireBell() {
  if (!bell) return;
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
}
