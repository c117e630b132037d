/** The list of models: find one, and say what is chosen. */

/** Wire the field that narrows the list; without one there is nothing to do. */
export function wireFinding(root) {
  const field = root.querySelector("[data-find-model]");
  if (!field) return;
  const rows = [...root.querySelectorAll(".compose-model")];
  const nobody = root.querySelector("[data-no-model]");
  const narrow = () => {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const box = row.querySelector("[data-model-id]");
      const text = `${box.dataset.name} ${box.dataset.modelId} ${box.dataset.city}`.toLowerCase();
      // Who is chosen stays in sight.
      row.hidden = !(box.checked || text.includes(wanted));
      if (!row.hidden) shown += 1;
    }
    nobody.hidden = shown > 0;
  };
  field.addEventListener("input", narrow);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    // Enter takes the only one that is left, and never sends the form.
    event.preventDefault();
    const left = rows.filter((row) => !row.hidden).map((row) => row.querySelector("[data-model-id]"));
    const free = left.filter((box) => !box.checked && !box.disabled);
    if (!field.value.trim() || free.length !== 1) return;
    free[0].checked = true;
    free[0].dispatchEvent(new Event("change", { bubbles: true }));
    field.value = "";
    narrow();
  });
}

/** Return the chosen models in words: "Lea Moss, Ruby Hart and 2 more". */
export function modelWords(models) {
  const names = models.map((model) => model.name);
  if (names.length > 3) return `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "");
}

/** Choose the models that the address names (`?model=lea-moss`). */
export function chooseFromAddress(plan, slugs) {
  for (const model of plan.models) {
    if (slugs.includes(model.id) && !model.box.disabled) model.box.checked = true;
  }
  plan.look();
}
