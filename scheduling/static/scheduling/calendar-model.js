/** One model's calendar: month, week and list. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { offerUndo } from "../promura_site/undo.js";
import { dayWords, isDay, todayIn, weekWords } from "./calendar-dates.js";
import { moveTo, moveToDay, postOpener, tried } from "./calendar-deeds.js";
import { openDay } from "./calendar-detail.js";
import { openFeed } from "./calendar-feed.js";
import { markChosen, mountedWith } from "./calendar-model-chips.js";
import { wireControls } from "./calendar-model-controls.js";
import { EventCarry } from "./calendar-model-keys.js";
import { Source } from "./calendar-model-source.js";
import { VIEWS, optionsFor, writeCounts } from "./calendar-model-view.js";
import { Selection } from "./calendar-select.js";
import { capWords, plural } from "./calendar-words.js";

const { can, model: own, view: first } = JSON.parse(document.getElementById("page-data").textContent);
const today = () => todayIn(own.timezone);
const model = { ...own, id: own.slug, get today() { return today(); } };
const part = (name) => document.querySelector(`[data-${name}]`);
const place = part("calendar");
const state = part("state");
const asked = new URLSearchParams(window.location.search);
const source = new Source({ slug: own.slug, state: () => state.value, told });
let calendar = null;
let carry = null;
let selection = null;
let waiting = null;

function tell(words, warn = false) {
  const bar = part("carry");
  bar.hidden = !words;
  replaceChildren(bar, icon(warn ? "warning" : "drag"), h("span", {}, words));
}

function told({ rest }) {
  // In the week what is left over stands above the hours, if there is any.
  if (calendar?.getOption("allDaySlot") !== rest) calendar?.setOption("allDaySlot", rest);
  requestAnimationFrame(sum);
}

function sum() {
  part("sum").textContent = plural(source.count, "post");
  writeCounts(place, source.days);
  place.removeAttribute("aria-busy");
  // What is measured when somebody asks how long a full month takes to open.
  performance.mark("calendar-shown");
}

async function refresh() {
  const kept = document.activeElement?.closest?.("[data-post]")?.dataset.post;
  await new Promise((resolve) => {
    waiting = resolve;
    calendar.refetchEvents();
  });
  selection.keep();
  if (kept) place.querySelector(`[data-post="${CSS.escape(kept)}"]`)?.focus({ preventScroll: true });
}

async function load(range, success, failure) {
  place.setAttribute("aria-busy", "true");
  part("words").hidden = true;
  try {
    success(await source.load(range, calendar?.view.type ?? VIEWS[first]));
  } catch (problem) {
    if (problem.name !== "AbortError") {
      part("words").textContent = problem.message;
      part("words").hidden = false;
    }
    failure(problem);
  }
  waiting?.();
  waiting = null;
}

function remember() {
  const view = document.querySelector("[name=view]:checked").value;
  const date = calendar.getDate().toISOString().slice(0, 10);
  const query = new URLSearchParams({ model: own.slug, view });
  if (date !== today()) query.set("date", date);
  if (state.value) query.set("status", state.value);
  window.history.replaceState(null, "", `?${query}`);
  const { currentStart: from, type } = calendar.view;
  const day = from.toISOString();
  part("dates").textContent = type === VIEWS.month ? dayWords(day, "month") : weekWords(day.slice(0, 10));
}

function drop(post, local, byDay) {
  const move = byDay ? moveToDay(post, model, local.slice(0, 10), refresh) : moveTo(post, model, local, refresh);
  return tried(() => move);
}

function allow({ startStr }, { extendedProps: { post } }) {
  const date = startStr.slice(0, 10);
  const past = date < today();
  const { count, cap, over } = source.withOneMore(date, post.local.slice(0, 10));
  tell(`${dayWords(date, "long")}: ${past ? "this day is over" : `${over ? "over the cap, " : ""}${capWords(count, cap)}`}`, over || past);
  return !past;
}

async function dropped({ event, revert }) {
  const { post } = event.extendedProps;
  const local = event.start.toISOString().slice(0, 16);
  if (!(await drop(post, local, calendar.view.type !== VIEWS.week))) revert();
}

function clicked({ event, jsEvent }) {
  const { post, more } = event.extendedProps;
  if (more) showDay(more);
  else if (selection.chosen) selection.choose(post.id, jsEvent.shiftKey);
  else openPost(post, model);
}

const openPost = postOpener({ can, refresh, pick: (post) => carry.pick(post) });
const showDay = (date) => openDay(model, date, { can, choose: (post) => openPost(post, model) });
const hear = {
  events: load, eventAllow: allow, eventDrop: dropped, eventDidMount: mountedWith(can, () => selection?.chosen), eventClick: clicked,
  dateClick: ({ dateStr }) => showDay(dateStr.slice(0, 10)),
  datesSet: () => calendar && remember(),
  eventDragStop: () => tell(""),
};

const date = isDay(asked.get("date")) ? asked.get("date") : today();
if ([...state.options].some((option) => option.value === asked.get("status"))) state.value = asked.get("status");
calendar = new window.FullCalendar.Calendar(place, optionsFor({ view: first, date, zone: own.timezone, editable: can.change, hear }));
selection = new Selection({
  place, bar: part("bar"), toggle: part("select"), refresh,
  posts: () => source.posts,
  redraw: () => markChosen(place, selection.chosen),
  report: (message) => offerUndo({ message }),
});
carry = new EventCarry({ place, bar: part("carry"), calendar, source, today, drop, tell });
calendar.render();
remember();
wireControls({ calendar, state, model: part("model"), changed: remember });
part("feed").addEventListener("click", () => openFeed(model, can));
