/** The week of all models: gaps, clashes, caps, and a tray to fill it from. */

import { api } from "../promura_site/api.js";
import { offerUndo } from "../promura_site/undo.js";
import { Carry } from "./calendar-carry.js";
import { moveToDay, postOpener, tried } from "./calendar-deeds.js";
import { openDay } from "./calendar-detail.js";
import { wireDrag } from "./calendar-drag.js";
import { drawWeek } from "./calendar-grid.js";
import { wireKeys } from "./calendar-keys.js";
import { draftOn } from "./calendar-moves.js";
import { wireRowMenu } from "./calendar-row-menu.js";
import { Selection } from "./calendar-select.js";
import { wireSpread } from "./calendar-spread.js";
import { wireTray } from "./calendar-tray.js";
import { WeekStore } from "./calendar-week.js";
import { nameOf } from "./calendar-words.js";

const { can, models: everybody } = JSON.parse(document.getElementById("page-data").textContent);
const part = (name) => document.querySelector(`[data-${name}]`);
const grid = part("grid");
const week = new WeekStore({ api, place: part("week"), search: part("search"), more: part("more"), words: part("words"), title: part("dates") });
const refresh = () => week.refresh();

const carry = new Carry({
  grid,
  bar: part("carry"),
  find: (cell) => week.find(cell.dataset.model, cell.dataset.date),
  drop: (thing, place) => tried(() => (thing.kind === "post"
    ? moveToDay(thing.post, place.model, place.day.date, refresh)
    : draftOn(thing, place, refresh))),
});

const carried = (post, model) => ({ kind: "post", post, model: model.id, modelName: model.name, name: nameOf(post) });
const pick = (post, model, from) => {
  if (!can.change || !post.movable) {
    offerUndo({ message: can.change ? `${nameOf(post)} cannot be moved any more.` : "Your level does not allow moving posts." });
    return;
  }
  carry.pick(carried(post, model), { from: from ?? grid.querySelector(`[data-post="${CSS.escape(post.id)}"]`) });
};
const openPost = postOpener({ can, refresh, pick });
const selection = new Selection({
  place: grid,
  bar: part("bar"),
  toggle: part("select"),
  posts: () => week.posts(),
  redraw: () => draw(),
  refresh,
  report: (message) => offerUndo({ message }),
});

function draw() {
  drawWeek(grid, week, { can, chosen: selection.chosen });
  if (carry.thing) carry.judge();
}

function showDay(model, date) {
  return openDay(model, date, { can, choose: (post) => openPost(post, model) });
}

function enter(cell, controls) {
  const first = cell.dataset.date ? controls.find((one) => one.matches(".cal-open")) : controls[0];
  if (first) first.focus();
  else if (cell.dataset.date) showDay(week.find(cell.dataset.model)[0], cell.dataset.date);
}

grid.addEventListener("click", (event) => {
  const cell = event.target.closest("[data-date]");
  if (!cell) return;
  const [model] = week.find(cell.dataset.model);
  const chip = event.target.closest("[data-post]");
  // On a phone a day is a small field that opens all of it.
  if (chip) openPost(week.posts().get(chip.dataset.post).post, model);
  else if (event.target.closest("[data-open-day]") || week.isNarrow) showDay(model, cell.dataset.date);
});
week.addEventListener("change", () => {
  draw();
  selection.keep();
});
wireKeys(grid, carry, {
  enter,
  pick: (chip) => {
    const { post, model } = week.posts().get(chip.dataset.post);
    if (selection.chosen) selection.choose(post.id);
    else pick(post, model, chip);
  },
});
let openSpread = null;
const spread = (options) => tried(() => openSpread({ start: week.start, today: week.today, ...options }));
if (can.plan) {
  openSpread = wireSpread({ models: everybody, refresh });
  const shelf = wireTray(part("tray"), { carry, spread, opener: part("tray-opener") });
  wireDrag(carry, (piece) => {
    const known = week.posts().get(piece.dataset.post);
    return known ? carried(known.post, known.model) : shelf.thing(piece);
  });
}
wireRowMenu({ can, find: (slug) => week.find(slug)[0], spread });
week.open();
