/** Read the fields of the form. */

/** Return the words that a person wrote between commas, each once. */
export function words(text) {
  const found = text.split(",").map((word) => word.trim());
  return [...new Set(found.filter(Boolean))];
}

/** Return the channels beside a model's checkbox. */
export function channelsOf(box) {
  const boxes = box.closest(".compose-model").querySelectorAll('input[name="channels"]');
  return [...boxes].map((one) => ({
    id: one.value,
    platform: one.dataset.platform,
    handle: one.dataset.handle,
    language: one.dataset.language,
    limit: Number(one.dataset.limit) || null,
    captionLimit: Number(one.dataset.captionLimit) || null,
    box: one,
  }));
}
