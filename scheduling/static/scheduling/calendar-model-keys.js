/** Moving a post of the model's calendar by the arrow keys. */

import { announce } from "../promura_site/undo.js";
import { clockOf, dayWords } from "./calendar-dates.js";
import { capWords, nameOf } from "./calendar-words.js";

const MINUTE = 60_000;
const DAY = 86_400_000;
const STEPS = {
  dayGridMonth: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -7 * DAY, ArrowDown: 7 * DAY },
  timeGridWeek: { ArrowLeft: -DAY, ArrowRight: DAY, ArrowUp: -30 * MINUTE, ArrowDown: 30 * MINUTE },
  listWeek: { ArrowUp: -DAY, ArrowDown: DAY, ArrowLeft: -DAY, ArrowRight: DAY },
};

const wall = (date) => date.toISOString().slice(0, 16);

/** Carries one event; `drop(post, local, byDay)` is what putting it down does. */
export class EventCarry {
  constructor({ place, bar, calendar, source, today, drop, tell }) {
    Object.assign(this, { place, bar, calendar, source, today, drop, tell, event: null, from: null });
    place.addEventListener("keydown", (event) => this.onKey(event), true);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.event && !document.querySelector("dialog[open]")) this.leave();
    });
  }

  get post() {
    return this.event?.extendedProps.post;
  }

  /** Pick a post up. */
  pick(post) {
    this.leave();
    this.event = this.calendar.getEventById(post.id);
    if (!this.event) return;
    this.from = this.event.start;
    const words = `${nameOf(post)} is picked up. Arrow keys move it, Enter puts it there, Escape leaves it.`;
    this.tell(words);
    announce(words);
    this.focus();
  }

  focus() {
    const find = () => this.place.querySelector(`[data-post="${CSS.escape(this.post?.id ?? "")}"]`);
    find()?.classList.add("is-carried");
    find()?.focus();
  }

  onKey(event) {
    const chip = event.target.closest("[data-post]");
    if (!chip || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!this.event) {
      if (event.key !== " " || chip.dataset.movable !== "true" || this.place.classList.contains("is-selecting")) return;
      this.stop(event);
      this.pick(this.source.posts.get(chip.dataset.post).post);
      return;
    }
    const step = STEPS[this.calendar.view.type][event.key];
    if (step) {
      this.stop(event);
      this.shift(step);
    } else if (event.key === "Enter" || event.key === " ") {
      this.stop(event);
      this.putDown();
    }
  }

  stop(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }

  shift(step) {
    const to = new Date(this.event.start.getTime() + step);
    const { activeStart, activeEnd } = this.calendar.view;
    if (to < activeStart || to >= activeEnd) {
      announce("That is outside of what is shown. Enter opens it: “Move to…” takes any day.");
      return;
    }
    this.event.setStart(to, { maintainDuration: true });
    const date = wall(to).slice(0, 10);
    const { count, cap, over } = this.source.withOneMore(date, wall(this.from).slice(0, 10));
    const past = date < this.today();
    const sum = past ? "This day is over." : `${over ? "Over the cap: " : ""}${capWords(count, cap)}.`;
    const words = `${dayWords(date, "long")}, ${clockOf(wall(to))}. ${sum}`;
    this.tell(words, over || past);
    announce(words);
    this.focus();
  }

  async putDown() {
    const { event, from, post } = this;
    const [to, before] = [wall(event.start), wall(from)];
    this.event = null;
    this.tell("");
    if (to === before) return;
    const byDay = to.slice(11) === before.slice(11);
    const done = await this.drop(post, to, byDay);
    if (!done) event.setStart(from, { maintainDuration: true });
    this.place.querySelector(`[data-post="${CSS.escape(post.id)}"]`)?.focus();
  }

  /** Put the post back to where it was. */
  leave() {
    if (!this.event) return;
    const { event, from, post } = this;
    this.event = null;
    event.setStart(from, { maintainDuration: true });
    this.tell("");
    announce(`${nameOf(post)} stays where it was.`);
    this.place.querySelector(`[data-post="${CSS.escape(post.id)}"]`)?.focus();
  }
}
