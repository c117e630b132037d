/** What every signed-in page does by itself. */

import { wireBell } from "./bell.js";
import { wireDialogs } from "./dialog.js";
import { justify } from "./mediagrid.js";
import { wireMenus } from "./menu.js";
import { localizeTimes } from "./time.js";
import { showBanner } from "./undo.js";

const MINUTE = 60_000;

wireBell();
wireDialogs();
wireMenus();
localizeTimes();
for (const grid of document.querySelectorAll("[data-justify]")) justify(grid);

// Signed out elsewhere, or for too long: what was typed stays until the person goes.
document.addEventListener("promura:signed-out", () => {
  const back = encodeURIComponent(window.location.pathname + window.location.search);
  const text = "Your session has ended. What you do here is not saved any more.";
  showBanner({ kind: "info", text, url: `/sign-in?next=${back}`, link: "Sign in again" });
});

// "in 5 minutes" goes stale; nothing else about a time does.
setInterval(() => {
  if (document.hidden || !document.querySelector('time[data-style="relative"]')) return;
  localizeTimes();
}, MINUTE);
