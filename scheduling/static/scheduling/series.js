/** The list of series: end one, or let it go on again. */

import { api, fetchPage } from "../promura_site/api.js";
import { localizeTimes } from "../promura_site/time.js";
import { offerUndo } from "../promura_site/undo.js";

const filters = document.querySelector("[data-series-filters]");

function rowOf(id) {
  return document.getElementById(`series-${id}`);
}

/** Fetch the page anew and put the row of a series in its place. */
async function redraw(id) {
  const fresh = (await fetchPage(window.location.href)).getElementById(`series-${id}`);
  const row = rowOf(id);
  if (!row || !fresh) return;
  row.replaceWith(document.adoptNode(fresh));
  localizeTimes(fresh);
  fresh.querySelector(".list-actions button")?.focus();
}

async function end(id) {
  const answer = await api.post(`/api/series/${id}/end`, {});
  await redraw(id);
  const kept = answer.kept ? ` ${answer.kept} that somebody has changed ${answer.kept === 1 ? "stays" : "stay"} planned.` : "";
  offerUndo({ message: `${answer.message}.${kept}`, undo: () => reopen(id) });
}

async function reopen(id) {
  const answer = await api.post(`/api/series/${id}/reopen`);
  await redraw(id);
  return `${answer.message}.`;
}

async function act(button, work) {
  if (button.getAttribute("aria-busy") === "true") return;
  button.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    offerUndo({ message: error.message });
    if (error.name !== "ApiError") throw error;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-end-series], [data-reopen-series]");
  const id = button?.closest("[data-series-id]")?.dataset.seriesId;
  if (!id) return;
  act(button, async () => {
    if (button.matches("[data-end-series]")) await end(id);
    else offerUndo({ message: await reopen(id) });
  });
});

filters.addEventListener("change", () => filters.requestSubmit());

const begun = JSON.parse(sessionStorage.getItem("series-begun") ?? "null");
if (begun) {
  sessionStorage.removeItem("series-begun");
  const row = rowOf(begun.id);
  row?.classList.add("changed");
  row?.focus();
  offerUndo({ message: `${begun.message}.`, undo: () => end(begun.id).then(() => "The series is ended.") });
}
