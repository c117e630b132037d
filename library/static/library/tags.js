/** The tags there are, and suggestions while a person writes some between commas. */

import { api } from "../promura_site/api.js";
import { h, replaceChildren } from "../promura_site/dom.js";

const SHOWN = 8;
let known = null;

export const tags = {
  /** Return the known tags, the most used first; an empty list if they do not load. */
  load() {
    known ??= api.get("/api/library/tags", { params: { limit: 1000 } }).then(
      (answer) => answer.tags,
      () => {
        known = null;
        return [];
      },
    );
    return known;
  },
  /** Ask the server again next time: tags have been made or taken off. */
  forget() {
    known = null;
  },
};

function suggestionsFor(all, text) {
  const written = text.split(",").map((tag) => tag.trim().toLowerCase());
  const last = written.pop();
  const free = all.filter((tag) => !written.includes(tag.name.toLowerCase()));
  const starts = free.filter((tag) => tag.name.toLowerCase().startsWith(last));
  const inside = free.filter((tag) => !starts.includes(tag) && tag.name.toLowerCase().includes(last));
  const found = [...starts, ...inside].slice(0, SHOWN);
  return found.length === 1 && found[0].name.toLowerCase() === last ? [] : found;
}

function options(list) {
  return [...list.querySelectorAll("[role=option]")];
}

/** Offer known tags under an input (an ARIA combobox with a list). */
export function suggestTags(input) {
  const id = `${input.id}-suggestions`;
  const list = h("ul", { class: "suggestions", role: "listbox", id, "aria-label": "Suggestions", hidden: true });
  input.after(list);
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-controls", id],
    ["aria-expanded", "false"],
    ["aria-autocomplete", "list"],
  ]) {
    input.setAttribute(name, value);
  }

  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (name) => {
    const before = input.value.split(",").slice(0, -1).map((tag) => tag.trim());
    input.value = `${[...before, name].join(", ")}, `;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  };
  const option = (tag, place) =>
    h("li", { class: "menu-item", role: "option", id: `${id}-${place}`, "aria-selected": "false", dataset: { tag: tag.name } }, h("span", { class: "clip" }, tag.name), h("span", { class: "meta num" }, tag.count));
  const offer = async () => {
    const found = suggestionsFor(await tags.load(), input.value);
    if (document.activeElement !== input || !found.length) return close();
    replaceChildren(list, found.map(option));
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    return input.removeAttribute("aria-activedescendant");
  };
  const move = (step) => {
    const all = options(list);
    const now = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
    const next = all[(now + step + all.length + (now < 0 && step < 0 ? 1 : 0)) % all.length];
    for (const one of all) one.setAttribute("aria-selected", String(one === next));
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  };

  input.addEventListener("input", offer);
  input.addEventListener("focus", offer);
  input.addEventListener("blur", close);
  // Before the input loses the focus, which would close the list.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest("[role=option]");
    if (chosen) take(chosen.dataset.tag);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const active = options(list).find((one) => one.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") move(event.key === "ArrowDown" ? 1 : -1);
    else if (event.key === "Enter" && active) take(active.dataset.tag);
    else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else return;
    event.preventDefault();
  });
}
