/** Choose several posts, move or cancel them together. */

import { announce } from "../promura_site/undo.js";
import { cancelPosts, movePosts } from "./calendar-moves.js";
import { plural } from "./calendar-words.js";

/**
 * Wire the selection; `posts()` are those on the page in their order, by id.
 *
 * `redraw` shows the checks, `refresh` loads what is shown again.
 */
export class Selection {
  constructor({ place, bar, toggle, posts, redraw, refresh, report }) {
    Object.assign(this, { bar, toggle, posts, redraw, refresh, report, chosen: null, last: null });
    toggle?.addEventListener("click", () => (this.chosen ? this.end() : this.begin()));
    place.addEventListener("click", (event) => this.onClick(event), true);
    bar.querySelector("[data-bar-done]").addEventListener("click", () => this.end());
    bar.querySelector("[data-bar-cancel]").addEventListener("click", (event) => this.run(event, (ids, context) => cancelPosts(ids, context)));
    bar.querySelector("[data-bar-move]").addEventListener("submit", (event) => this.move(event));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.chosen && !document.querySelector("dialog[open]")) this.end();
    });
  }

  begin() {
    this.chosen = new Set();
    this.toggle.setAttribute("aria-pressed", "true");
    this.redraw();
    this.tell();
    announce("Choose posts: a click or Enter takes one, with Shift all up to it.");
  }

  end() {
    this.chosen = null;
    this.last = null;
    this.toggle.setAttribute("aria-pressed", "false");
    this.bar.hidden = true;
    this.redraw();
    this.toggle.focus({ preventScroll: true });
  }

  onClick(event) {
    const post = event.target.closest("[data-post]");
    const id = post?.dataset.post;
    if (!this.chosen || !id) return;
    event.stopPropagation();
    // A check changes by itself; a click on its label would come twice.
    event.preventDefault();
    this.choose(id, event.shiftKey);
  }

  /** Choose a post or leave it out; with `through` all between it and the last one. */
  choose(id, through = false) {
    const ids = [...this.posts().keys()];
    const [one, other] = [ids.indexOf(this.last), ids.indexOf(id)].sort((a, b) => a - b);
    const range = through && one >= 0 ? ids.slice(one, other + 1) : [id];
    const add = !this.chosen.has(id);
    for (const each of range) {
      if (add) this.chosen.add(each);
      else this.chosen.delete(each);
    }
    this.last = id;
    this.redraw();
    this.tell();
  }

  /** Forget those that are not on the page any more. */
  keep() {
    if (!this.chosen) return;
    const known = this.posts();
    for (const id of this.chosen) if (!known.has(id)) this.chosen.delete(id);
    this.tell();
  }

  tell() {
    const count = this.chosen.size;
    this.bar.hidden = !count;
    this.bar.querySelector("[data-bar-count]").textContent = `${plural(count, "post")} chosen`;
  }

  move(event) {
    event.preventDefault();
    const { days, date } = event.target.elements;
    const button = event.submitter;
    const body = button.value === "date" ? { date: date.value } : { days: Number(days.value) };
    const field = button.value === "date" ? date : days;
    if (!field.value || body.days === 0) {
      field.focus();
      this.report(button.value === "date" ? "Choose the day." : "Say by how many days; −1 is a day earlier.");
      return;
    }
    this.run(event, (ids, context) => movePosts({ post_ids: ids, ...body }, context));
  }

  async run(event, work) {
    const button = event.submitter ?? event.currentTarget;
    if (button.getAttribute("aria-busy") === "true" || !this.chosen.size) return;
    button.setAttribute("aria-busy", "true");
    const known = this.posts();
    const names = (id) => known.get(id)?.name ?? "A post";
    try {
      const done = await work([...this.chosen], { names, refresh: this.refresh });
      if (done) this.end();
    } catch (problem) {
      if (problem.name !== "ApiError") throw problem;
      this.report(problem.message);
    } finally {
      button.removeAttribute("aria-busy");
    }
  }
}
