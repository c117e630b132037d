/** The templates page: find, use, copy, delete with undo. Rows come from the server. */

import { api, fetchPage, withParams } from "../promura_site/api.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { localizeTimes } from "../promura_site/time.js";
import { editTemplate } from "./editor.js";

const TYPING = 250;

const filters = document.querySelector("[data-template-filters]");
const results = document.querySelector("[data-template-results]");
let asked = null;

async function fetchResults(address) {
  asked?.abort();
  asked = new AbortController();
  const page = await fetchPage(address, { signal: asked.signal });
  const fresh = page.querySelector("[data-template-results]");
  // Signed out meanwhile: the answer is the sign-in page.
  if (!fresh) window.location.reload();
  return fresh;
}

/** Do what may fail, and say so at the bottom of the page when it does. */
async function attempt(work) {
  try {
    await work();
  } catch (error) {
    if (error.name !== "AbortError") offerUndo({ message: error.message });
  }
}

function paint(root) {
  localizeTimes(root);
  for (const picture of root.querySelectorAll("img[data-mean]")) {
    picture.style.setProperty("--mean", picture.dataset.mean);
  }
}

async function show(address, { changed } = {}) {
  const fresh = await fetchResults(address);
  if (!fresh) return;
  results.replaceChildren(...fresh.childNodes);
  paint(results);
  history.replaceState(null, "", address);
  const row = changed && results.querySelector(`[data-template-id="${changed}"]`);
  row?.classList.add("changed");
  row?.querySelector("[data-open-template]")?.focus();
}

const refresh = (options) => show(window.location.href, options);

function find() {
  const wanted = Object.fromEntries(new FormData(filters));
  const tags = new URLSearchParams(window.location.search).get("tags");
  return attempt(async () => {
    await show(withParams(window.location.pathname, { ...wanted, tags }));
    announce(results.querySelector("[data-template-count]").textContent.trim());
  });
}

async function showMore(link) {
  const fresh = await fetchResults(link.href);
  const rows = [...fresh.querySelectorAll("[data-template-id]")];
  results.querySelector("[data-template-list]").append(...rows);
  const rest = fresh.querySelector("[data-template-more]");
  const more = results.querySelector("[data-template-more]");
  if (rest) more.replaceWith(rest);
  else more.remove();
  paint(results);
  rows[0]?.querySelector("[data-open-template]")?.focus();
}

async function copyText(row) {
  const { template } = await api.post(`/api/templates/${row.dataset.templateId}/use`);
  try {
    await navigator.clipboard.writeText(template.content);
  } catch {
    throw new Error("This browser does not let a page copy. Open the template and copy there.");
  }
  await refresh({ changed: template.id });
  offerUndo({ message: `Copied the text of “${template.name}”.` });
}

async function duplicate(row) {
  const { template } = await api.post(`/api/templates/${row.dataset.templateId}/duplicate`, {});
  await refresh({ changed: template.id });
  await editTemplate(template.id, refresh);
}

async function remove(row) {
  const { templateId: id, templateName: name } = row.dataset;
  await api.del(`/api/templates/${id}`);
  await refresh();
  document.getElementById("templates-title").focus();
  offerUndo({
    message: `Deleted “${name}”.`,
    undo: async () => {
      await api.post(`/api/templates/${id}/restore`);
      await refresh({ changed: id });
      return `Restored “${name}”.`;
    },
  });
}

async function restore(row) {
  const { templateId: id, templateName: name } = row.dataset;
  await api.post(`/api/templates/${id}/restore`);
  await refresh();
  document.getElementById("templates-title").focus();
  offerUndo({ message: `Restored “${name}”.` });
}

const ACTIONS = {
  "[data-open-template]": (row) => editTemplate(row.dataset.templateId, refresh),
  "[data-copy-template]": copyText,
  "[data-duplicate-template]": duplicate,
  "[data-delete-template]": remove,
  "[data-restore-template]": restore,
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-new-template]")) attempt(() => editTemplate(null, refresh));
  for (const [selector, act] of Object.entries(ACTIONS)) {
    const row = event.target.closest(selector)?.closest("[data-template-id]");
    if (row) attempt(() => act(row));
  }
  const link = event.target.closest("[data-swap], [data-more]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  attempt(() => ("more" in link.dataset ? showMore(link) : show(link.href)));
});

let typing = 0;
filters.addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(find, event.target.type === "search" ? TYPING : 0);
});
filters.addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(typing);
  find();
});
paint(results);
