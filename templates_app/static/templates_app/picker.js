/** Choose media from the library, in the order in which they are taken. */

import { api } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, icon } from "../promura_site/dom.js";
import { justify } from "../promura_site/mediagrid.js";

const AT_ONCE = 48;
const MOST = 100;
const TYPING = 250;

const dialog = document.getElementById("media-picker");
const [grid, search, words, more, count, done] = [
  "grid",
  "search",
  "words",
  "more",
  "count",
  "done",
].map((name) => dialog.querySelector(`[data-picker-${name}]`));

let chosen = [];
let next = null;
let asked = null;

function showCount() {
  count.textContent = chosen.length === 1 ? "1 item" : `${chosen.length} items`;
  done.disabled = chosen.length > MOST;
  done.title = done.disabled ? `A template holds ${MOST} items at most.` : "";
}

function toggle(tile) {
  const id = tile.dataset.mediaId;
  const taken = !chosen.includes(id);
  chosen = taken ? [...chosen, id] : chosen.filter((one) => one !== id);
  mark(tile, taken);
  showCount();
}

function mark(tile, taken) {
  tile.classList.toggle("selected", taken);
  tile.querySelector("button").setAttribute("aria-pressed", String(taken));
  tile.querySelector("input").checked = taken;
}

function mediaTile(item) {
  const clip = item.type === "video";
  const tile = h(
    "li",
    {
      class: "media-item",
      dataset: { mediaId: item.id, ratio: item.width / item.height, mean: item.colour },
    },
    h(
      "button",
      { class: "media-open", type: "button", onClick: () => toggle(tile) },
      h("img", {
        src: item.thumbnail_url,
        alt: item.alt_text || item.name,
        width: item.width,
        height: item.height,
        loading: "lazy",
      }),
    ),
    // The button says it already; the disc is for the eye and the pointer.
    h(
      "label",
      { class: "media-check", "aria-hidden": "true" },
      h("input", { type: "checkbox", tabindex: "-1", onChange: () => toggle(tile) }),
    ),
    clip ? h("p", { class: "media-badges" }, h("span", { class: "media-badge" }, icon("video"), "Clip")) : null,
  );
  mark(tile, chosen.includes(item.id));
  return tile;
}

async function load(address, params) {
  asked?.abort();
  asked = new AbortController();
  try {
    const page = await api.get(address, { params, signal: asked.signal });
    if (params) grid.replaceChildren();
    grid.append(...page.media.map(mediaTile));
    justify(grid);
    next = page.next;
    words.textContent = grid.children.length ? "" : emptyWords();
  } catch (error) {
    if (error.name === "AbortError") return;
    words.textContent = error.message;
    next = null;
  }
  more.hidden = !next;
}

function emptyWords() {
  return search.value
    ? "Nothing in the library fits these words."
    : "The library is empty. Upload pictures on the library page first.";
}

function find() {
  return load("/api/library", { limit: AT_ONCE, count: false, search: search.value.trim() });
}

/** Let a person choose; resolve to the ids in their order, or null when dismissed. */
export async function pickMedia(ids) {
  chosen = [...ids];
  search.value = "";
  words.textContent = "";
  grid.replaceChildren();
  showCount();
  find();
  const closed = openDialog(dialog);
  search.focus();
  return (await closed) === "done" ? chosen : null;
}

let typing = 0;
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(find, TYPING);
});
more.querySelector("button").addEventListener("click", () => load(next));
done.addEventListener("click", () => closeDialog(dialog, "done"));
