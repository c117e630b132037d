/** The page around a post that is being changed: its words, conflicts, copies. */

import { ApiError } from "../promura_site/api.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { stateBadge } from "../promura_site/states.js";
import { announce } from "../promura_site/undo.js";
import { Edit } from "./compose-edit.js";
import { notice, sayRepeated } from "./compose-notices.js";

const part = (name) => document.querySelector(`[data-${name}]`);

function action(words, run) {
  return h("button", { class: "btn btn-small", type: "button", onClick: run }, words);
}

async function openCopy(edit) {
  try {
    const id = await edit.copy();
    window.location.assign(`${window.location.pathname}?post=${id}`);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    notice("edit", "bad", "No copy was made.", problem.message);
  }
}

function accounts(publications) {
  return publications.map((one) => one.channel.handle).join(", ");
}

/** Say for which accounts a change comes too late, and whom it still reaches. */
function sayWhatStays({ late, open }) {
  const words = `It stays as it is for ${accounts(late)}. What you change is for ${accounts(open)}.`;
  notice("late", "warn", "Some of this post is out, or on its way.", words);
}

/** Say what is being edited, and name the buttons after what they do to it. */
function showState(edit, form, mayPlan) {
  const { post } = edit;
  document.title = "Edit post · PROMURA";
  part("title").textContent = "Edit post";
  const author = post.author ? h("span", {}, `by ${post.author}`) : null;
  replaceChildren(part("sub"), h("span", { class: "row" }, stateBadge(post.status), author));
  const planned = edit.open.some((one) => ["scheduled", "ready", "retry"].includes(one.status));
  part("submit-word").textContent = planned ? "Save changes" : "Schedule";
  form.querySelector('[value="draft"]').textContent = planned ? "Back to draft" : "Save draft";
  for (const button of form.querySelectorAll('[type="submit"]')) button.disabled = !mayPlan || edit.isOut;
  if (edit.late.length) form.querySelector('[value="draft"]').disabled = true;
  if (edit.late.length && !edit.isOut) sayWhatStays(edit);
  else notice("late", null);
  if (!edit.isOut) return;
  part("choose-template").hidden = true;
  const copy = mayPlan ? action("Edit a copy", () => openCopy(edit)) : null;
  notice("edit", "warn", "This post is out, or on its way.", "What is published does not change.", copy ?? "");
}

/** Take up unsaved changes from before a reload, if nobody has changed the post since. */
function resume(edit, kept, plan) {
  const found = kept.read();
  if (!found || found.version !== edit.version) return;
  const stored = plan.snapshot();
  if (JSON.stringify(found.values) === JSON.stringify(stored)) return;
  plan.fill(found.values);
  const back = () => {
    plan.fill(stored);
    notice("kept", null);
  };
  notice("kept", "info", "Your unsaved changes are here again.", action("Back to what is saved", back));
}

/** Load a post into the form; returns what the page asks while it is being edited. */
export async function startEditing(id, { plan, kept, mayPlan }) {
  const edit = new Edit(id);
  await edit.load(plan);
  showState(edit, plan.form, mayPlan);
  resume(edit, kept, plan);
  kept.follow(plan, () => edit.version);

  const reload = async () => {
    kept.forget();
    await edit.load(plan);
    showState(edit, plan.form, mayPlan);
    notice("edit", null);
    announce("The latest version is in the form.");
  };
  const saved = ({ post, too_late: late, warnings }, what) => {
    const known = new Set(edit.late.map((one) => one.channel.id));
    edit.take(post, plan);
    kept.forget();
    showState(edit, plan.form, mayPlan);
    notice("kept", null);
    const words = what === "now" ? "The post is on its way." : "The post is saved.";
    const link = h("a", { href: plan.form.dataset.queue }, "See it in the queue");
    notice("edit", "good", words, link);
    const missed = late.filter((one) => !known.has(one.channel));
    notice("missed", missed.length ? "warn" : null, "Too late for some of it.", missed.map((one) => one.text).join(" "));
    sayRepeated(warnings);
    window.scrollTo({ top: 0 });
  };
  const conflict = (problem) => {
    // What is wrong with the media is said beside it.
    if (problem.status !== 409 || problem.code === "media_not_cleared") return false;
    const mine = problem.code === "version_conflict";
    const way = mine ? action("Load the latest version", reload) : action("Edit a copy", () => openCopy(edit));
    const words = mine ? "Your changes are still in the form; loading the latest version drops them." : "";
    notice("edit", "bad", mine ? "Somebody has changed this post meanwhile." : problem.message, words, way);
    window.scrollTo({ top: 0 });
    return true;
  };
  return { edit, saved, conflict };
}
