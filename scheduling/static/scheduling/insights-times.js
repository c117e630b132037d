/** The five suggested times, and what following suggestions has gained. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { composeAddress, percent, plural } from "./insights-words.js";

function line(suggestion, { model, mayPlan, offered }) {
  const { utc, timezone: zone, basis, interval, lift, confidence, reason } = suggestion;
  const told = basis === "default"
    ? "A common good time; too few posts to tell more"
    : `${percent(lift)} expected, ${percent(interval.low)} to ${percent(interval.high)}; ${confidence} % sure it is better than average`;
  const time = suggestion.datetime.slice(0, 16);
  const when = formatTime(utc, { style: "short", zone });
  return h(
    "li",
    { class: "times-item" },
    h("div", {}, h("strong", { class: "num" }, when), h("p", { class: "meta num" }, told), h("p", { class: "meta" }, reason)),
    mayPlan && h("a", { class: "btn btn-small", href: composeAddress({ model, time, zone, offered }), "aria-label": `Schedule on ${when}` }, "Schedule"),
  );
}

/** Show suggestions in `place`. */
export function showTimes(suggestions, place, { model, mayPlan }) {
  const offered = suggestions.map((one) => one.utc);
  replaceChildren(place, suggestions.map((one) => line(one, { model, mayPlan, offered })));
}

/** Show the realised lift in `place`. */
export function showGained({ suggested, others, lift, low, high, confidence }, place) {
  const compared = `${plural(suggested, "post")} at a suggested time, ${plural(others, "other post")} of the last year.`;
  if (lift === null) {
    replaceChildren(place, h("p", { class: "text-2" }, "Too few posts to compare yet. It takes five with engagement at a suggested time, and five others."), h("p", { class: "meta num" }, compared));
    return;
  }
  replaceChildren(
    place,
    h("dl", { class: "stats" }, h("div", { class: "stat" }, h("dt", {}, "More engagement"), h("dd", {}, percent(lift)))),
    h("p", { class: "num" }, `80 % sure of ${percent(low)} to ${percent(high)}; ${confidence} % sure that it is a gain.`),
    h("p", { class: "meta num" }, compared),
  );
}
