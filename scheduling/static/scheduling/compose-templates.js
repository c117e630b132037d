/** Fill the form from a template, and say what of it is not there any more. */

import { ApiError, api } from "../promura_site/api.js";
import { closeDialog, openDialog } from "../promura_site/dialog.js";
import { h, replaceChildren } from "../promura_site/dom.js";
import { offerUndo } from "../promura_site/undo.js";
import { shortOf } from "./compose-media.js";
import { notice } from "./compose-notices.js";

const SHOWN = 30;
const PAUSE = 250;

/** Return the media of these ids in their order; what is gone is left out. */
export async function mediaOf(ids) {
  const found = await Promise.all(
    ids.map((id) =>
      api.get(`/api/library/${encodeURIComponent(id)}`).then(
        (answer) => shortOf(answer.media),
        (problem) => {
          if (problem instanceof ApiError && problem.status === 404) return null;
          throw problem;
        },
      ),
    ),
  );
  return found.filter(Boolean);
}

function list(words) {
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words[0];
}

/** Return sentences about what a template names and the form cannot take. */
function gone(template, plan) {
  const { models = [], media_ids: media = [] } = template.missing ?? {};
  const sentences = [];
  if (models.length) sentences.push(`There is no model ${list(models.map((one) => `“${one}”`))} (any more).`);
  if (media.length === 1) sentences.push("One of its media is not in the library (any more).");
  if (media.length > 1) sentences.push(`${media.length} of its media are not in the library (any more).`);
  const refused = plan.models.filter((model) => model.box.disabled && template.models.includes(model.id));
  for (const model of refused) sentences.push(`${model.name} cannot be posted for at the moment.`);
  return sentences;
}

/** Use a template: count it, put it into the form, offer to take that back. */
export async function useTemplate(plan, id) {
  const { template } = await api.post(`/api/templates/${encodeURIComponent(id)}/use`);
  const missing = new Set(template.missing?.media_ids ?? []);
  const media = await mediaOf(template.media_ids.filter((one) => !missing.has(one)));
  const before = plan.snapshot();
  const usable = new Set(plan.models.filter((model) => !model.box.disabled).map((model) => model.id));
  plan.fill({
    content: template.content,
    models: template.models.filter((slug) => usable.has(slug)),
    tags: template.tags.join(", "),
    media,
    template: template.id,
    variables: template.variables,
  });
  const sentences = gone(template, plan);
  if (sentences.length) notice("template", "warn", `“${template.name}” is filled in, but not all of it.`, sentences.join(" "));
  else notice("template", null);
  const undo = () => {
    plan.fill(before);
    notice("template", null);
    return "The form is as it was before the template.";
  };
  offerUndo({ message: `“${template.name}” is filled in.`, undo });
  plan.fields.content.focus();
}

/** Wire the dialog in which a template is chosen. */
export function wireTemplates(plan, dialog, opener) {
  const field = dialog.querySelector("[data-template-search]");
  const rows = dialog.querySelector("[data-template-list]");
  const words = dialog.querySelector("[data-template-words]");
  let timer = 0;
  let asked = new AbortController();

  const row = (template) => {
    const facts = [template.tags.join(", "), `used ${template.usage_count}`];
    if (template.media_ids.length) facts.push(`${template.media_ids.length} media`);
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "template-row", onClick: () => closeDialog(dialog, template.id) },
        h("strong", { class: "clip" }, template.name),
        h("span", { class: "text-2 template-text" }, template.content || "Without text"),
        h("span", { class: "meta clip num" }, facts.filter(Boolean).join(" · ")),
      ),
    );
  };
  const load = async () => {
    clearTimeout(timer);
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      const params = { limit: SHOWN, count: "false", search: field.value.trim() };
      const { templates } = await api.get("/api/templates", { signal, params });
      replaceChildren(rows, templates.map(row));
      const none = field.value.trim() ? "No template matches." : "There are no templates yet.";
      words.textContent = templates.length ? "" : none;
    } catch (problem) {
      if (problem instanceof ApiError) words.textContent = problem.message;
      else if (!signal.aborted) throw problem;
    }
  };
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(load, PAUSE);
  });
  opener.addEventListener("click", async () => {
    load();
    const id = await openDialog(dialog);
    if (id) await fillFrom(plan, id);
  });
}

/** Use a template by its id; what goes wrong is said on the page. */
export async function fillFrom(plan, id) {
  try {
    await useTemplate(plan, id);
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    const words = problem.status === 404 ? "This template is not there any more." : problem.message;
    notice("template", "bad", "No template was filled in.", words);
  }
}
