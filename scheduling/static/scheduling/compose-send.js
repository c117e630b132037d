/** Send the post: what is wrong stands beside its field, what worked can be undone. */

import { ApiError, api, newKey, submitWith } from "../promura_site/api.js";
import { mayStay } from "./compose-braces.js";
import { lastKey } from "./compose-key.js";

function sentences(value) {
  if (typeof value === "string") return [value];
  return Object.values(value ?? {}).flatMap(sentences);
}

/** Bring the server's errors to the fields of this page; a channel is of a model. */
function fieldsOf(errors) {
  const found = {};
  for (const [name, value] of Object.entries(errors)) {
    const field = name === "channels" ? "models" : name;
    found[field] = [...new Set([...(found[field] ?? []), ...sentences(value)])];
  }
  return found;
}

/** Return what is wrong by field; media that is not cleared stands with the media. */
function errorsOf(problem) {
  const { problems } = problem.payload;
  if (problem.code !== "media_not_cleared" || !problems) return problem.errors;
  return { media_ids: problems.map((one) => one.text) };
}

function refuse(field, sentence) {
  throw new ApiError(400, { code: "invalid", message: sentence, errors: { [field]: [sentence] } });
}

/** Refuse what the server would refuse, in this page's words. */
function check(plan, action) {
  if (!plan.chosen.length) refuse("models", "Choose at least one model.");
  const silent = plan.chosen.find((model) => !model.channels.some((channel) => channel.box.checked));
  if (silent?.channels.length) refuse("models", `Switch on an account of ${silent.name}, or leave her out.`);
  if (silent) refuse("models", `${silent.name} has no account that could be posted on.`);
  const texts = [plan.content, ...plan.variants.map((one) => one.content)];
  if (action !== "draft" && !texts.some((text) => text.trim()) && !plan.media.length) refuse("content", "Write a text, or choose media.");
  if (plan.fields.schedule_time.validity.badInput) refuse("schedule_time", "This day and time are not complete.");
  if (action === "schedule" && !plan.time) refuse("schedule_time", "Choose a day and a time, or post now.");
}

/** Return the request's body; `action` is schedule, now or draft. */
export function bodyOf(plan, action) {
  const body = {
    content: plan.content,
    models: plan.chosen.map((model) => model.id),
    // Named one by one: what is posted on is what the person has seen.
    channels: plan.reached.map((channel) => channel.id),
    variants: plan.variants.map(({ language, channel, content }) => (channel ? { channel, content } : { language, content })),
    media_ids: plan.media.map((item) => item.id),
    tags: plan.tags,
    template: plan.template,
    variables: plan.variables,
    draft: action === "draft",
  };
  if (action === "now" || !plan.time) return { ...body, schedule_time: null };
  return { ...body, schedule_time: plan.time, timezone: plan.zone };
}

/** Plan a new post; the same content sent again goes under the same key. */
async function create(plan, action, said) {
  const body = { ...bodyOf(plan, action), suggestions: plan.offered, ...said };
  const text = JSON.stringify(body);
  const key = lastKey.for(text) ?? lastKey.keep(text, newKey());
  const answer = await api.post("/api/posts", body, { headers: { "Idempotency-Key": key } });
  lastKey.forget();
  return answer;
}

/** Send with what the person has said; asks once what only she can say. */
async function send(plan, action, edit, reason) {
  const said = reason ? { override_clearance: reason } : {};
  const work = (more) => (edit ? edit.save(plan, action, more) : create(plan, action, more));
  try {
    return await work(said);
  } catch (problem) {
    if (problem.code !== "unknown_variables") throw problem;
    if (!(await mayStay(problem.payload.variables))) return null;
    return work({ ...said, keep_unknown: true });
  }
}

/**
 * Wire the form. `editing()` is the Edit that is under way, or null; `reason()` why
 * media goes out that is not cleared; `done(answer, action)` is called with the
 * server's answer, `failed(error)` for conflicts (returning true when it has said what
 * is to be said).
 */
export function wireSending(plan, { mayPlan, editing, reason, done, failed }) {
  const { form } = plan;
  let sending = false;
  submitWith(form, async (data, event) => {
    if (sending) return;
    const action = event.submitter?.value || "schedule";
    if (!mayPlan) throw new ApiError(403, { message: "Planning needs the edit level." });
    sending = true;
    try {
      check(plan, action);
      const answer = await send(plan, action, editing(), reason());
      if (answer) done(answer, action);
      else plan.fields.content.focus();
    } catch (problem) {
      if (!(problem instanceof ApiError)) throw problem;
      if (failed(problem)) return;
      throw new ApiError(problem.status, { message: problem.message, errors: fieldsOf(errorsOf(problem)) });
    } finally {
      sending = false;
    }
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.matches("button, a")) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const button = form.querySelector('[type="submit"][value="schedule"]');
      if (!button.disabled) form.requestSubmit(button);
    } else if (event.target.matches("input, select")) {
      // Enter in a field must not send anything out.
      event.preventDefault();
    }
  });
}
