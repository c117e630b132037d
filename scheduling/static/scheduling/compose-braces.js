/** Ask once whether what is no variable is to go out in its braces. */

import { openDialog } from "../promura_site/dialog.js";

const dialog = document.getElementById("braces-dialog");
const list = dialog.querySelector("[data-braces]");

/** Resolve to whether these names may stay as they are written. */
export async function mayStay(names) {
  list.textContent = names.map((name) => `{${name}}`).join(", ");
  return (await openDialog(dialog)) === "keep";
}
