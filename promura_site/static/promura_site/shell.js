/** What every signed-in page does by itself. */

import { wireDialogs } from "./dialog.js";
import { justify } from "./mediagrid.js";
import { wireMenus } from "./menu.js";
import { localizeTimes } from "./time.js";

const MINUTE = 60_000;

wireDialogs();
wireMenus();
localizeTimes();
for (const grid of document.querySelectorAll("[data-justify]")) justify(grid);

// "in 5 minutes" goes stale; nothing else about a time does.
setInterval(() => {
  if (document.hidden || !document.querySelector('time[data-style="relative"]')) return;
  localizeTimes();
}, MINUTE);
