/** Select and open with the mouse, a finger or a pen. */

/** Wire the grid; without a selection (for viewers) everything opens. */
export function wirePointing(grid, selection, open) {
  let shift = false;
  const note = (event) => {
    shift = event.shiftKey;
  };
  // The change of a checkbox does not say which keys were held.
  grid.addEventListener("pointerdown", note);
  grid.addEventListener("keydown", note);

  grid.addEventListener("change", (event) => {
    const tile = event.target.closest(".media-item");
    if (shift) selection.extendTo(tile);
    else selection.set(tile, event.target.checked);
  });

  grid.addEventListener("click", (event) => {
    const button = event.target.closest(".media-open");
    if (!button) return;
    const tile = button.closest(".media-item");
    const adding = event.ctrlKey || event.metaKey;
    // A finger has no keys: once something is selected, a touch selects more.
    const touching = event.pointerType === "touch" && selection?.tiles.length;
    if (selection && event.shiftKey) selection.extendTo(tile);
    else if (selection && (adding || touching)) selection.toggle(tile);
    else open(tile.dataset.mediaId);
  });
}
