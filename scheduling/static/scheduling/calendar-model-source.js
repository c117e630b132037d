/** The posts of one model, as many of each day as a view has room for. */

import { api } from "../promura_site/api.js";
import { sentenceOf } from "./calendar-post.js";
import { nameOf } from "./calendar-words.js";

// The rest of a day is counted, and opens by a click.
export const ROOM = { dayGridMonth: 4, timeGridWeek: 30, listWeek: 60 };

/** An hour to be seen in the week; what begins before midnight ends on its own day. */
function endOf(local) {
  const [hour, minutes] = [Number(local.slice(11, 13)), local.slice(13)];
  return hour < 23 ? `${local.slice(0, 11)}${String(hour + 1).padStart(2, "0")}${minutes}` : `${local.slice(0, 10)}T23:59:59`;
}

function eventOf(post) {
  return {
    id: post.id,
    title: sentenceOf(post),
    start: post.local,
    end: endOf(post.local),
    // An event's own word would come before the calendar's, whoever looks at it.
    ...(post.movable ? {} : { editable: false }),
    extendedProps: { post },
  };
}

function moreOf({ date, count }, shown, allDay) {
  const title = `+${count - shown} more`;
  const start = allDay ? date : `${date}T23:59:59`;
  return { id: `more ${date}`, title, start, allDay, editable: false, classNames: ["cal-more-event"], extendedProps: { more: date } };
}

/** Knows what is shown: posts by id, days by date. */
export class Source {
  constructor({ slug, state, told }) {
    Object.assign(this, { slug, state, told, posts: new Map(), days: new Map(), count: 0 });
    this.asked = new AbortController();
  }

  /** Load a range of days for FullCalendar. */
  async load({ startStr, endStr }, view) {
    this.asked.abort();
    this.asked = new AbortController();
    const params = { model: this.slug, from: startStr.slice(0, 10), to: endStr.slice(0, 10), status: this.state(), per_day: ROOM[view] };
    const answer = await api.get("/api/calendar", { params, signal: this.asked.signal });
    this.posts = new Map(answer.posts.map((post) => [post.id, { post, name: nameOf(post) }]));
    this.days = new Map(answer.days.map((day) => [day.date, day]));
    this.count = answer.count;
    const rest = this.rest(view);
    this.told({ rest: rest.length > 0 });
    return [...answer.posts.map(eventOf), ...rest];
  }

  rest(view) {
    const shown = new Map();
    for (const { post } of this.posts.values()) {
      const date = post.local.slice(0, 10);
      shown.set(date, (shown.get(date) ?? 0) + 1);
    }
    const full = [...this.days.values()].filter((day) => day.count > (shown.get(day.date) ?? 0));
    return full.map((day) => moreOf(day, shown.get(day.date) ?? 0, view === "timeGridWeek"));
  }

  /** Return what a day would have with one more, and whether that is too much. */
  withOneMore(date, from) {
    const { count = 0, cap = 0 } = this.days.get(date) ?? {};
    const next = from === date ? count : count + 1;
    return { count: next, cap, over: Boolean(cap) && next > cap };
  }
}
