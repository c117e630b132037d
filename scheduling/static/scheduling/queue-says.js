/** What the queue page says about all of its rows: a summary, or why there are none. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { number } from "./queue-words.js";

const SUMMARY = { attention: "need attention", due: "going out", planned: "coming up" };

/** Say beside the title how much there is. */
export function saySummary(store) {
  const said = Object.entries(SUMMARY)
    .map(([name, word]) => [store.groups.get(name)?.count ?? 0, word])
    .filter(([count]) => count)
    .map(([count, word]) => `${number(count)} ${count === 1 ? word.replace("need ", "needs ") : word}`);
  document.querySelector("[data-summary]").textContent = said.join(" · ");
}

function whyEmpty({ cause, ...filters }, can) {
  if (cause && !Object.keys(filters).length) {
    return ["Nothing waits for this any more", "What held these posts up is over, or somebody has decided about them."];
  }
  if (cause || Object.keys(filters).length) return ["Nothing like that", "No post matches. Try fewer filters."];
  return ["The queue is empty", can.plan
    ? "Nothing is planned. Write a post, choose its models and an hour: from then on it stands here."
    : "Nothing is planned. As soon as somebody plans a post, it stands here."];
}

/** Say why no row is shown, if none is; `wanted` are the filters that are set. */
export function sayEmpty(shown, wanted, can) {
  const empty = document.querySelector("[data-empty]");
  document.querySelector("[data-clear]").hidden = Object.keys(wanted).length === 0;
  empty.hidden = shown > 0;
  if (shown) return;
  const [title, words] = whyEmpty(wanted, can);
  replaceChildren(empty, h("h2", { class: "empty-title" }, title), h("p", {}, words));
}
