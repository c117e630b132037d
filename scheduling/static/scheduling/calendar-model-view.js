/** How FullCalendar shows a model's posts: our chips, our words, no colours of its own. */

import { h, icon } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { clockOf, dayWords } from "./calendar-dates.js";
import { picture } from "./calendar-post.js";
import { platformsOf, plural } from "./calendar-words.js";
import { wallOf } from "./compose-zones.js";

export const VIEWS = { month: "dayGridMonth", week: "timeGridWeek", list: "listWeek" };
const HEADS = { dayGridMonth: "weekday", timeGridWeek: "letter", listWeek: "long" };
const CLOCK = { hour: "2-digit", minute: "2-digit", hour12: false };

function words(post) {
  const text = (post.text ?? "").trim().split("\n")[0];
  return h("span", { class: `cal-text${text ? "" : " text-2"}` }, text || (post.media_count ? "Without a text" : "Empty"));
}

/** Return what stands in an event. */
function contentOf({ event, view }) {
  const { post, more } = event.extendedProps;
  const wide = view.type === VIEWS.list;
  // A row of the list takes no focus by itself: in it stands a button.
  const [tag, look] = wide ? ["button", { type: "button" }] : ["div", {}];
  if (more) return { domNodes: [h(tag, { class: "cal-event cal-more", ...look }, event.title)] };
  const parts = [
    h("span", { class: "cal-tick", "aria-hidden": "true" }),
    h("span", { class: "cal-line" },
      !wide && h("span", { class: "cal-time num" }, clockOf(post.local)),
      stateBadge(post.status),
      post.series && icon("refresh"),
      post.clash && h("span", { class: "cal-warn" }, icon("warning"), "Clash")),
    h("span", { class: "cal-line cal-what" }, picture(post, wide ? 40 : 20), words(post)),
    wide && h("span", { class: "meta" }, platformsOf(post)),
  ];
  return { domNodes: [h(tag, { class: "cal-event", ...look }, parts.filter(Boolean))] };
}

/** Write the count of each day beside its number, and whether it is too many. */
export function writeCounts(place, days) {
  for (const cell of place.querySelectorAll(".fc-daygrid-day[data-date]")) {
    const top = cell.querySelector(".fc-daygrid-day-top");
    const day = days.get(cell.dataset.date);
    top?.querySelector(".cal-day-count")?.remove();
    if (!top || !day?.count) continue;
    const over = day.over_cap;
    top.append(h("span", { class: `cal-day-count meta num${over ? " cal-warn" : ""}` },
      over && icon("warning"), over ? `${day.count}, over the cap of ${day.cap}` : plural(day.count, "post")));
  }
}

/** Return how high a view is: the week's hours scroll, to begin in the morning. */
export function heightOf(view) {
  return view === "week" ? Math.max(480, window.innerHeight - 220) : "auto";
}

/** Return FullCalendar's options; `hear` are the page's own callbacks. */
export function optionsFor({ view, date, zone, editable, hear }) {
  return {
    initialView: VIEWS[view],
    initialDate: date,
    headerToolbar: false,
    firstDay: 1,
    locale: "en-gb",
    // The model's wall clock, drawn as it is: no zone shifts it.
    timeZone: "UTC",
    now: () => wallOf(Date.now(), zone),
    nowIndicator: true,
    editable,
    eventDurationEditable: false,
    eventInteractive: true,
    eventOrder: "start",
    eventDisplay: "block",
    displayEventEnd: false,
    eventMinHeight: 40,
    snapDuration: "00:15",
    slotDuration: "01:00",
    scrollTime: "07:00",
    slotEventOverlap: false,
    allDaySlot: false,
    allDayText: "More",
    lazyFetching: false,
    dragRevertDuration: 0,
    longPressDelay: 350,
    contentHeight: heightOf(view),
    noEventsText: "Nothing is planned in these days.",
    eventTimeFormat: CLOCK,
    slotLabelFormat: CLOCK,
    listDaySideFormat: false,
    eventContent: contentOf,
    fixedWeekCount: false,
    dayHeaderContent: ({ date: day, view: { type } }) => dayWords(day.toISOString(), HEADS[type]),
    ...hear,
  };
}
