/** What is done to many items at once. Each returns what came of it. */

import { api } from "../promura_site/api.js";
import { filterOf } from "./address.js";
import { follow, showProgress } from "./progress.js";

const TIMEOUT = 120_000;
const AT_ONCE = 4;

function whatIsSelected({ shelf, selection }) {
  if (selection.everything) return { filter: filterOf(shelf.view) };
  return { media_ids: selection.ids };
}

async function post(path, body, line) {
  return follow(await api.post(path, body, { timeout: TIMEOUT }), line);
}

/** Move the selected media to the trash. */
export async function trashSelected(scene, line) {
  const { shelf, selection } = scene;
  const { ids, everything } = selection;
  const answer = await post("/api/library/bulk-delete", whatIsSelected(scene), line);
  const refused = new Set((answer.failures ?? []).map(({ id }) => id));
  selection.clear();
  shelf.take(ids.filter((id) => !refused.has(id)));
  if (everything) await shelf.refresh();
  return answer;
}

/** Change the tags of the selected media; `action` is add, replace or remove. */
export async function tagSelected(scene, tags, action, line) {
  const body = { ...whatIsSelected(scene), tags, action };
  const answer = await post("/api/library/bulk-tag", body, line);
  await scene.shelf.refresh();
  return answer;
}

/** Put back what a bulk call has changed; resolves to the sentence to say. */
export async function takeBack(operation, { shelf }, line) {
  const path = `/api/library/bulk-operations/${operation}/undo`;
  try {
    const answer = await post(path, undefined, line);
    await shelf.refresh();
    return answer.message || "Undone.";
  } finally {
    showProgress(line, null);
  }
}

/** Take the selected media out of the trash: one by one, since no call takes many. */
export async function restoreSelected({ shelf, selection }, line) {
  const left = selection.ids;
  const total = left.length;
  const done = [];
  const failures = [];
  const work = async () => {
    for (let id = left.shift(); id; id = left.shift()) {
      try {
        await api.post(`/api/library/${id}/restore`);
        done.push(id);
      } catch (problem) {
        failures.push({ id, reason: problem.message });
      }
      showProgress(line, { done: done.length + failures.length, total });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  selection.clear();
  shelf.take(done);
  return { restored: done, failures };
}
