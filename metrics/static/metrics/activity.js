/** Append the next page of the audit log in place; without this it is a plain link. */

import { announce } from "../promura_site/undo.js";

const rows = document.querySelector("[data-audit-rows]");
const more = document.querySelector("[data-load-more]");

async function loadMore(event) {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  if (link.getAttribute("aria-busy") === "true") return;
  link.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(link.href, { credentials: "same-origin" });
    if (!response.ok || response.redirected) throw new Error("no page");
    const next = new DOMParser().parseFromString(await response.text(), "text/html");
    const added = [...next.querySelectorAll("[data-audit-rows] > tr")];
    rows.append(...added.map((row) => document.importNode(row, true)));
    const following = next.querySelector("[data-load-more] a");
    more.replaceChildren(...(following ? [document.importNode(following, true)] : []));
    announce(`${added.length} more events.`);
  } catch {
    link.removeAttribute("aria-busy");
    announce("The server could not be reached. Try again in a moment.");
  }
}

more?.addEventListener("click", loadMore);
