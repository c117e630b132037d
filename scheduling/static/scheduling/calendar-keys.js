/** The grid by keyboard: one place of it is in the order of the tab key. */

function linesOf(grid) {
  return [...grid.querySelectorAll("[data-row]")].map((row) => [...row.querySelectorAll("[data-cell]")]);
}

function placeOf(lines, cell) {
  const y = lines.findIndex((line) => line.includes(cell));
  return y < 0 ? null : [y, lines[y].indexOf(cell)];
}

function target(event, lines, [y, x]) {
  const last = lines[y].length - 1;
  const ends = event.ctrlKey || event.metaKey;
  return {
    ArrowUp: lines[y - 1]?.[x],
    ArrowDown: lines[y + 1]?.[x],
    ArrowLeft: lines[y][x - 1],
    ArrowRight: lines[y][x + 1],
    Home: ends ? lines[0][0] : lines[y][0],
    End: ends ? lines.at(-1)[last] : lines[y][last],
    PageUp: lines[Math.max(0, y - 5)][x],
    PageDown: lines[Math.min(lines.length - 1, y + 5)][x],
  }[event.key];
}

function controlsOf(cell) {
  return [...cell.querySelectorAll("button, a")].filter((one) => one.getClientRects().length);
}

/** Go up and down among what stands in a cell; other arrows go back to the cells. */
function inside(event, cell) {
  const controls = controlsOf(cell);
  const at = controls.indexOf(event.target.closest("button, a"));
  if (event.key === "Escape") return cell;
  if (event.key === "ArrowDown") return controls[at + 1] ?? event.target;
  if (event.key === "ArrowUp") return controls[at - 1] ?? cell;
  return null;
}

/** Wire the keys; `enter(cell)` opens a cell, `pick(element)` picks a post up. */
export function wireKeys(grid, carry, { enter, pick }) {
  grid.addEventListener("keydown", (event) => {
    const cell = event.target.closest("[data-cell]");
    if (!cell || event.altKey) return;
    const done = (to) => {
      event.preventDefault();
      event.stopPropagation();
      to?.focus();
    };
    const post = event.target.closest("[data-post]");
    if (post && event.target.matches(".cal-open") && event.key === " ") {
      done();
      pick(post);
      return;
    }
    if (event.target === cell && (event.key === "Enter" || event.key === " ")) {
      done();
      if (carry.thing) carry.putDown(cell);
      else enter(cell, controlsOf(cell));
      return;
    }
    if (event.target !== cell) {
      const to = inside(event, cell);
      if (to) {
        done(to);
        return;
      }
      if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    }
    const lines = linesOf(grid);
    const place = placeOf(lines, cell);
    const to = place && target(event, lines, place);
    if (to) done(to);
  });
  grid.addEventListener("focusin", (event) => {
    const cell = event.target.closest("[data-cell]");
    const before = grid.querySelector("[data-cell][tabindex='0']");
    if (!cell || before === cell) return;
    if (before) before.tabIndex = -1;
    cell.tabIndex = 0;
  });
}
