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
