/** Put posts on other days, cancel them, make drafts: each told, each taken back. */

import { api, newKey } from "../promura_site/api.js";
import { offerUndo } from "../promura_site/undo.js";
import { askFirst, tellFailures } from "./calendar-warn.js";
import { clockOf, dayWords } from "./calendar-dates.js";
import { plural } from "./calendar-words.js";

const MOVE = "/api/posts/bulk-reschedule";
const CANCEL = "/api/posts/bulk-cancel";

/** Return the sentences of a dry run, each once. */
export function warningsOf(results) {
  return [...new Set(results.flatMap((one) => (one.warnings ?? []).map((warning) => warning.text)))];
}

function reasonsOf(failures) {
  return [...new Set(failures.map((one) => one.reason))];
}

function takenBack(answer, refresh) {
  if (!answer.undo?.items?.length) return undefined;
  return async () => {
    const back = await api.post(MOVE, answer.undo);
    await refresh();
    if (back.failures.length) return `${plural(back.updated_count, "post")} moved back. ${reasonsOf(back.failures).join(" ")}`;
    return back.updated_count === 1 ? "It is where it was." : `${back.updated_count} posts are where they were.`;
  };
}

/**
 * Move posts; what it would bring about is asked first. Returns whether any moved.
 *
 * `body` is that of the bulk call; `names` says each post's name by its id.
 */
export async function movePosts(body, { names, refresh, message }) {
  const dry = await api.post(MOVE, { ...body, dry_run: true });
  const failed = dry.failures.map((one) => ({ name: names(one.id), reason: one.reason }));
  if (!dry.updated_count) {
    if (failed.length) await tellFailures("Nothing was moved", failed);
    else offerUndo({ message: "There is nothing to move: each of them is there already." });
    return false;
  }
  const warnings = warningsOf(dry.results);
  if (warnings.length || failed.length) {
    const sure = await askFirst({ title: dry.updated_count === 1 ? "Move it there?" : `Move ${dry.updated_count} posts?`, warnings, failed });
    if (!sure) return false;
  }
  const answer = await api.post(MOVE, body);
  await refresh();
  const late = answer.results.flatMap((one) => (one.too_late ?? []).map((told) => told.text));
  offerUndo({ message: [message ?? answer.message, ...late].join(" "), undo: takenBack(answer, refresh) });
  return answer.updated_count > 0;
}

/** Cancel posts; those that cannot be are told one by one. */
export async function cancelPosts(ids, { names, refresh }) {
  const answer = await api.post(CANCEL, { post_ids: ids });
  await refresh();
  const count = answer.cancelled_count;
  const words = count === 1 ? "The post is cancelled." : `${count} posts are cancelled.`;
  if (count) offerUndo({ message: words, undo: takenBack(answer, refresh) });
  const failed = answer.failures.map((one) => ({ name: names(one.id), reason: one.reason }));
  if (failed.length) await tellFailures(count ? "Not all are cancelled" : "Nothing was cancelled", failed);
  return count > 0;
}

/** Take drafts back that were made a moment ago. */
export async function discard(ids, refresh) {
  await api.post(CANCEL, { post_ids: ids });
  await refresh();
  return ids.length === 1 ? "The draft is gone again." : "The drafts are gone again.";
}

function planOf(thing) {
  if (thing.kind === "media") return { content: "", media_ids: [thing.item.id] };
  const { id, content, tags, media_ids: media, variables, missing } = thing.item;
  const gone = new Set(missing?.media_ids ?? []);
  return { content, tags, media_ids: media.filter((one) => !gone.has(one)), template: id, ...(variables ? { variables } : {}) };
}

/** Make a draft of a photo or a template at the best free time of a model's day. */
export async function draftOn(thing, { model, day, over, text }, refresh) {
  if (over) {
    const sure = await askFirst({ title: "Put it there?", warnings: [`${dayWords(day.date, "long")}, ${model.name}. ${text}.`], go: "Put it there all the same" });
    if (!sure) return false;
  }
  const { suggestions } = await api.get("/api/scheduling/free-times", { params: { model: model.id, date: day.date, count: 1 } });
  const [best] = suggestions;
  if (!best) {
    offerUndo({ message: `No hour of ${dayWords(day.date, "long")} is free for ${model.name}. Choose another day, or write it with a time of your own.` });
    return false;
  }
  const plan = { ...planOf(thing), models: [model.id], draft: true, schedule_time: best.datetime, timezone: best.timezone };
  const { post } = await api.post("/api/posts", plan, { headers: { "Idempotency-Key": newKey() } });
  await refresh();
  offerUndo({
    message: `A draft for ${model.name}, ${dayWords(day.date)} ${clockOf(best.datetime)}, her best free time of that day.`,
    undo: () => discard([post.id], refresh),
  });
  return true;
}
