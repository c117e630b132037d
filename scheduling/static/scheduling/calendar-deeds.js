/** What a person does with one post, the same on both calendars. */

import { offerUndo } from "../promura_site/undo.js";
import { clockOf, dayWords } from "./calendar-dates.js";
import { askAbout, askWhen } from "./calendar-detail.js";
import { cancelPosts, movePosts } from "./calendar-moves.js";
import { nameOf } from "./calendar-words.js";

/** Do it, and say what went wrong in the bar where what went right is said. */
export async function tried(work) {
  try {
    return await work();
  } catch (problem) {
    if (problem.name !== "ApiError") throw problem;
    offerUndo({ message: problem.message });
    return null;
  }
}

/** Return what is said of a post that has been moved. */
export function movedWords(post, local) {
  return `${nameOf(post)} is on ${dayWords(local)}, ${clockOf(local)} now.`;
}

/** Move one post to a wall-clock time of its model. */
export function moveTo(post, model, local, refresh) {
  const item = { id: post.id, schedule_time: local, timezone: model.timezone, version: post.version };
  return movePosts({ items: [item] }, { names: () => nameOf(post), refresh, message: movedWords(post, local) });
}

/** Move one post to another day; it keeps its time of day. */
export function moveToDay(post, model, date, refresh) {
  const message = movedWords(post, `${date}T${clockOf(post.local)}`);
  return movePosts({ post_ids: [post.id], date, model: model.id }, { names: () => nameOf(post), refresh, message });
}

/** Return a function that opens a post and does what is then wanted. */
export function postOpener({ can, refresh, pick }) {
  return (post, model) => tried(async () => {
    const said = await askAbout(post, model, can);
    if (said === "pick") pick(post, model);
    if (said === "cancel") await cancelPosts([post.id], { names: () => nameOf(post), refresh });
    if (said !== "move") return;
    const when = await askWhen(post, model);
    if (when) await moveTo(post, model, when, refresh);
  });
}
