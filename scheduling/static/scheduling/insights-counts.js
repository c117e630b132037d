/** The grid of figures that people enter: saved when a field is left. */

import { ApiError, api } from "../promura_site/api.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { announce } from "../promura_site/undo.js";
import { cityOf } from "./insights-words.js";

const ADDRESS = "/api/scheduling/engagement";
const PAGE = 25;

function nameOf(post) {
  return `${post.model_name} on ${post.platform}, ${formatTime(post.published_at)}`;
}

async function save(field, post, name) {
  const text = field.value.trim();
  if (text === field.dataset.saved) return;
  const note = field.nextElementSibling;
  if (!/^\d{1,10}$/.test(text)) {
    field.setAttribute("aria-invalid", "true");
    note.textContent = text ? "A whole number." : "Once entered it stays; write 0.";
    return;
  }
  try {
    await api.post(`/api/publications/${post.id}/engagement`, { [name]: Number(text) });
    field.dataset.saved = text;
    field.removeAttribute("aria-invalid");
    note.textContent = "";
    announce(`${name}: ${text}, saved.`);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    field.setAttribute("aria-invalid", "true");
    note.textContent = problem.message;
  }
}

/** Enter and the arrows go to the same figure of the next post; Escape takes back. */
function onKey(event) {
  const field = event.currentTarget;
  if (event.key === "Escape") field.value = field.dataset.saved;
  const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const column = [...document.querySelectorAll(`[data-count="${field.dataset.count}"]`)];
  const next = column[column.indexOf(field) + step];
  if (next) {
    next.focus();
    next.select();
  } else field.blur();
}

function fieldOf(post, name, mayRecord) {
  const saved = post[name] === null ? "" : String(post[name]);
  if (!mayRecord) return h("td", { class: "num", "data-label": name }, saved || "–");
  const field = h("input", {
    inputmode: "numeric",
    autocomplete: "off",
    class: "count-field num",
    value: saved,
    "aria-label": `${name} of ${nameOf(post)}`,
    dataset: { count: name, saved },
    onKeydown: onKey,
    onBlur: () => save(field, post, name),
  });
  return h("td", { "data-label": name }, field, h("span", { class: "field-error", role: "alert" }));
}

function rowOf(post, names, mayRecord) {
  const words = post.text || "No text";
  const title = /^https?:/.test(post.url) ? h("a", { href: post.url, target: "_blank", rel: "noopener noreferrer", class: "clip" }, words) : h("span", { class: "clip" }, words);
  const meta = `${post.model_name} · ${post.platform} · ${formatTime(post.published_at)}`;
  return h("tr", {}, h("th", { scope: "row", class: "count-post" }, title, h("span", { class: "meta num" }, meta)), names.map((name) => fieldOf(post, name, mayRecord)));
}

/** Wire the grid; returns `show(model)`, which reads it anew. */
export function wireCounts({ place, more, missing, names, mayRecord }) {
  let model = "";
  let next = null;
  let body = null;
  const read = (address, params) => api.get(address, { params });
  const add = ({ publications, next: link }) => {
    body.append(...publications.map((post) => rowOf(post, names, mayRecord)));
    next = link;
    more.hidden = !link;
  };
  const empty = () => {
    const words = missing.checked ? "Every post has figures." : "Posts appear here once they are out on accounts that tell no figures.";
    replaceChildren(place, h("div", { class: "empty" }, h("h3", { class: "empty-title" }, "Nothing to enter"), h("p", {}, words)));
    more.hidden = true;
  };
  const show = async (whose = model) => {
    model = whose;
    const params = { model, limit: PAGE, count: "false", missing: missing.checked ? "true" : "" };
    const answer = await read(ADDRESS, params);
    if (!answer.publications.length) {
      empty();
      return;
    }
    body = h("tbody");
    const heads = ["Post", ...names].map((name, at) => h("th", { scope: "col", class: at ? "num" : "" }, name));
    replaceChildren(place, h("div", { class: "table-wrap" }, h("table", { class: "table table-stack counts-table" }, h("caption", { class: "visually-hidden" }, `Figures of posts, the latest first, times in ${cityOf(document.documentElement.dataset.timezone)}`), h("thead", {}, h("tr", {}, heads)), body)));
    add(answer);
  };
  more.addEventListener("click", async () => add(await read(next)));
  missing.addEventListener("change", () => show());
  return show;
}
