/** Ask the server about the plan a moment after each change. */

import { ApiError, api } from "../promura_site/api.js";
import { variantOn } from "./compose-texts.js";

const PAUSE = 500;

/** Let `ask(signal)` ask after changes; what it asked before is called off. */
export function askAfterChanges(plan, ask) {
  let timer = 0;
  let asked = null;

  const askNow = async () => {
    asked?.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      await ask(signal);
    } catch (problem) {
      // The next change asks again; sending says what is wrong.
      if (signal.aborted) return;
      if (!(problem instanceof ApiError)) throw problem;
      plan.tell([]);
    }
  };

  plan.addEventListener("change", () => {
    clearTimeout(timer);
    timer = setTimeout(askNow, PAUSE);
  });
}

/** Show who may only look what the variables in the post's text come to. */
export function wireReading(plan) {
  askAfterChanges(plan, async (signal) => {
    const models = plan.chosen.map((model) => model.id);
    if (!plan.variables || !models.length) {
      plan.tell([]);
      return;
    }
    const body = { content: plan.content, variables: plan.variables, models };
    if (plan.time) Object.assign(body, { schedule_time: plan.time, timezone: plan.zone });
    const { channels } = await api.post("/api/templates/preview", body, { signal });
    const others = new Set(plan.everywhere.filter((one) => variantOn(plan.variants, one)).map((one) => one.id));
    plan.tell(channels.filter((one) => !others.has(one.channel)));
  });
}
