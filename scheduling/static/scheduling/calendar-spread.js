/** Spread photos over the best free times of models: first as a plan, then as drafts. */

import { api, newKey, submitWith } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { offerUndo } from "../promura_site/undo.js";
import { addDays } from "./calendar-dates.js";
import { discard } from "./calendar-moves.js";
import { planLines, skippedLines } from "./calendar-spread-plan.js";
import { plural } from "./calendar-words.js";
import { wirePicker } from "./compose-picker.js";

const TEMPLATES = 200;

/** Wire the dialog; returns a function that opens it. */
export function wireSpread({ models, refresh }) {
  const dialog = document.getElementById("spread-dialog");
  const form = dialog.querySelector("form");
  const part = (name) => dialog.querySelector(`[data-spread-${name}]`);
  const { template, content, from, to, per_day: perDay, media_per_post: perPost } = form.elements;
  const go = part("go");
  let plan = null;
  let key = newKey();
  let loaded = false;

  const media = {
    media: [],
    chosen: [],
    setMedia(items) {
      media.media = items;
      forget();
      replaceChildren(part("media"), items.map((item) => h("li", {}, h("img", { class: "thumb", src: item.thumbnail_url, alt: item.alt_text || item.name, title: item.name, width: 40, height: 40 }))));
      part("count").textContent = items.length ? `${items.length} chosen` : "None chosen yet.";
    },
  };

  function forget() {
    plan = null;
    key = newKey();
    part("plan").hidden = true;
    go.hidden = true;
  }

  const wanted = () => ({
    media_ids: media.media.map((item) => item.id),
    models: [...form.querySelectorAll("[name=models]:checked")].map((box) => box.value),
    ...(template.value ? { template: template.value } : { content: content.value }),
    ...(from.value ? { from: from.value } : {}),
    ...(to.value ? { to: to.value } : {}),
    per_day: Number(perDay.value || 1),
    media_per_post: Number(perPost.value || 1),
  });

  const show = (answer) => {
    const names = Object.fromEntries(models.map((one) => [one.slug, one.name]));
    plan = answer.plan;
    part("plan").hidden = false;
    part("said").textContent = answer.message;
    replaceChildren(part("list"), planLines(answer.plan, names));
    replaceChildren(part("skipped"), skippedLines(answer.skipped, names, media.media));
    go.hidden = !plan.length;
    go.textContent = `Make ${plural(plan.length, "draft")}`;
    part("said").focus({ preventScroll: true });
    part("plan").scrollIntoView({ block: "start" });
  };

  submitWith(form, async (_, event) => {
    if (event.submitter?.value !== "go") {
      show(await api.post("/api/posts/bulk", { ...wanted(), dry_run: true }));
      return;
    }
    const answer = await api.post("/api/posts/bulk", { ...wanted(), plan }, { headers: { "Idempotency-Key": key } });
    closeDialog(dialog, "done");
    await refresh();
    const ids = answer.posts;
    offerUndo({ message: answer.message, undo: ids.length ? () => discard(ids, refresh) : undefined });
  });
  form.addEventListener("change", forget);
  template.addEventListener("change", () => {
    part("text").hidden = Boolean(template.value);
  });
  wirePicker(media, document.getElementById("media-picker"), part("choose"));

  const loadTemplates = async () => {
    if (loaded) return;
    const { templates } = await api.get("/api/templates", { params: { limit: TEMPLATES, count: "false", ordering: "name" } });
    template.append(...templates.map((one) => h("option", { value: one.id }, one.name)));
    loaded = true;
  };

  return async ({ items = [], chosen = [], start, today }) => {
    media.setMedia(items);
    for (const box of form.querySelectorAll("[name=models]")) box.checked = chosen.includes(box.value);
    from.value = start > today ? start : today;
    to.value = addDays(from.value, 6);
    forget();
    const closed = openDialog(dialog);
    await loadTemplates();
    return closed;
  };
}
