/** The filter bar: what it says is what the view is. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { countWords } from "./words.js";
import { isFiltered } from "./address.js";

const PAUSE = 250;

function tagsIn(view) {
  return view.tags ? view.tags.split(",").filter(Boolean) : [];
}

/**
 * Wire the bar. `getView` returns the present view, `setView(view, {replace})` takes a
 * new one, `tags` are the known tags (see tags.js). Returns `{show}`, which brings the
 * bar in line with a view.
 */
export function wireFilters(form, { getView, setView, tags }) {
  const clear = form.querySelector("[data-filters-clear]");
  const number = form.querySelector("[data-tags-number]");
  const choices = document.querySelector("[data-tags-choices]");
  const find = document.querySelector("[data-tags-find]");
  let timer = 0;
  let typing = false;

  const read = () => {
    const fields = Object.fromEntries(new FormData(form));
    const { tags: chosen, trashed } = getView();
    const view = { ...fields, search: fields.search.trim(), tags: chosen, trashed };
    return Object.fromEntries(Object.entries(view).filter(([, value]) => value));
  };
  const send = (replace) => {
    clearTimeout(timer);
    setView(read(), { replace });
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(typing);
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "search") send(false);
  });
  form.elements.search.addEventListener("input", () => {
    clearTimeout(timer);
    // One word typed is one step back, not one for each letter.
    timer = setTimeout(() => {
      send(typing);
      typing = true;
    }, PAUSE);
  });
  form.elements.search.addEventListener("blur", () => {
    typing = false;
  });
  clear.addEventListener("click", () => {
    const { trashed, ordering } = getView();
    setView(Object.fromEntries(Object.entries({ trashed, ordering }).filter(([, one]) => one)));
    form.elements.search.focus();
  });

  const toggleTag = (name) => {
    const now = tagsIn(getView());
    const next = now.includes(name) ? now.filter((one) => one !== name) : [...now, name];
    const view = { ...getView(), tags: next.join(",") };
    if (!view.tags) delete view.tags;
    setView(view);
  };
  const showTags = async () => {
    const wanted = find.value.trim().toLowerCase();
    const known = await tags.load();
    const chosen = tagsIn(getView());
    const missing = chosen.filter((name) => !known.some((tag) => tag.name === name));
    const all = [...missing.map((name) => ({ name, count: 0 })), ...known];
    const shown = all.filter((tag) => tag.name.toLowerCase().includes(wanted));
    const focused = document.activeElement?.dataset?.tag;
    replaceChildren(
      choices,
      shown.length ? null : h("p", { class: "meta" }, wanted ? "No tag like that." : "There are no tags yet."),
      shown.map((tag) => chip(tag, chosen.includes(tag.name), toggleTag)),
    );
    if (focused) choices.querySelector(`[data-tag="${CSS.escape(focused)}"]`)?.focus();
  };
  find.addEventListener("input", showTags);
  document.getElementById("tag-filter").addEventListener("toggle", (event) => {
    if (event.newState !== "open") return;
    showTags();
    find.focus();
  });

  return {
    show(view) {
      for (const name of ["type", "model", "used", "ordering"]) form.elements[name].value = view[name] ?? "";
      // What is being typed is newer than what was asked for.
      if (document.activeElement !== form.elements.search) form.elements.search.value = view.search ?? "";
      const chosen = tagsIn(view);
      number.textContent = chosen.length ? String(chosen.length) : "";
      number.parentElement.classList.toggle("is-set", chosen.length > 0);
      clear.hidden = !isFiltered(view);
      if (document.getElementById("tag-filter").matches(":popover-open")) showTags();
    },
  };
}

function chip(tag, pressed, toggle) {
  return h(
    "button",
    {
      class: "chip",
      type: "button",
      "aria-pressed": String(pressed),
      title: countWords(tag.count),
      dataset: { tag: tag.name },
      onClick: () => toggle(tag.name),
    },
    pressed ? icon("check") : null,
    tag.name,
    h("span", { class: "num text-3" }, tag.count),
  );
}
