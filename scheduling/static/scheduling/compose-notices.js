/** What the page has to say above the form: one notice of each kind. */

import { h } from "../promura_site/dom.js";

/**
 * Show a notice in the place of the last one of its `key`; `look` null takes it away.
 *
 * `title` is set in bold; further arguments are texts or elements behind it.
 */
export function notice(key, look, title = "", ...rest) {
  const place = document.querySelector("[data-notices]");
  place.querySelector(`[data-notice="${key}"]`)?.remove();
  if (!look) return null;
  const words = rest.flatMap((one) => [" ", one]);
  const line = h("div", { class: `notice notice-${look}`, dataset: { notice: key } }, h("strong", {}, title), words);
  place.append(line);
  return line;
}

/** Say that a stored post nearly repeats others; nothing when it does not. */
export function sayRepeated(warnings) {
  const found = warnings.filter((one) => one.code === "near_duplicate");
  const more = found.length > 1 ? ` And ${found.length - 1} more.` : "";
  notice("repeated", found.length ? "warn" : null, "This is nearly the same again.", `${found[0]?.text}${more}`);
}
