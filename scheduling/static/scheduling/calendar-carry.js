/** What is picked up and may be put on a day: by mouse, by keyboard or by touch. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";
import { dayWords } from "./calendar-dates.js";
import { capWords } from "./calendar-words.js";

const NO = { ok: false };
const phone = window.matchMedia("(max-width: 719px)");

/** Return whether a thing may be put on a day of a model's row, and what it comes to. */
export function verdict(thing, model, day) {
  const { kind, name } = thing;
  if (day.date < model.today) return { ...NO, text: "This day is over." };
  if (kind === "post" && thing.model !== model.id) {
    return { ...NO, text: `${name} belongs to ${thing.modelName}. For ${model.name}, take its photo or its template from the tray.` };
  }
  if (kind === "post" && thing.post.local.startsWith(day.date)) return { ...NO, text: "It is on this day already." };
  if (kind === "media" && thing.item.models.length && !thing.item.models.includes(model.id)) {
    return { ...NO, text: `${name} shows somebody else, not ${model.name}.` };
  }
  const count = day.count + 1;
  const over = Boolean(model.cap) && count > model.cap;
  const text = `${over ? "Over the cap: " : ""}${capWords(count, model.cap)}`;
  const short = model.cap ? `${over ? "Over: " : ""}${count} of ${model.cap}` : text;
  return { ok: true, over, text, short };
}

/** Holds the one thing that is carried; `find(cell)` knows a cell's model and day. */
export class Carry {
  constructor({ grid, bar, find, drop }) {
    Object.assign(this, { grid, bar, find, drop, thing: null, from: null, cell: null, byMouse: false });
    grid.addEventListener("focusin", (event) => {
      const cell = event.target.closest("[data-date]");
      if (this.thing && !this.byMouse && cell === event.target) this.over(cell);
    });
    grid.addEventListener("click", (event) => this.onClick(event), true);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.thing && !document.querySelector("dialog[open]")) this.leave();
    });
  }

  /** Pick a thing up; by mouse nothing is said, since the pointer shows it. */
  pick(thing, { from = null, byMouse = false } = {}) {
    this.leave({ quiet: true });
    Object.assign(this, { thing, byMouse, from: from?.closest("[data-key]")?.dataset.key ?? null });
    this.grid.classList.add("is-carrying");
    this.judge();
    if (byMouse) {
      this.tell("Choose a day.");
      return;
    }
    const fit = ["[data-verdict='ok'].is-today", "[data-verdict='ok']", ".cal-cell"];
    const home = from?.closest("[data-cell]") ?? fit.map((one) => this.grid.querySelector(one)).find(Boolean);
    home?.focus();
    const how = phone.matches ? "Tap a day." : "Arrow keys or a click choose the day, Enter puts it there, Escape leaves it.";
    this.tell(how);
    announce(`${thing.name} is picked up. ${how}`);
  }

  /** Write on every cell what putting it there would come to. */
  judge() {
    for (const cell of this.grid.querySelectorAll("[data-date]")) {
      const line = cell.querySelector(".cal-verdict");
      const said = this.thing ? verdict(this.thing, ...this.find(cell)) : null;
      cell.dataset.verdict = said ? (said.ok ? (said.over ? "over" : "ok") : "no") : "";
      line.hidden = !said?.ok;
      replaceChildren(line, said?.over && icon("warning"), said?.ok ? said.short : "");
    }
  }

  /** Look at a cell: mark it and say what putting the thing there comes to. */
  over(cell) {
    if (cell === this.cell) return null;
    this.cell?.classList.remove("is-target");
    this.cell = cell;
    if (!cell) return null;
    const [model, day] = this.find(cell);
    const said = verdict(this.thing, model, day);
    cell.classList.toggle("is-target", said.ok);
    const where = `${model.name}, ${dayWords(day.date, "long")}`;
    this.tell(`${where}: ${said.text}`, said);
    if (!this.byMouse) announce(`${where}. ${said.text}`);
    return said;
  }

  tell(words, said = { ok: true }) {
    const sign = said.ok && !said.over ? icon("drag") : icon("warning");
    this.bar.hidden = false;
    replaceChildren(this.bar, sign, h("strong", { class: "clip" }, this.thing.name), h("span", {}, words),
      h("button", { class: "btn btn-small", type: "button", onClick: () => this.leave() }, "Leave it"));
  }

  /** Put the thing on a cell, unless it may not be there. */
  async putDown(cell) {
    const { thing } = this;
    const [model, day] = this.find(cell);
    const said = verdict(thing, model, day);
    if (!said.ok) {
      this.tell(said.text, said);
      announce(said.text);
      return;
    }
    this.end();
    cell.tabIndex = 0;
    if (!this.byMouse) cell.focus();
    cell.setAttribute("aria-busy", "true");
    try {
      await this.drop(thing, { model, day, ...said });
    } finally {
      cell.removeAttribute("aria-busy");
    }
  }

  /** Leave the thing where it was. */
  leave({ quiet = false } = {}) {
    if (!this.thing) return;
    const { thing, from, byMouse } = this;
    this.end();
    if (quiet) return;
    announce(`${thing.name} stays where it was.`);
    if (byMouse || !from) return;
    const home = document.querySelector(`[data-key="${CSS.escape(from)}"]`);
    (home?.matches("button, [tabindex]") ? home : home?.querySelector("button"))?.focus();
  }

  end() {
    this.cell?.classList.remove("is-target");
    Object.assign(this, { thing: null, cell: null });
    this.grid.classList.remove("is-carrying");
    this.bar.hidden = true;
    this.judge();
  }

  onClick(event) {
    const cell = event.target.closest("[data-date]");
    if (!this.thing || !cell) return;
    event.preventDefault();
    event.stopPropagation();
    this.putDown(cell);
  }
}
