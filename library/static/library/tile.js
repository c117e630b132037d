/** One tile of the grid: made from the page's template, filled with an item. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { lengthWords } from "./words.js";

const template = document.getElementById("media-tile");

/** Return a new, empty tile. */
export function newTile() {
  return template.content.firstElementChild.cloneNode(true);
}

function badgesOf(item) {
  const badges = [];
  if (item.type === "video") {
    badges.push(h("span", { class: "media-badge" }, icon("video"), lengthWords(item.duration_seconds ?? 0)));
  }
  if (item.planned_count) {
    badges.push(h("span", { class: "media-badge" }, icon("clock"), `Planned ${item.planned_count}`));
  }
  return badges;
}

function captionOf(item) {
  const use = item.used_count ? `used ${item.used_count}` : "not used yet";
  return [item.tags.join(", "), use].filter(Boolean).join(" · ");
}

/** A wide tile would stretch the thumbnail, whose longer edge has 480 pixels. */
const WIDE = 1.9;

/** Show an item in a tile and return the tile. */
export function fillTile(tile, item) {
  const picture = tile.querySelector("img");
  tile.dataset.mediaId = item.id;
  tile.dataset.ratio = item.width && item.height ? String(item.width / item.height) : "1";
  tile.dataset.mean = item.colour ?? "";
  tile.classList.toggle("trashed", Boolean(item.trashed_at));
  picture.alt = item.alt_text || item.name;
  picture.width = item.width || 1;
  picture.height = item.height || 1;
  const source = item.width / item.height > WIDE ? item.preview_url : item.thumbnail_url;
  if (picture.getAttribute("src") !== source) picture.src = source;
  const check = tile.querySelector(".media-check span");
  if (check) check.textContent = `Select ${item.name}`;
  replaceChildren(tile.querySelector(".media-badges"), badgesOf(item));
  tile.querySelector(".media-caption strong").textContent = item.name;
  tile.querySelector(".media-caption .meta").textContent = captionOf(item);
  return tile;
}

/** Say on a tile why nothing was done to it. */
export function refuse(tile, reason) {
  tile.querySelector(".media-reason")?.remove();
  tile.classList.add("refused");
  tile.append(h("p", { class: "media-reason" }, icon("warning"), h("span", {}, reason)));
}

/** Take the reasons off again. */
export function forgive(grid) {
  for (const tile of grid.querySelectorAll(".media-item.refused")) {
    tile.classList.remove("refused");
    tile.querySelector(".media-reason")?.remove();
  }
}
