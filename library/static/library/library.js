/** The library page: brings its parts together. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { readOpen, readView, writeView } from "./address.js";
import { wireBulk } from "./bulk.js";
import { wireDetail } from "./detail.js";
import { showEmpty } from "./empty.js";
import { wireFilters } from "./filters.js";
import { keepTabStop, wireKeys } from "./keys.js";
import { wirePointing } from "./pointing.js";
import { Selection } from "./selection.js";
import { Shelf } from "./shelf.js";
import { suggestTags, tags } from "./tags.js";
import { wireTrash } from "./trash.js";
import { wireFileSources, wireUploads } from "./uploads.js";
import { countWords } from "./words.js";

const AHEAD = "1200px";

const find = (name) => document.querySelector(`[data-${name}]`);
const grid = find("grid");
const more = find("more");
const canEdit = Boolean(find("bulk"));
const shelf = new Shelf(grid);
const selection = canEdit ? new Selection(grid) : null;

const names = JSON.parse(document.getElementById("library-models").textContent);

function showState() {
  const { view, error, items, busy } = shelf;
  const trashed = view.trashed === "true";
  const [number, ...words] = countWords(shelf.count).split(" ");
  if (trashed) words.push("· kept for 30 days");
  // On a phone there is room for the number alone.
  replaceChildren(find("count"), error ? null : [number, h("span", { class: "not-phone" }, ` ${words.join(" ")}`)]);
  const empty = find("empty");
  empty.hidden = busy || Boolean(error) || items.size > 0;
  if (!empty.hidden) showEmpty(empty, view, { canEdit, ways });
  more.hidden = !error && !shelf.next;
  more.querySelector("button").textContent = error ? "Try again" : "Load more";
  find("more-words").textContent = error?.message ?? `${items.size} of ${countWords(shelf.count)}`;
  trash.show(trashed);
  keepTabStop(grid);
}

async function setView(view, { replace = false, address = true } = {}) {
  if (address) writeView(view, { replace });
  selection?.clear();
  filters.show(view);
  await shelf.show(view);
  announce(shelf.error ? shelf.error.message : `${countWords(shelf.count)} found.`);
}

const ways = {
  clear: () => setView(shelf.view.trashed ? { trashed: "true" } : {}),
  leave: () => setView({}),
  upload: () => find("upload").click(),
};
const filters = wireFilters(find("filters"), { getView: () => shelf.view, setView, tags });
const trash = wireTrash({ shelf, setView });
const detail = wireDetail(document.getElementById("detail"), {
  shelf,
  nameOf: (slug) => names[slug] ?? slug,
});

for (const input of document.querySelectorAll("[data-suggest-tags]")) suggestTags(input);

let toTrash = () => {};
if (canEdit) {
  toTrash = wireBulk(find("bulk"), { shelf, selection }).trash;
  shelf.addEventListener("change", () => selection.follow());
  find("select-all").addEventListener("click", () => selection.all());
  const uploads = wireUploads(find("tray"), {
    changed: () => (shelf.view.trashed ? setView({}) : shelf.refresh()),
    async select(ids) {
      if (!ids.every((id) => shelf.items.has(id))) await setView({});
      selection.only(ids.map((id) => shelf.tileOf(id)).filter(Boolean));
    },
  });
  const sources = { button: find("upload"), input: find("upload-files"), veil: find("veil") };
  wireFileSources(sources, uploads.add);
}
wirePointing(grid, selection, detail.open);
wireKeys(grid, { selection, trash: toTrash });
shelf.addEventListener("change", showState);

const goOn = () => (shelf.error ? shelf.refresh() : shelf.more());
more.querySelector("button").addEventListener("click", goOn);
new IntersectionObserver(
  ([entry]) => {
    if (entry.isIntersecting && !shelf.error) shelf.more();
  },
  { rootMargin: AHEAD },
).observe(more);

window.addEventListener("popstate", () => setView(readView(), { address: false }));

const wanted = readOpen();
await setView(readView(), { address: false });
if (wanted) await detail.open(wanted).catch((problem) => offerUndo({ message: problem.message }));
