/** Place popover menus beside their buttons and walk them with the arrow keys. */

const GAP = 6;

function buttonOf(menu) {
  const near = document.activeElement?.closest?.(`[popovertarget="${menu.id}"]`);
  return near ?? document.querySelector(`[popovertarget="${menu.id}"]`);
}

function place(menu) {
  const button = buttonOf(menu)?.getBoundingClientRect();
  if (!button) return;
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = button.bottom + GAP;
  const fits = below + height <= window.innerHeight - GAP;
  const top = fits ? below : Math.max(GAP, button.top - GAP - height);
  // Aligned with the button's end, as most menus hang at the end of a row.
  const left = Math.max(GAP, Math.min(button.right, window.innerWidth - GAP) - width);
  menu.style.setProperty("top", `${top}px`);
  menu.style.setProperty("left", `${left}px`);
}

function step(menu, event) {
  const items = [...menu.querySelectorAll(".menu-item:not(:disabled)")].filter(
    (item) => item.offsetParent !== null || item.getClientRects().length,
  );
  const now = items.indexOf(document.activeElement);
  const next = {
    ArrowDown: (now + 1) % items.length,
    ArrowUp: (now <= 0 ? items.length : now) - 1,
    Home: 0,
    End: items.length - 1,
  }[event.key];
  if (next === undefined || !items.length) return;
  event.preventDefault();
  items[next].focus();
}

/** Wire the page's menus, those that come later included. */
export function wireMenus() {
  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.(".menu[popover]") || event.newState !== "open") return;
      if (!menu.matches(".account-menu")) place(menu);
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const open = document.querySelector(".menu:popover-open");
    if (!open) return;
    const inside = open.contains(event.target);
    if (inside || event.target.closest(`[popovertarget="${open.id}"]`)) step(open, event);
  });
  document.addEventListener("click", (event) => {
    const item = event.target.closest(".menu:popover-open button.menu-item:not([type=submit])");
    item?.closest(".menu").hidePopover();
  });
  // A menu stays where its button was: scrolling under it closes it.
  window.addEventListener(
    "scroll",
    (event) => {
      const open = document.querySelector(".menu:popover-open");
      if (open && !open.contains(event.target)) open.hidePopover();
    },
    { capture: true, passive: true },
  );
}
