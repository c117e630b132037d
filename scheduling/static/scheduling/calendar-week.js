/** What the week page knows: which week, whose rows, page by page. */

import { addDays, isDay, mondayOf, todayIn, weekWords } from "./calendar-dates.js";
import { nameOf } from "./calendar-words.js";

const PAGE = 20;
const MOST = 60;
const PAUSE = 250;
const phone = window.matchMedia("(max-width: 719px)");

/** Tells `change` whenever there is something else to draw. */
export class WeekStore extends EventTarget {
  constructor({ api, place, search, more, words, title }) {
    super();
    Object.assign(this, { api, place, search, more, words, title, models: [], next: null });
    this.today = todayIn();
    this.asked = new AbortController();
    const query = new URLSearchParams(window.location.search);
    this.start = mondayOf(isDay(query.get("start")) ? query.get("start") : this.today);
    search.value = query.get("search") ?? "";
    this.wire();
  }

  /** Tell whether days are small fields, as on a phone. */
  get isNarrow() {
    return phone.matches;
  }

  wire() {
    let timer = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.open(), PAUSE);
    });
    this.search.form.addEventListener("submit", (event) => event.preventDefault());
    this.more.querySelector("button").addEventListener("click", () => this.load({ cursor: this.next }));
    document.addEventListener("click", (event) => {
      const step = event.target.closest("[data-week-step]")?.dataset.weekStep;
      if (step === undefined) return;
      this.start = step === "0" ? mondayOf(todayIn()) : addDays(this.start, 7 * Number(step));
      this.open();
    });
  }

  /** Load the week from its first row. */
  open() {
    const query = new URLSearchParams();
    if (this.start !== mondayOf(this.today)) query.set("start", this.start);
    if (this.search.value.trim()) query.set("search", this.search.value.trim());
    window.history.replaceState(null, "", query.size ? `?${query}` : window.location.pathname);
    this.title.textContent = weekWords(this.start);
    return this.load({ limit: PAGE });
  }

  /** Load again what is shown. */
  refresh() {
    return this.load({ limit: Math.min(MOST, Math.max(PAGE, this.models.length)) });
  }

  async load({ limit, cursor }) {
    this.asked.abort();
    this.asked = new AbortController();
    const { signal } = this.asked;
    this.place.setAttribute("aria-busy", "true");
    try {
      const address = cursor ? new URL(cursor, window.location.href) : null;
      const params = { start: this.start, search: this.search.value.trim(), limit };
      const answer = address
        ? await this.api.get(`${address.pathname}${address.search}`, { signal })
        : await this.api.get("/api/calendar/week", { signal, params });
      this.models = address ? [...this.models, ...answer.models] : answer.models;
      this.next = answer.next;
      this.say(answer.count);
      this.dispatchEvent(new Event("change"));
    } catch (problem) {
      if (signal.aborted) return;
      if (problem.name !== "ApiError") throw problem;
      this.words.textContent = problem.message;
      this.words.hidden = false;
    } finally {
      if (!signal.aborted) this.place.removeAttribute("aria-busy");
    }
  }

  say(count) {
    this.more.hidden = !this.next;
    this.more.querySelector("span").textContent = this.next ? `${this.models.length} of ${count ?? "more"} models` : "";
    const none = document.querySelector("[data-none]");
    this.words.hidden = this.models.length > 0 || !this.search.value.trim();
    this.words.textContent = "No model matches.";
    none.hidden = this.models.length > 0 || Boolean(this.search.value.trim());
    this.place.hidden = !this.models.length;
  }

  /** Return a model of the page, and the day of hers if one is asked for. */
  find(slug, date) {
    const model = this.models.find((one) => one.id === slug);
    return [model, model?.days.find((day) => day.date === date)];
  }

  /** Return the posts of the page in their order: post, model and name by id. */
  posts() {
    const all = this.models.flatMap((model) =>
      model.days.flatMap((day) => day.posts.map((post) => [post.id, { post, model, name: nameOf(post) }])));
    return new Map(all);
  }
}
