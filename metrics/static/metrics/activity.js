/** Append the next page of the audit log in place; without this it is a plain link. */

import { fetchPage } from "../promura_site/api.js";
import { announce, offerUndo } from "../promura_site/undo.js";

const rows = document.querySelector("[data-audit-rows]");
const more = document.querySelector("[data-load-more]");

async function loadMore(event) {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  if (link.getAttribute("aria-busy") === "true") return;
  link.setAttribute("aria-busy", "true");
  try {
    const next = await fetchPage(link.href);
    const added = [...next.querySelectorAll("[data-audit-rows] > tr")];
    // Signed out meanwhile: the answer is the sign-in page.
    if (!added.length) window.location.reload();
    rows.append(...added.map((row) => document.importNode(row, true)));
    const following = next.querySelector("[data-load-more] a");
    more.replaceChildren(...(following ? [document.importNode(following, true)] : []));
    announce(`${added.length} more events.`);
  } catch (error) {
    link.removeAttribute("aria-busy");
    offerUndo({ message: error.message });
  }
}

more?.addEventListener("click", loadMore);
