/** The grid by keyboard: one tab stop, arrows between the tiles. */

const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function tilesOf(grid) {
  return [...grid.querySelectorAll(".media-item")];
}

/** Return the tile in the row above (-1) or below (1) that stands nearest. */
function inNextRow(tiles, at, direction) {
  const box = tiles[at].getBoundingClientRect();
  const middle = box.left + box.width / 2;
  let row = null;
  let best = null;
  let distance = Infinity;
  for (let index = at + direction; tiles[index]; index += direction) {
    const other = tiles[index].getBoundingClientRect();
    if (Math.abs(other.top - box.top) < 2) continue;
    row ??= other.top;
    if (Math.abs(other.top - row) >= 2) break;
    const off = Math.abs(other.left + other.width / 2 - middle);
    if (off < distance) [best, distance] = [tiles[index], off];
  }
  return best;
}

function target(tiles, at, key) {
  switch (key) {
    case "ArrowRight":
      return tiles[at + 1];
    case "ArrowLeft":
      return tiles[at - 1];
    case "ArrowDown":
      return inNextRow(tiles, at, 1);
    case "ArrowUp":
      return inNextRow(tiles, at, -1);
    case "Home":
      return tiles[0];
    case "End":
      return tiles.at(-1);
    default:
      return null;
  }
}

/** Give exactly one tile a place in the tab order. */
export function keepTabStop(grid, wanted = null) {
  const stops = grid.querySelectorAll('.media-open[tabindex="0"]');
  const keep = wanted?.querySelector(".media-open") ?? stops[0] ?? grid.querySelector(".media-open");
  for (const stop of stops) if (stop !== keep) stop.tabIndex = -1;
  if (keep) keep.tabIndex = 0;
}

function onGridKey(event, grid, selection) {
  const tile = event.target.closest(".media-item");
  if (!tile || event.ctrlKey || event.metaKey || event.altKey) return;
  const selects = event.key === "x" || (event.key === " " && event.target.matches(".media-open"));
  if (selection && selects) {
    event.preventDefault();
    if (event.shiftKey) selection.extendTo(tile);
    else selection.toggle(tile);
    return;
  }
  const tiles = tilesOf(grid);
  const next = target(tiles, tiles.indexOf(tile), event.key);
  if (!next) return;
  event.preventDefault();
  if (selection && event.shiftKey) {
    if (!selection.anchor?.isConnected) selection.set(tile, true);
    selection.extendTo(next);
  }
  next.querySelector(".media-open").focus();
  next.scrollIntoView({ block: "nearest" });
}

function onPageKey(event, { selection, trash }) {
  if (event.defaultPrevented || event.target.matches?.(FIELDS)) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  const bare = !event.ctrlKey && !event.metaKey && !event.altKey;
  const run = () => {
    if (bare && event.key === "/") return document.querySelector("[data-filters] [name=search]").focus();
    if (!selection) return false;
    if (!bare) return event.key === "a" && !event.altKey && !event.shiftKey ? selection.all() : false;
    if (!selection.tiles.length) return false;
    if (event.key === "Escape") return selection.clear();
    if (event.key === "t") return document.getElementById("bulkTags").focus();
    if (event.key === "Delete") return trash();
    return false;
  };
  if (run() !== false) event.preventDefault();
}

/** Wire the keys; without a selection (for viewers) there is only moving and opening. */
export function wireKeys(grid, { selection, trash }) {
  grid.addEventListener("keydown", (event) => onGridKey(event, grid, selection));
  grid.addEventListener("keyup", (event) => {
    // On a button Space clicks when it is let go.
    if (selection && event.key === " " && event.target.matches(".media-open")) event.preventDefault();
  });
  grid.addEventListener("focusin", (event) => keepTabStop(grid, event.target.closest(".media-item")));
  document.addEventListener("keydown", (event) => onPageKey(event, { selection, trash }));
}
