/** What is shown of one item: the picture, its facts, where it is used. */

import { api } from "../promura_site/api.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { formatTime } from "../promura_site/time.js";
import { countWords, lengthWords, sizeWords } from "./words.js";

/** Return the picture, or the player for a clip. */
export function stageOf(item) {
  const size = { width: item.width, height: item.height };
  const vars = { "--ratio": String(item.width / item.height || 1), "--mean": item.colour };
  if (item.type === "video") {
    const label = item.alt_text || item.name;
    return h("video", { src: item.url, poster: item.preview_url, controls: true, preload: "metadata", playsinline: true, loop: true, "aria-label": label, vars, ...size });
  }
  return h("img", { src: item.preview_url, alt: item.alt_text || item.name, vars, ...size });
}

/** Return kind, size and history in one line. */
export function factsOf(item) {
  const day = (iso) => formatTime(iso, { style: "day" });
  const kind = item.content_type.split("/").at(-1).replace("quicktime", "mov").toUpperCase();
  return [
    kind,
    `${item.width} × ${item.height}`,
    item.duration_seconds ? lengthWords(item.duration_seconds) : null,
    sizeWords(item.size_bytes),
    item.taken_at ? `taken ${day(item.taken_at)}` : null,
    `uploaded ${day(item.uploaded_at)}${item.uploaded_by ? ` by ${item.uploaded_by}` : ""}`,
    item.used_count ? `used ${countWords(item.used_count, "time")}` : null,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Return what viewers read in the place of the form. */
export function readingOf(item, nameOf) {
  const time = (iso) => formatTime(iso, { style: "long" });
  const rows = [
    ["Tags", item.tags.map((tag) => h("span", { class: "chip" }, tag))],
    ["Models", item.models.map(nameOf).join(", ")],
    ["Alternative text", item.alt_text],
    ["Note", item.description],
    ["Rating", item.rating.charAt(0).toUpperCase() + item.rating.slice(1)],
    ["Not before", item.not_before && time(item.not_before)],
    ["Not after", item.until && time(item.until)],
  ];
  return rows
    .filter(([, value]) => value?.length)
    .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", { class: Array.isArray(value) ? "chips" : null }, value)));
}

function useRow(use, kind) {
  const at = use.at ? formatTime(use.at) : "";
  const meta = [kind, at, use.holds ? "cannot be deleted while it is planned" : ""];
  return h(
    "li",
    { class: "detail-use" },
    use.state ? stateBadge(use.state) : null,
    h("div", {}, h("span", { class: "clip" }, use.title || "Untitled"), h("span", { class: "meta" }, meta.filter(Boolean).join(" · "))),
  );
}

/** Ask where the item is used and show it in `place`. */
export async function showUsage(place, id, signal) {
  replaceChildren(place, h("div", { class: "skeleton skeleton-line" }));
  try {
    const { templates, posts, series } = await api.get(`/api/library/${id}/usage`, { signal });
    const kinds = [["Post", posts], ["Series", series], ["Template", templates]];
    const rows = kinds.flatMap(([kind, uses]) => uses.map((one) => useRow(one, kind)));
    replaceChildren(place, rows.length ? h("ul", { class: "detail-uses" }, rows) : h("p", { class: "meta" }, "No post or template yet."));
  } catch (problem) {
    if (signal.aborted) return;
    replaceChildren(place, h("p", { class: "meta" }, problem.message));
  }
}
