/** The week as a table: read as one, coloured by the expected lift. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { cityOf, clock, composeAddress, nextTime, percent, plural } from "./insights-words.js";

// Below these shares a cell has this colour; what is above all has the last one.
const STEPS = [-0.08, -0.03, 0.03, 0.08, 0.15, 0.25];
const LEGEND = ["−8 % or less", "a little less", "average", "+3 %", "+8 %", "+15 %", "+25 % or more"];
const phone = window.matchMedia("(max-width: 719px)");

const stepOf = (lift) => {
  const at = STEPS.findIndex((step) => lift < step);
  return at < 0 ? STEPS.length : at;
};

function sentence(answer, day, hour) {
  const { lift, low, high, sample_size: posts, few } = answer.heatmap[day][hour];
  const own = posts ? plural(posts, "post") : "no posts yet";
  return `${answer.days[day]} ${clock(hour)}: ${percent(lift)} expected, 80 % sure of ${percent(low)} to ${percent(high)}; ${own}${few ? ", few data" : ""}`;
}

function cellOf(answer, day, hour, choose) {
  const { lift, few } = answer.heatmap[day][hour];
  const step = stepOf(lift);
  const look = `heat-cell heat heat-${step}${few ? " heat-few" : ""}`;
  const button = h(
    "button",
    { type: "button", class: look, tabindex: "-1", "aria-label": sentence(answer, day, hour), title: sentence(answer, day, hour), dataset: { day, hour }, onClick: () => choose(day, hour, button) },
    few ? "" : h("span", { "aria-hidden": "true" }, String(Math.round(lift * 100)).replace("-", "−")),
  );
  return h("td", {}, button);
}

function tableOf(answer, choose) {
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const days = answer.days.map((_, day) => day);
  const upright = phone.matches;
  const dayHead = (day, scope) => h("th", { scope, title: answer.days[day] }, h("span", { "aria-hidden": "true" }, answer.days[day].slice(0, upright ? 2 : 3)), h("span", { class: "visually-hidden" }, answer.days[day]));
  const hourHead = (hour, scope) => h("th", { scope, class: "num" }, h("span", { "aria-hidden": "true" }, String(hour).padStart(2, "0")), h("span", { class: "visually-hidden" }, clock(hour)));
  const [columns, rows] = upright ? [days, hours] : [hours, days];
  const [columnHead, rowHead] = upright ? [dayHead, hourHead] : [hourHead, dayHead];
  const line = (row) => h("tr", {}, rowHead(row, "row"), columns.map((column) => (upright ? cellOf(answer, column, row, choose) : cellOf(answer, row, column, choose))));
  return h(
    "table",
    { class: "week-table" },
    h("caption", { class: "visually-hidden" }, `Expected engagement of every hour of the week against the average, on the clocks of ${cityOf(answer.timezone)}. Arrow keys go from hour to hour.`),
    h("thead", {}, h("tr", {}, h("td", {}), columns.map((column) => columnHead(column, "col")))),
    h("tbody", {}, rows.map(line)),
  );
}

/** One cell is in the order of the tab key; arrows, Home and End go to the others. */
function wireKeys(table) {
  const lines = [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("button")]);
  lines[0][0].tabIndex = 0;
  const go = (from, to) => {
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
  };
  table.addEventListener("keydown", (event) => {
    const y = lines.findIndex((line) => line.includes(event.target));
    if (y < 0) return;
    const x = lines[y].indexOf(event.target);
    const places = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1], Home: [y, 0], End: [y, lines[y].length - 1] };
    const place = places[event.key];
    if (!place) return;
    event.preventDefault();
    go(event.target, lines[place[0]]?.[place[1]]);
  });
  table.addEventListener("focusin", (event) => {
    const before = table.querySelector("button[tabindex='0']");
    if (before && before !== event.target) before.tabIndex = -1;
    event.target.tabIndex = 0;
  });
}

function legend() {
  const few = h("li", {}, h("span", { class: "legend-box heat heat-2 heat-few" }), "fewer than 3 posts");
  return [...LEGEND.map((words, step) => h("li", {}, h("span", { class: `legend-box heat heat-${step}` }), words)), few];
}

/** Show the week in `place`; a chosen hour is told in `detail`. */
export function showWeek(answer, { place, detail, key, model, mayPlan }) {
  detail.hidden = true;
  key.hidden = answer.basis === "default";
  if (answer.basis === "default") {
    const words = h("p", {}, "Ten posts with engagement are enough to tell hours apart. Bring in past posts, or enter figures below.");
    replaceChildren(place, h("div", { class: "empty" }, h("h3", { class: "empty-title" }, "Nothing to learn from yet"), words));
    return;
  }
  const choose = (day, hour, button) => {
    for (const one of place.querySelectorAll("[aria-pressed]")) one.removeAttribute("aria-pressed");
    button.setAttribute("aria-pressed", "true");
    const zone = answer.timezone;
    const address = composeAddress({ model, zone, time: nextTime(day, hour, zone) });
    detail.hidden = false;
    replaceChildren(detail, h("p", {}, `${sentence(answer, day, hour)}.`), mayPlan && h("a", { class: "btn btn-small", href: address }, "Schedule here"));
  };
  const draw = () => {
    const table = tableOf(answer, choose);
    wireKeys(table);
    replaceChildren(place, table);
  };
  replaceChildren(key, legend());
  draw();
  phone.onchange = draw;
}
