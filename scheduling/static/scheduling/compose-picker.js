/** Choose media from the library, in the order in which they shall stand. */

import { ApiError, api } from "../promura_site/api.js";
import { openDialog } from "../promura_site/dialog.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { shortOf } from "./compose-media.js";

const PAGE = 60;
const PAUSE = 250;

/** Wire the dialog and the button that opens it. */
export function wirePicker(plan, dialog, opener) {
  const part = (name) => dialog.querySelector(`[data-picker-${name}]`);
  const [grid, search, model, used] = [part("grid"), part("search"), part("model"), part("used")];
  const more = part("more");
  const chosen = new Map();
  let next = null;
  let asked = new AbortController();
  let timer = 0;

  const number = () => {
    const places = [...chosen.keys()];
    for (const tile of grid.children) {
      const at = places.indexOf(tile.dataset.id);
      tile.classList.toggle("is-chosen", at >= 0);
      tile.querySelector("button").setAttribute("aria-pressed", String(at >= 0));
      tile.querySelector(".picker-place").textContent = at >= 0 ? at + 1 : "";
    }
    part("count").textContent = chosen.size ? `${chosen.size} chosen` : "";
    part("take").textContent = chosen.size === 1 ? "Use this one" : "Use these";
  };
  const toggle = (item) => {
    if (!chosen.delete(item.id)) chosen.set(item.id, shortOf(item));
    number();
  };
  const tile = (item) => {
    const facts = [item.name, item.tags.join(", "), item.planned_count ? `planned ${item.planned_count}` : ""];
    return h(
      "li",
      { class: "picker-item", dataset: { id: item.id }, vars: { "--mean": item.colour ?? null } },
      h(
        "button",
        { type: "button", class: "picker-open", "aria-pressed": "false", title: facts.filter(Boolean).join(" · "), onClick: () => toggle(item) },
        h("img", { src: item.thumbnail_url, alt: item.alt_text || item.name, loading: "lazy", decoding: "async" }),
        item.type === "video" ? h("span", { class: "media-badge picker-kind" }, icon("video"), "Clip") : null,
        h("span", { class: "picker-place num", "aria-hidden": "true" }),
      ),
    );
  };

  const say = (words) => {
    part("words").textContent = words;
  };
  const load = async (address, options = {}) => {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    say("");
    try {
      const answer = await api.get(address, { signal, ...options });
      if (options.params) grid.replaceChildren();
      grid.append(...answer.media.map(tile));
      next = answer.next;
      more.hidden = !next;
      if (!grid.children.length) say(isNarrowed() ? "Nothing in the library matches." : "The library is empty. Upload something first.");
      number();
    } catch (problem) {
      if (problem instanceof ApiError) say(problem.message);
      else if (!signal.aborted) throw problem;
    }
  };
  const isNarrowed = () => Boolean(search.value || model.value || used.value);
  const begin = () => {
    clearTimeout(timer);
    const params = { limit: PAGE, count: "false", search: search.value.trim(), model: model.value, used: used.value };
    return load("/api/library", { params });
  };
  /** Begin with the media of the one model that is chosen, if there are any. */
  const beginWith = async ([only, another]) => {
    const fresh = !grid.children.length && only && !another;
    if (fresh) model.value = only.id;
    await begin();
    if (!fresh || grid.children.length || !model.value) return;
    model.value = "";
    await begin();
  };

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(begin, PAUSE);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    begin();
  });
  model.addEventListener("change", begin);
  used.addEventListener("change", begin);
  more.querySelector("button").addEventListener("click", () => load(pathOf(next)));

  opener.addEventListener("click", async () => {
    chosen.clear();
    for (const item of plan.media) chosen.set(item.id, item);
    beginWith(plan.chosen);
    const answer = await openDialog(dialog);
    if (answer === "take") plan.setMedia([...chosen.values()]);
    opener.focus();
  });
}

/** Return the path of an address of ours, so that another host name does no harm. */
function pathOf(address) {
  const url = new URL(address, window.location.href);
  return `${url.pathname}${url.search}`;
}
