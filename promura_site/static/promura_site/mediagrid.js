/** Justified rows: tell the stylesheet each picture's ratio and mean colour. */

function ratioOf(tile) {
  const said = Number(tile.dataset.ratio);
  if (said > 0) return said;
  const picture = tile.querySelector("img, video");
  const [width, height] = [picture?.getAttribute("width"), picture?.getAttribute("height")];
  return Number(width) > 0 && Number(height) > 0 ? width / height : 1;
}

/** Lay out the tiles of a grid; call it again after adding some. */
export function justify(grid) {
  for (const tile of grid.querySelectorAll(".media-item:not([data-placed])")) {
    // A panorama or a screenshot of a whole page must not take the row for itself.
    const ratio = Math.min(Math.max(ratioOf(tile), 0.4), 3);
    tile.style.setProperty("--ratio", ratio.toFixed(4));
    if (/^#[0-9a-f]{6}$/iu.test(tile.dataset.mean ?? "")) {
      tile.style.setProperty("--mean", tile.dataset.mean);
    }
    tile.dataset.placed = "";
  }
}
