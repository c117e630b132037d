/** The week: a row for each model, a cell for each of her days. */

import { avatar, h, icon, replaceChildren } from "../promura_site/dom.js";
import { addDays, dayWords } from "./calendar-dates.js";
import { postChip } from "./calendar-post.js";
import { cadence, capWords, cellWords, city, gapDays } from "./calendar-words.js";

// More of a day are a click away.
const SHOWN = 3;

function headOf(start, today) {
  const days = Array.from({ length: 7 }, (_, at) => addDays(start, at));
  return h("div", { role: "row", class: "cal-row cal-head" },
    h("div", { role: "columnheader", class: "cal-who" }, h("span", { class: "visually-hidden" }, "Model")),
    days.map((date) => h("div", { role: "columnheader", class: `cal-column${date === today ? " is-today" : ""}`, "aria-label": dayWords(date, "long") },
      h("span", {}, dayWords(date, "weekday")),
      h("strong", { class: "num" }, Number(date.slice(8))),
      date === today && h("span", { class: "meta" }, "Today"))));
}

function cadenceLines(model) {
  const lines = model.channels.map(cadence).filter(Boolean);
  return h("ul", { class: "cal-cadence" }, lines.map((line) =>
    h("li", { class: line.missing > 0 ? "is-short" : "", title: `${line.platform} ${line.handle}: ${line.text} this week` },
      line.missing > 0 ? icon("info") : icon("check"),
      h("span", {}, h("span", { class: "cal-platform" }, line.platform), " ", h("span", { class: "num" }, line.text)))));
}

function whoOf(model) {
  return h("div", { role: "rowheader", class: "cal-who", tabindex: "-1", dataset: { cell: `${model.id} who`, key: `${model.id} who` } },
    h("span", { class: "cal-name" },
      avatar(model.name, model.avatar_url),
      h("a", { class: "clip", href: `/calendar?model=${encodeURIComponent(model.id)}`, tabindex: "-1", title: `The calendar of ${model.name}` }, model.name),
      h("button", { class: "btn btn-quiet btn-small btn-icon", type: "button", tabindex: "-1", title: "More", popovertarget: "model-menu", dataset: { modelMenu: model.id } },
        icon("more"), h("span", { class: "visually-hidden" }, `More for ${model.name}`))),
    h("span", { class: "meta" }, city(model.timezone)),
    cadenceLines(model),
    model.gaps.length > 0 && h("p", { class: "visually-hidden" }, model.gaps.join(" ")));
}

function marks(model, day, gap) {
  return [
    day.over_cap && h("p", { class: "cal-warn", title: `${capWords(day.count, model.cap)} in a day.` },
      icon("warning"), h("span", {}, `Over the cap: ${day.count} of ${model.cap}`)),
    day.clashes.map((clash) => h("p", { class: "cal-warn", title: clash.text }, icon("warning"), h("span", {}, clash.text))),
    gap && h("p", { class: "cal-gap", title: "A post is missing for the wanted cadence." }, icon("info"), h("span", {}, "Gap")),
  ];
}

function cellOf(model, day, gap, context) {
  const { can, chosen } = context;
  const past = day.date < model.today;
  const shown = day.posts.slice(0, SHOWN);
  const more = day.count - shown.length;
  const where = `${model.name}, ${dayWords(day.date, "long")}`;
  const look = ["cal-cell", day.date === model.today && "is-today", past && "is-past", gap && "is-gap", !day.count && "is-empty"];
  return h("div", {
    role: "gridcell", class: look.filter(Boolean).join(" "), tabindex: "-1", "aria-label": cellWords(model, day, gap),
    "aria-current": day.date === model.today ? "date" : null,
    dataset: { cell: `${model.id} ${day.date}`, key: `${model.id} ${day.date}`, model: model.id, date: day.date },
  },
  h("span", { class: "cal-strip", "aria-hidden": "true" }, dayWords(day.date, "weekday").slice(0, 2), h("strong", { class: "num" }, Number(day.date.slice(8))),
    h("span", { class: "cal-number num" }, day.count || (gap ? "+" : "–")),
    (day.over_cap || day.clashes.length > 0) && icon("warning")),
  h("p", { class: "cal-verdict", hidden: true }),
  marks(model, day, gap),
  shown.map((post) => postChip(post, { chosen: chosen ? chosen.has(post.id) : null, movable: can.change })),
  more > 0 && h("button", { class: "cal-more", type: "button", tabindex: "-1", dataset: { openDay: `${model.id} ${day.date}` } }, `+${more} more`),
  can.plan && !past && h("button", { class: "cal-add", type: "button", tabindex: "-1", title: "Add a post", dataset: { openDay: `${model.id} ${day.date}` } },
    icon("plus"), h("span", { class: "visually-hidden" }, `Add a post: ${where}`)));
}

function rowOf(model, context) {
  const gaps = gapDays(model);
  return h("div", { role: "row", class: "cal-row", dataset: { row: model.id } },
    whoOf(model),
    model.days.map((day) => cellOf(model, day, gaps.has(day.date), context)));
}

/** Draw the week into the grid; what had the focus has it again. */
export function drawWeek(grid, { start, today, models }, context) {
  const key = document.activeElement?.closest("[data-key]")?.dataset.key;
  const inside = key && grid.contains(document.activeElement);
  const tab = grid.querySelector("[tabindex='0']")?.dataset.cell;
  replaceChildren(grid, headOf(start, today), models.map((model) => rowOf(model, context)));
  const cells = [...grid.querySelectorAll("[data-cell]")];
  const first = cells.find((one) => one.dataset.cell === tab) ?? cells.find((one) => one.classList.contains("is-today")) ?? cells[0];
  if (first) first.tabIndex = 0;
  if (!inside) return;
  const again = grid.querySelector(`[data-key="${CSS.escape(key)}"]`);
  (again?.matches("[data-cell]") ? again : (again?.querySelector("button") ?? first))?.focus({ preventScroll: true });
}
