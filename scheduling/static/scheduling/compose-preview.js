/** Show the post as a card, and say in one sentence what would be sent. */

import { avatar, h, icon, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { tooLongFor } from "./compose-counts.js";
import { modelWords } from "./compose-models.js";
import { filledOn } from "./compose-texts.js";
import { firstDue } from "./compose-when.js";

const MOST_PICTURES = 4;

function head(plan) {
  const [channel] = plan.reached;
  const model = channel?.model ?? plan.chosen[0];
  if (!model) return h("p", { class: "text-3 preview-nobody" }, icon("models"), "Choose a model");
  return h(
    "div",
    { class: "person" },
    avatar(model.name, model.avatar, true),
    h("div", { class: "preview-who" }, h("strong", { class: "clip" }, model.name), h("span", { class: "meta clip" }, channel ? `${channel.handle} · ${channel.platform}` : "No account chosen")),
  );
}

function pictures(media) {
  if (!media.length) return null;
  const shown = media.slice(0, MOST_PICTURES);
  const more = media.length - shown.length;
  return h(
    "div",
    { class: `preview-media preview-media-${shown.length}` },
    shown.map((item, at) =>
      h(
        "span",
        { class: "preview-picture" },
        h("img", { src: item.preview_url ?? item.thumbnail_url, alt: item.alt_text || item.name }),
        item.type === "video" ? h("span", { class: "media-badge preview-badge" }, icon("play"), "Clip") : null,
        more && at === shown.length - 1 ? h("span", { class: "media-badge preview-badge num" }, `+${more}`) : null,
      ),
    ),
  );
}

function card(plan) {
  const [channel] = plan.reached;
  const text = (channel ? filledOn(plan, channel) : plan.content).trim();
  const empty = plan.media.length ? null : h("p", { class: "text-3" }, "What you write appears here.");
  return [head(plan), pictures(plan.media), text ? h("p", { class: "caption preview-text" }, text) : empty];
}

function timeWords(plan) {
  const moment = firstDue(plan);
  if (Number.isNaN(moment)) return "no time yet";
  const iso = new Date(moment).toISOString();
  return `${formatTime(iso)} on your clocks, ${formatTime(iso, { style: "relative" })}`;
}

function summary(plan) {
  const count = plan.reached.length;
  if (!plan.chosen.length) return "Nobody is chosen yet.";
  const accounts = count === 1 ? "1 account" : `${count} accounts`;
  return `${modelWords(plan.chosen)} · ${accounts} · ${timeWords(plan)}`;
}

function tooLong(plan) {
  const names = tooLongFor(plan);
  if (!names.length) return null;
  const words = `Too long for ${names.join(", ")}: write a shorter text, or another one for it.`;
  return h("span", { class: "summary-warning" }, icon("warning"), h("span", {}, words));
}

/** Keep the card and the sentence above the buttons in step with the plan. */
export function wirePreview(plan, root) {
  const place = root.querySelector("[data-preview]");
  const words = root.querySelector("[data-preview-words]");
  const sentence = root.querySelector("[data-summary]");
  const show = () => {
    replaceChildren(place, h("div", { class: "preview" }, card(plan)));
    const others = plan.reached.length - 1;
    words.textContent = others > 0 ? `and on ${others} more ${others === 1 ? "account" : "accounts"}` : "";
    replaceChildren(sentence, summary(plan), tooLong(plan));
  };
  plan.addEventListener("change", show);
  plan.addEventListener("told", show);
  show();
}
