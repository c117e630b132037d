/** Ask when to post, and take a suggested time by a click. */

import { ApiError, api } from "../promura_site/api.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { announce } from "../promura_site/undo.js";

const COUNT = 6;
const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });

function percent(share) {
  const whole = Math.round(share * 100);
  return `${whole > 0 ? "+" : whole < 0 ? "−" : ""}${Math.abs(whole)} %`;
}

function expectation(suggestion) {
  if (suggestion.basis === "default") return "A common good time; too few posts to tell more";
  const { low, high } = suggestion.interval;
  const whose = suggestion.basis === "agency" ? "the agency’s average" : "her average";
  return `${percent(low)} to ${percent(high)} against ${whose}`;
}

function card(suggestion, take) {
  const { utc, timezone: zone, confidence, avg_engagement: engagement } = suggestion;
  return h(
    "li",
    {},
    h(
      "button",
      { type: "button", class: "suggestion", "aria-pressed": "false", onClick: () => take(suggestion) },
      h(
        "span",
        { class: "suggestion-when" },
        h("strong", { class: "num" }, formatTime(utc, { style: "time", zone })),
        h("span", { class: "text-2 num" }, formatTime(utc, { style: "day", zone })),
        h("span", { class: "suggestion-sure num" }, `${confidence} % sure`),
      ),
      h("span", { class: "meta num" }, engagement ? `About ${number.format(engagement)} engagement, ` : "", expectation(suggestion)),
      h("span", { class: "meta" }, suggestion.reason),
    ),
  );
}

/** Wire the button; cards are shown in `place`. Returns `{hide}`. */
export function wireSuggestions(plan, button, place) {
  let shown = [];

  const mark = () => {
    for (const [at, suggestion] of shown.entries()) {
      const same = plan.time === suggestion.datetime.slice(0, 16) && plan.zone === suggestion.timezone;
      place.querySelectorAll(".suggestion")[at]?.setAttribute("aria-pressed", String(same));
    }
  };
  const hide = () => {
    shown = [];
    place.hidden = true;
    place.replaceChildren();
  };
  const take = (suggestion) => {
    plan.fill({ time: suggestion.datetime.slice(0, 16), zone: suggestion.timezone });
    announce(`${formatTime(suggestion.utc, { style: "long", zone: suggestion.timezone })} is chosen.`);
  };
  const ask = async () => {
    const [only, another] = plan.chosen;
    const model = another ? undefined : only;
    const answer = await api.get("/api/scheduling/suggestions", { params: { count: COUNT, model: model?.id } });
    shown = answer.suggestions;
    plan.fill({ offered: shown.map((suggestion) => suggestion.utc) });
    const zone = shown[0]?.timezone ?? "";
    const city = zone.split("/").at(-1).replaceAll("_", " ");
    const whose = model ? `Times for ${model.name}, on her clocks (${city}).` : `Times from all the agency’s posts, on your clocks (${city}).`;
    replaceChildren(
      place,
      h("p", { class: "hint" }, whose, model ? "" : " Choose one model for times of her own."),
      h("ul", { class: "suggestions-list", "aria-label": "Suggested times" }, shown.map((one) => card(one, take))),
    );
    place.hidden = false;
    mark();
    announce(`${shown.length} times are suggested.`);
    place.querySelector(".suggestion")?.focus();
  };

  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-busy") === "true") return;
    button.setAttribute("aria-busy", "true");
    try {
      await ask();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      replaceChildren(place, h("p", { class: "field-error", role: "alert" }, problem.message));
      place.hidden = false;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
  plan.addEventListener("change", mark);
  return { hide };
}
