/** What can be put into the week: photos of the library, or templates. */

import { ApiError, api } from "../promura_site/api.js";
import { h, icon } from "../promura_site/dom.js";

const PAGE = 40;
const PAUSE = 250;
const SOURCES = {
  media: { path: "/api/library", of: (answer) => answer.media, order: "-uploaded_at", none: "The library is empty. Upload something there first." },
  template: { path: "/api/templates", of: (answer) => answer.templates, order: "-updated_at", none: "There are no templates yet. Write one on the templates page." },
};

function pathOf(address) {
  const url = new URL(address, window.location.href);
  return `${url.pathname}${url.search}`;
}

function mediaItem(item, chosen) {
  const planned = item.planned_count ? ` · planned ${item.planned_count}` : "";
  return h("li", { class: "tray-item", draggable: "true", dataset: { key: `media ${item.id}`, piece: item.id } },
    h("button", { class: "tray-open", type: "button", title: `${item.name}${planned}`, "aria-label": `Pick up ${item.name}${planned}` },
      h("img", { src: item.thumbnail_url, alt: "", width: 64, height: 80, loading: "lazy", decoding: "async", draggable: "false" }),
      item.type === "video" && h("span", { class: "media-badge tray-kind" }, icon("video"), "Clip")),
    h("label", { class: "tray-check" },
      h("input", { type: "checkbox", checked: chosen.has(item.id), dataset: { pieceChoose: item.id } }),
      h("span", { class: "visually-hidden" }, `Choose ${item.name}`)));
}

function templateItem(item) {
  const facts = [item.media_ids.length && `${item.media_ids.length} media`, item.tags.join(", ")].filter(Boolean).join(" · ");
  return h("li", { class: "tray-item tray-template", draggable: "true", dataset: { key: `template ${item.id}`, piece: item.id } },
    h("button", { class: "tray-open", type: "button", "aria-label": `Pick up the template ${item.name}` },
      h("strong", { class: "clip" }, icon("templates"), item.name),
      h("span", { class: "text-2 tray-text" }, item.content || "Without text"),
      h("span", { class: "meta clip num" }, facts)));
}

/** Keeps one list of one kind at a time; `chosen` survives searching. */
export class Shelf extends EventTarget {
  constructor({ list, words, more, search }) {
    super();
    Object.assign(this, { list, words, more, search, kind: "media", items: new Map(), chosen: new Map(), next: null });
    this.asked = new AbortController();
    let timer = 0;
    search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.begin(), PAUSE);
    });
    more.addEventListener("click", () => this.load(pathOf(this.next)));
    list.addEventListener("change", (event) => this.onChoose(event.target));
  }

  /** Show photos or templates. */
  show(kind) {
    this.kind = kind;
    this.search.value = "";
    return this.begin();
  }

  begin() {
    const params = { limit: PAGE, count: "false", ordering: SOURCES[this.kind].order, search: this.search.value.trim() };
    return this.load(SOURCES[this.kind].path, { params });
  }

  async load(path, options = {}) {
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    const source = SOURCES[this.kind];
    this.list.setAttribute("aria-busy", "true");
    try {
      const answer = await api.get(path, { signal, ...options });
      const found = source.of(answer);
      if (options.params) {
        this.items.clear();
        this.list.replaceChildren();
        this.list.scrollLeft = 0;
      }
      for (const item of found) this.items.set(item.id, item);
      this.list.append(...found.map((item) => (this.kind === "media" ? mediaItem(item, this.chosen) : templateItem(item))));
      this.next = answer.next;
      this.more.hidden = !answer.next;
      const none = this.search.value.trim() ? "Nothing matches." : source.none;
      this.words.textContent = this.items.size ? "" : none;
    } catch (problem) {
      if (problem instanceof ApiError) this.words.textContent = problem.message;
      else if (!signal.aborted) throw problem;
    } finally {
      if (!signal.aborted) this.list.removeAttribute("aria-busy");
    }
  }

  onChoose(box) {
    const id = box.dataset.pieceChoose;
    if (!id) return;
    if (box.checked) this.chosen.set(id, this.items.get(id));
    else this.chosen.delete(id);
    this.dispatchEvent(new Event("chosen"));
  }

  /** Choose nothing any more. */
  clear() {
    this.chosen.clear();
    for (const box of this.list.querySelectorAll("[data-piece-choose]")) box.checked = false;
    this.dispatchEvent(new Event("chosen"));
  }

  /** Return what is carried when a piece of the tray is picked up. */
  thing(element) {
    const item = this.items.get(element.closest("[data-piece]")?.dataset.piece);
    return item ? { kind: this.kind, item, name: item.name } : null;
  }
}
