/** Which tiles are selected: one, many, a range, all, or all that a filter finds. */

/** The class `selected` of the tiles is the truth; tells `change` after each change. */
export class Selection extends EventTarget {
  constructor(grid) {
    super();
    this.grid = grid;
    this.anchor = null;
    // What the last range added, so that drawing it smaller takes that off again.
    this.swept = new Set();
    this.everything = false;
  }

  get tiles() {
    return [...this.grid.querySelectorAll(".media-item.selected")];
  }

  get ids() {
    return this.tiles.map((tile) => tile.dataset.mediaId);
  }

  mark(tile, on) {
    tile.classList.toggle("selected", on);
    tile.querySelector(".media-check input").checked = on;
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** Select a tile or not; ranges start here. */
  set(tile, on) {
    this.mark(tile, on);
    this.anchor = tile;
    this.swept.clear();
    if (!on) this.everything = false;
    this.changed();
  }

  toggle(tile) {
    this.set(tile, !tile.classList.contains("selected"));
  }

  /** Select from where the last selection was made to this tile. */
  extendTo(tile) {
    const tiles = [...this.grid.querySelectorAll(".media-item")];
    const from = this.anchor?.isConnected ? tiles.indexOf(this.anchor) : -1;
    if (from < 0) {
      this.set(tile, true);
      return;
    }
    const to = tiles.indexOf(tile);
    const range = new Set(tiles.slice(Math.min(from, to), Math.max(from, to) + 1));
    for (const one of this.swept) if (!range.has(one)) this.mark(one, false);
    this.swept = new Set([...range].filter((one) => this.swept.has(one) || !one.classList.contains("selected")));
    for (const one of range) this.mark(one, true);
    this.everything = false;
    this.changed();
  }

  /** Select these tiles and no others. */
  only(tiles) {
    const wanted = new Set(tiles);
    for (const tile of this.tiles) if (!wanted.has(tile)) this.mark(tile, false);
    for (const tile of wanted) this.mark(tile, true);
    this.anchor = null;
    this.swept.clear();
    this.everything = false;
    this.changed();
  }

  /** Select every tile that is loaded. */
  all() {
    this.only(this.grid.querySelectorAll(".media-item"));
  }

  /** Select all that the filter finds, loaded or not. */
  selectEverything() {
    this.all();
    this.everything = true;
    this.changed();
  }

  clear() {
    this.only([]);
  }

  /** Follow the grid after it has loaded or lost tiles. */
  follow() {
    if (this.everything) {
      for (const tile of this.grid.querySelectorAll(".media-item:not(.selected)")) this.mark(tile, true);
    }
    this.changed();
  }
}
