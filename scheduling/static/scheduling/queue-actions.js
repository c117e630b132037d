/** What the buttons of the queue do. */

import { api } from "../promura_site/api.js";
import { toLocalInput, formatTime } from "../promura_site/time.js";
import { announce, offerUndo } from "../promura_site/undo.js";
import { showAttempts } from "./queue-attempts.js";
import { causeOf } from "./queue-causes.js";
import { decide } from "./queue-decide.js";
import { count, reschedule, settle } from "./queue-dialogs.js";
import { takeDown } from "./queue-takedown.js";
import { fillMenu } from "./queue-menu.js";
import { isOpen, lateWords } from "./queue-words.js";

/** Return how a cancelled post gets its times back; null when it cannot. */
function timesOf(post, models) {
  const open = post.publications.filter(isOpen);
  const times = new Set(open.map((one) => one.schedule_time));
  const ahead = [...times].every((at) => at && new Date(at) > new Date());
  if (!ahead) return null;
  if (times.size === 1) return { schedule_time: [...times][0] };
  const clocks = new Set(open.map((one) => toLocalInput(one.schedule_time, models[one.channel.model].timezone)));
  return clocks.size === 1 ? { schedule_time: [...clocks][0], timezone: "model" } : null;
}

async function cancel({ post }, { refresh, models, store }) {
  const back = timesOf(post, models());
  const draft = post.status === "draft";
  const answer = await api.post(`/api/posts/${post.id}/cancel`, { version: post.version });
  store.put(answer.post);
  await refresh();
  const undo = async () => {
    if (draft) await api.post(`/api/posts/${post.id}/duplicate`);
    else await api.post(`/api/posts/${post.id}/reschedule`, back);
    await refresh();
    return draft ? "A copy of the draft is there." : "It is planned again.";
  };
  offerUndo({
    message: draft ? "The draft is discarded." : `The post is cancelled. ${lateWords(answer.too_late)}`.trim(),
    undo: draft || back ? undo : undefined,
  });
}

async function skipPost({ post }, { refresh, models, store }) {
  const back = timesOf(post, models());
  const answer = await api.post(`/api/posts/${post.id}/skip`, { version: post.version });
  store.put(answer.post);
  await refresh();
  const undo = async () => {
    await api.post(`/api/posts/${post.id}/reschedule`, back);
    await refresh();
    return "It is planned again.";
  };
  offerUndo({ message: `The post is skipped. ${lateWords(answer.too_late)}`.trim(), undo: back ? undo : undefined });
}

async function moved(on, context) {
  const answer = await reschedule(on, { ...context, models: context.models() });
  if (!answer) return;
  context.store.put(answer.post);
  await context.refresh();
  const at = answer.post.schedule_time;
  const words = new Date(at) > new Date() ? `Planned for ${formatTime(at, { style: "short" })}.` : "It goes out now.";
  offerUndo({ message: `${words} ${lateWords(answer.too_late)}`.trim() });
}

async function duplicate({ post }, { refresh }) {
  const answer = await api.post(`/api/posts/${post.id}/duplicate`);
  await refresh();
  offerUndo({
    message: "A copy is among the drafts.",
    label: "Edit it",
    undo: async () => {
      window.location.assign(`/compose?post=${answer.post.id}`);
      return "Opening the copy.";
    },
  });
}

async function asked(dialog, on, context, words) {
  const answer = await dialog(on, context);
  if (!answer) return;
  await context.refresh();
  offerUndo({ message: words(answer.publication) });
}

async function sent(path, context, message) {
  await api.post(path);
  await context.refresh();
  announce(message);
}

/** Decide about a cause, and say what was done. */
export async function decided(cause, { refresh }) {
  const said = cause && (await decide(cause));
  await refresh();
  if (said) offerUndo({ message: said });
}

const DEEDS = {
  attempts: showAttempts,
  takedown: async (on, context) => {
    const count = await takeDown(on, context);
    await context.refresh();
    if (count) offerUndo({ message: count === 1 ? "It is being taken down." : `${count} are being taken down.` });
  },
  decide: ({ publication }, context) => decided(causeOf(context.store.causes, publication), context),
  cancel,
  duplicate,
  reschedule: moved,
  retry: ({ publication }, context) =>
    sent(`/api/publications/${publication.id}/retry`, context, "It is sent again now."),
  "retry-all": ({ post }, context) =>
    sent(`/api/posts/${post.id}/retry`, context, "All of them are sent again now."),
  skip: ({ publication }, context) =>
    sent(`/api/publications/${publication.id}/cancel`, context, `Skipped ${publication.channel.handle}.`),
  "skip-post": skipPost,
  settle: (on, context) => asked(settle, on, context, (one) =>
    one.status === "published" ? "Settled: it is published." : "Settled: it was not published."),
  count: (on, context) => asked(count, on, context, () => "The figures are saved."),
};

// These only open a dialog, which shows by itself that it is at work.
const ASKING = new Set(["attempts", "decide", "takedown", "reschedule", "settle", "count"]);

/** Hear the page's buttons; `context` knows the posts and how to refresh. */
export function wireActions(context) {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-deed]");
    const post = context.store.posts.get(button?.dataset.post);
    if (!post) return;
    const publication = post.publications.find((one) => one.id === button.dataset.publication);
    if (button.dataset.deed === "menu") {
      fillMenu(button, post, context.can);
      return;
    }
    if (button.getAttribute("aria-busy") === "true") return;
    if (!ASKING.has(button.dataset.deed)) button.setAttribute("aria-busy", "true");
    try {
      await DEEDS[button.dataset.deed]({ post, publication }, context);
    } catch (error) {
      offerUndo({ message: error.message });
      await context.refresh();
      if (error.name !== "ApiError") throw error;
    } finally {
      button.removeAttribute("aria-busy");
    }
  });
}
