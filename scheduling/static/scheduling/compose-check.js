/** Ask the server what would come of the plan, and say what is worth knowing. */

import { api } from "../promura_site/api.js";
import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { askAfterChanges } from "./compose-asking.js";

// What the form says by itself when it is sent is not said twice.
const SAID = new Set(["does_not_fit", "media_not_cleared", "too_late"]);

function accountOf(plan, { channel }) {
  const found = plan.everywhere.find((one) => one.id === channel);
  return found ? `${found.handle} on ${found.platform}` : "An account";
}

function repeated(plan, one) {
  const when = formatTime(one.at, { style: "short" });
  const past = new Date(one.at) < new Date();
  const what = one.same === "text" ? "nearly the same text" : "some of the same media";
  return [
    `${accountOf(plan, one)} ${past ? "got" : "gets"} ${what} on ${when}. `,
    h("a", { href: `/compose?post=${one.post}`, target: "_blank" }, "Look at it"),
  ];
}

function line(plan, one, look) {
  const words = one.code === "near_duplicate" ? repeated(plan, one) : one.text;
  return h("li", { class: `check check-${look}`, dataset: { code: one.code } }, icon("warning"), h("span", {}, words));
}

/** Return the lines, each sentence once. */
function linesOf(plan, answer) {
  const refused = answer.problems.filter((one) => SAID.has(one.code) || ["variants", "variables"].includes(one.field));
  const all = [...refused.map((one) => [one, "bad"]), ...answer.warnings.map((one) => [one, "warn"])];
  const unique = new Map(all.map(([one, look]) => [`${one.text}`, line(plan, one, look)]));
  return [...unique.values()];
}

/**
 * Wire the panel. `bodyOf()` is what is to be looked at, null for nothing yet;
 * returns `{reason}`, an owner's reason to let media out all the same.
 */
export function wireChecks(plan, panel, bodyOf) {
  const list = panel.querySelector("[data-check-list]");
  const override = panel.querySelector("[data-override]");
  const ask = panel.querySelector("[data-ask-owner]");

  const show = (answer) => {
    const lines = answer ? linesOf(plan, answer) : [];
    const barred = Boolean(answer) && [...answer.problems, ...answer.warnings].some((one) => one.code === "media_not_cleared");
    replaceChildren(list, lines);
    panel.hidden = !lines.length;
    if (override) override.hidden = !barred;
    if (ask) ask.hidden = !barred;
    plan.tell(answer?.channels ?? []);
  };

  askAfterChanges(plan, async (signal) => {
    const body = bodyOf();
    show(body && (await api.post("/api/posts/check", body, { signal })));
  });
  return {
    reason: () => (override && !override.hidden ? override.querySelector("input").value.trim() : ""),
    clear: () => {
      if (override) override.querySelector("input").value = "";
    },
  };
}
