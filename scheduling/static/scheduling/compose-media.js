/** The media of the post: in their order, moved by drag or by buttons. */

import { h, icon, replaceChildren } from "../promura_site/dom.js";
import { announce } from "../promura_site/undo.js";

function button(name, words, action, disabled = false) {
  return h(
    "button",
    { class: "strip-button", type: "button", title: words, disabled, dataset: { move: name }, onClick: action },
    icon(name),
    h("span", { class: "visually-hidden" }, words),
  );
}

/** Wire the strip of chosen media. */
export function wireStrip(plan, strip, words) {
  let shown = "";
  let dragged = null;

  const move = (from, to, key) => {
    if (to < 0 || to >= plan.media.length || from === to) return;
    const media = [...plan.media];
    const [item] = media.splice(from, 1);
    media.splice(to, 0, item);
    plan.setMedia(media);
    announce(`${item.name} is now number ${to + 1} of ${media.length}.`);
    if (!key) return;
    // The tile was made anew: keep the focus on what moved it.
    const tile = strip.children[to];
    const again = tile.querySelector(`[data-move="${key}"]:not(:disabled)`);
    (again ?? tile.querySelector("button:not(:disabled)")).focus();
  };
  const remove = (at) => {
    const item = plan.media[at];
    plan.setMedia(plan.media.filter((one) => one !== item));
    announce(`${item.name} was taken out.`);
    const next = strip.children[Math.min(at, plan.media.length - 1)];
    (next?.querySelector('[data-move="close"]') ?? document.querySelector("[data-choose-media]")).focus();
  };

  const tile = (item, at, all) =>
    h(
      "li",
      { class: "strip-item", draggable: "true", dataset: { at } },
      h("img", { src: item.thumbnail_url, alt: item.alt_text || item.name, title: item.name, draggable: "false" }),
      all.length > 1 ? h("span", { class: "strip-place num", "aria-hidden": "true" }, at + 1) : null,
      item.type === "video" ? h("span", { class: "strip-kind" }, icon("video"), h("span", { class: "visually-hidden" }, "Clip")) : null,
      h(
        "span",
        { class: "strip-buttons" },
        all.length > 1 ? button("chevron-left", `Move ${item.name} forward`, () => move(at, at - 1, "chevron-left"), at === 0) : null,
        all.length > 1 ? button("chevron-right", `Move ${item.name} back`, () => move(at, at + 1, "chevron-right"), at === all.length - 1) : null,
        button("close", `Take ${item.name} out`, () => remove(at)),
      ),
    );

  const show = () => {
    const now = JSON.stringify(plan.media);
    if (now === shown) return;
    shown = now;
    replaceChildren(strip, plan.media.map(tile));
    strip.hidden = !plan.media.length;
    words.textContent = plan.media.length > 1 ? `${plan.media.length}, in this order` : "";
  };

  strip.addEventListener("dragstart", (event) => {
    dragged = event.target.closest(".strip-item");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.at);
    dragged.classList.add("is-dragged");
  });
  strip.addEventListener("dragover", (event) => {
    const over = event.target.closest(".strip-item");
    if (!dragged || !over) return;
    event.preventDefault();
    for (const one of strip.children) one.classList.toggle("is-target", one === over && one !== dragged);
  });
  strip.addEventListener("drop", (event) => {
    const over = event.target.closest(".strip-item");
    if (!dragged || !over) return;
    event.preventDefault();
    move(Number(dragged.dataset.at), Number(over.dataset.at));
  });
  strip.addEventListener("dragend", () => {
    dragged = null;
    for (const one of strip.children) one.classList.remove("is-dragged", "is-target");
  });
  plan.addEventListener("change", show);
  show();
}

/** Return what the page keeps of a media item of the library. */
export function shortOf(item) {
  const { id, name, type, alt_text, thumbnail_url, width, height } = item;
  return { id, name, type, alt_text, thumbnail_url, width, height };
}
