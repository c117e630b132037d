/** The media of one view: loaded page by page, each with its tile. */

import { api } from "../promura_site/api.js";
import { justify } from "../promura_site/mediagrid.js";
import { fillTile, newTile } from "./tile.js";

const PAGE = 100;
const MOST = 1000;

/** Tells `change` when other tiles are there, `busy` when it begins or ends to load. */
export class Shelf extends EventTarget {
  constructor(grid) {
    super();
    this.grid = grid;
    this.items = new Map();
    this.view = {};
    this.count = 0;
    this.next = null;
    this.busy = false;
    this.error = null;
    this.loading = null;
  }

  get tiles() {
    return [...this.grid.querySelectorAll(".media-item")];
  }

  get ids() {
    return [...this.items.keys()];
  }

  tileOf(id) {
    return this.grid.querySelector(`.media-item[data-media-id="${CSS.escape(id)}"]`);
  }

  /** Load a view from its beginning. */
  async show(view) {
    this.view = view;
    await this.load({ ...view, limit: PAGE });
  }

  /** Load the next page, if there is one. */
  async more() {
    if (!this.next || this.busy) return;
    await this.load(this.following(this.next), { append: true });
  }

  /** Load what is shown once more; tiles that stay keep their place and selection. */
  async refresh() {
    const wanted = Math.max(this.items.size, PAGE);
    await this.load({ ...this.view, limit: Math.min(wanted, MOST) }, { wanted });
  }

  /** Return the parameters of the page behind a link; its length is not the link's. */
  following(link, limit = PAGE) {
    return { ...Object.fromEntries(new URL(link).searchParams), limit, count: "false" };
  }

  async load(params, { append = false, wanted = 0 } = {}) {
    this.loading?.abort();
    const loading = new AbortController();
    this.loading = loading;
    this.tell(true);
    try {
      const { signal } = loading;
      const answer = await api.get("/api/library", { params, signal });
      let { media, next } = answer;
      while (next && media.length < wanted) {
        const page = await api.get("/api/library", { params: this.following(next, MOST), signal });
        media = [...media, ...page.media];
        next = page.next;
      }
      this.error = null;
      this.count = answer.count ?? this.count;
      this.next = next;
      this.lay(media, append);
    } catch (error) {
      if (loading.signal.aborted) return;
      if (error.name !== "ApiError") throw error;
      this.error = error;
    }
    this.loading = null;
    this.tell(false);
    this.dispatchEvent(new Event("change"));
  }

  tell(busy) {
    this.busy = busy;
    this.grid.setAttribute("aria-busy", String(busy));
    this.dispatchEvent(new Event("busy"));
  }

  /** Show a changed item where it stands. */
  put(item) {
    if (!this.items.has(item.id)) return;
    this.items.set(item.id, item);
    fillTile(this.tileOf(item.id), item);
  }

  /** Take items out of the view that no longer belong to it. */
  take(ids) {
    const gone = new Set(ids);
    const before = this.items.size;
    this.lay([...this.items.values()].filter((item) => !gone.has(item.id)));
    this.count -= before - this.items.size;
    this.dispatchEvent(new Event("change"));
  }

  /** Bring the tiles in line with `items`, moving as few of them as possible. */
  lay(items, append = false) {
    const known = new Map(this.tiles.map((tile) => [tile.dataset.mediaId, tile]));
    if (!append) this.items.clear();
    for (const item of items) this.items.set(item.id, item);
    const focus = this.afterRemoval();
    for (const [id, tile] of known) if (!this.items.has(id)) tile.remove();
    let place = append ? null : this.grid.firstElementChild;
    for (const item of items) {
      const tile = fillTile(known.get(item.id) ?? newTile(), item);
      if (tile === place) place = place.nextElementSibling;
      else this.grid.insertBefore(tile, place);
    }
    justify(this.grid);
    focus?.querySelector(".media-open").focus({ preventScroll: true });
  }

  /** Return the tile to focus when the one that has the focus is about to go. */
  afterRemoval() {
    const stays = (tile) => this.items.has(tile.dataset.mediaId);
    const tiles = this.tiles;
    const at = tiles.findIndex((tile) => tile.contains(document.activeElement));
    if (at < 0 || stays(tiles[at])) return null;
    return tiles.slice(at).find(stays) ?? tiles.slice(0, at).findLast(stays);
  }
}
