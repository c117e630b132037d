/** The insights page: whose week, when to post, what it gained, figures by hand. */

import { ApiError, api } from "../promura_site/api.js";
import { wireCounts } from "./insights-counts.js";
import { wireHistory } from "./insights-history.js";
import { wireLinks } from "./insights-links.js";
import { showGained, showTimes } from "./insights-times.js";
import { showWeek } from "./insights-week.js";
import { cityOf, plural } from "./insights-words.js";

const { can, counts: names } = JSON.parse(document.getElementById("page-data").textContent);
const part = (name) => document.querySelector(`[data-${name}]`);
const chooser = part("model");
const showCounts = wireCounts({ place: part("counts"), more: part("more"), missing: part("missing"), names, mayRecord: can.record });
let asking = null;

function basisWords({ basis, total_posts: posts }) {
  if (basis === "default") return "";
  const learned = `learned from ${plural(posts, "post")}`;
  return basis === "agency" && chooser.value ? `${learned} of the agency’s other models` : learned;
}

async function refresh() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const model = chooser.value;
  const ask = (path, params = {}) => api.get(`/api/scheduling/${path}`, { params: { model, ...params }, signal });
  const [week, times, { realised }] = await Promise.all([ask("heatmap"), ask("suggestions", { count: 5 }), ask("realised")]);
  if (signal.aborted) return;
  showWeek(week, { place: part("week"), detail: part("detail"), key: part("legend"), model, mayPlan: can.plan });
  showTimes(times.suggestions, part("times"), { model, mayPlan: can.plan });
  showGained(realised, part("gained"));
  part("sub").textContent = `On the clocks of ${cityOf(week.timezone)}`;
  part("learned").textContent = basisWords(week);
}

/** Do it, and say on the page what went wrong. */
async function tried(...works) {
  part("problem").hidden = true;
  try {
    await Promise.all(works.map((work) => work()));
  } catch (problem) {
    if (problem.name === "AbortError") return;
    if (!(problem instanceof ApiError)) throw problem;
    part("problem").textContent = problem.message;
    part("problem").hidden = false;
  }
}

chooser.addEventListener("change", () => {
  const address = chooser.value ? `?model=${encodeURIComponent(chooser.value)}` : window.location.pathname;
  window.history.replaceState(null, "", address);
  tried(refresh, () => showCounts(chooser.value));
});
wireHistory(part("import-history"), () => tried(refresh));
wireLinks(part("import-counts"), () => tried(refresh, showCounts));
const asked = new URLSearchParams(window.location.search).get("model") ?? "";
if ([...chooser.options].some((option) => option.value === asked)) chooser.value = asked;
tried(refresh, () => showCounts(chooser.value));
