/** Say what a change would bring about, before it happens. */

import { openDialog } from "../promura_site/dialog.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";

const dialog = document.getElementById("warn-dialog");
const part = (name) => dialog.querySelector(`[data-warn-${name}]`);

function lines({ warnings = [], failed = [] }) {
  return [
    warnings.map((text) => h("li", {}, icon("warning"), h("span", {}, text))),
    failed.map(({ name, reason }) => h("li", {}, icon("close"), h("span", {}, `${name}: ${reason}`))),
  ];
}

/** Show the warnings; resolve to whether it is to happen all the same. */
export async function askFirst({ title, warnings, failed = [], go = "Move all the same", leave = "Leave it" }) {
  part("title").textContent = title;
  replaceChildren(part("list"), lines({ warnings, failed }));
  part("go").hidden = false;
  part("go").textContent = go;
  part("leave").textContent = leave;
  return (await openDialog(dialog)) === "go";
}

/** Show what could not be done, each with its reason. */
export async function tellFailures(title, failed) {
  part("title").textContent = title;
  replaceChildren(part("list"), lines({ failed }));
  part("go").hidden = true;
  part("leave").textContent = "Close";
  await openDialog(dialog);
}
