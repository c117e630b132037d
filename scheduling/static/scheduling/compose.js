/** The compose page: write, choose for whom and when, send. */

import { ApiError, api } from "../promura_site/api.js";
import { h } from "../promura_site/dom.js";
import { offerUndo } from "../promura_site/undo.js";
import { suggestTags } from "../library/tags.js";
import { wireChecks } from "./compose-check.js";
import { wireCounts, wireHeight } from "./compose-counts.js";
import { EMPTY, KeptDraft, isWorthKeeping } from "./compose-draft.js";
import { startEditing } from "./compose-editing.js";
import { wireStrip } from "./compose-media.js";
import { chooseFromAddress, modelWords, wireFinding } from "./compose-models.js";
import { notice, sayRepeated } from "./compose-notices.js";
import { wirePicker } from "./compose-picker.js";
import { Plan } from "./compose-plan.js";
import { wirePreview } from "./compose-preview.js";
import { bodyOf, wireSending } from "./compose-send.js";
import { fillFrom, wireTemplates } from "./compose-templates.js";
import { wireSuggestions } from "./compose-times.js";
import { wireUploads } from "./compose-upload.js";
import { wireVariables } from "./compose-variables.js";
import { wireVariants } from "./compose-variants.js";
import { wireMeanings } from "./compose-when.js";
import { queueLink, sentence } from "./compose-words.js";

const data = JSON.parse(document.getElementById("page-data").textContent);
const form = document.getElementById("compose");
const part = (name) => document.querySelector(`[data-${name}]`);
const asked = new URLSearchParams(window.location.search);
const plan = new Plan(form);
const kept = new KeptDraft(data.person, asked.get("post") ?? undefined);
let edit = null;

wireCounts(plan, part("counts"));
wireHeight(plan, plan.fields.content);
wireVariables(plan, part("variables"), data);
wireVariants(plan, part("variants"), part("add-variant"));
wireFinding(form);
wireStrip(plan, part("strip"), part("media-words"));
wireUploads(plan, form);
wirePicker(plan, document.getElementById("media-picker"), part("choose-media"));
wireTemplates(plan, document.getElementById("template-picker"), part("choose-template"));
wireMeanings(plan, part("means"));
wirePreview(plan, form);
const suggestions = wireSuggestions(plan, part("suggest"), part("suggestions"));
const checks = wireChecks(plan, part("checks"), () => {
  if (!data.mayPlan || form.inert || !plan.reached.length) return null;
  if (edit?.edit.isOut) return null;
  const action = edit?.edit.isDraft && !plan.time ? "draft" : "schedule";
  const written = isWorthKeeping({ ...plan.snapshot(), models: [] });
  return written ? { ...(edit ? edit.edit.lookOf(plan, action) : bodyOf(plan, action)), tags: [] } : null;
});

function empty() {
  plan.fill({ ...EMPTY, zone: document.documentElement.dataset.timezone });
  suggestions.hide();
  notice("template", null);
  notice("kept", null);
}

function startOver() {
  const before = plan.snapshot();
  empty();
  const undo = () => {
    plan.fill(before);
    return "What you wrote is back.";
  };
  offerUndo({ message: "The form is empty.", undo });
  plan.fields.content.focus();
}

/** A new post is stored: say so, empty the form, offer to cancel it. */
function planned({ post, warnings }, action) {
  const before = plan.snapshot();
  const said = sentence(post, action, modelWords(plan.chosen));
  empty();
  kept.forget();
  notice("sent", "good", said, queueLink(form.dataset.queue, action));
  sayRepeated(warnings);
  const undo = async () => {
    await api.post(`/api/posts/${post.id}/cancel`);
    notice("sent", null);
    sayRepeated([]);
    if (!isWorthKeeping(plan.snapshot())) plan.fill(before);
    return "The post is cancelled.";
  };
  offerUndo({ message: said, undo, label: action === "draft" ? "Undo" : "Cancel it", seconds: 15 });
  window.scrollTo({ top: 0 });
  plan.fields.content.focus({ preventScroll: true });
}

/** Return to an unfinished post, or offer to when another one was asked for. */
function resume() {
  const found = kept.read();
  if (!found || !isWorthKeeping(found.values)) return;
  const named = ["template", "model", "time"].some((name) => asked.has(name));
  if (!named) {
    plan.fill(found.values);
    notice("kept", "info", "Your unfinished post is here again.", "“Start over” empties the form.");
    return;
  }
  const goOn = () => {
    plan.fill(found.values);
    notice("kept", null);
  };
  const button = h("button", { class: "btn btn-small", type: "button", onClick: goOn }, "Go on with it");
  notice("kept", "info", "There is an unfinished post.", button);
}

async function begin() {
  const post = asked.get("post");
  if (post) {
    // What is typed before the post is there would be lost under it.
    form.inert = true;
    edit = await startEditing(post, { plan, kept, mayPlan: data.mayPlan });
    form.inert = false;
    return;
  }
  resume();
  kept.follow(plan);
  chooseFromAddress(plan, asked.getAll("model"));
  // From the insights page: an hour, and the times that were suggested beside it.
  if (asked.has("time")) plan.fill({ time: asked.get("time"), zone: asked.get("zone"), offered: asked.getAll("offered") });
  const template = asked.get("template");
  // A reload must not count a second use, nor choose a model again.
  if (template || asked.has("model") || asked.has("time")) window.history.replaceState(null, "", window.location.pathname);
  if (template) await fillFrom(plan, template);
}

plan.addEventListener("change", () => {
  part("start-over").hidden = asked.has("post") || !isWorthKeeping(plan.snapshot());
});
suggestTags(plan.fields.tags);
part("start-over").addEventListener("click", startOver);
wireSending(plan, {
  mayPlan: data.mayPlan,
  editing: () => edit?.edit ?? null,
  reason: checks.reason,
  done: (answer, action) => {
    checks.clear();
    if (edit) edit.saved(answer, action);
    else planned(answer, action);
  },
  failed: (problem) => Boolean(edit?.conflict(problem)),
});
begin().catch((problem) => {
  if (!(problem instanceof ApiError)) throw problem;
  notice("begin", "bad", "The post could not be opened.", problem.message);
});
