/** Which text goes to which account: its own, its language's, or the post's. */

const names = new Intl.DisplayNames(["en"], { type: "language" });

/** Return the name of a language tag, the tag itself where it has none. */
export function languageName(tag) {
  try {
    return names.of(tag);
  } catch {
    return tag;
  }
}

/** Return what tells one variant from another. */
export function keyOf(variant) {
  return variant.channel || variant.language.toLowerCase();
}

/** Return the variant that a channel takes, as the server chooses it; null: none. */
export function variantOn(variants, channel) {
  const own = variants.find((one) => one.channel === channel.id);
  if (own) return own;
  const parts = channel.language.toLowerCase().split("-");
  for (; parts.length; parts.pop()) {
    const found = variants.find((one) => one.language?.toLowerCase() === parts.join("-"));
    if (found) return found;
  }
  return null;
}

/** Return what a channel gets to read. */
export function textOn(plan, channel) {
  return variantOn(plan.variants, channel)?.content ?? plan.content;
}

/** Return what a channel gets to read with its variables filled in, once that is known. */
export function filledOn(plan, channel) {
  return (plan.variables && plan.told.get(channel.id)?.text) ?? textOn(plan, channel);
}

/** Return the length of a channel's text, as its platform counts once it was asked. */
export function lengthOn(plan, channel) {
  const text = filledOn(plan, channel);
  const told = plan.told.get(channel.id);
  return told?.text === text ? told.length : lengthOf(text);
}

/** Return the characters of a text as the server counts them. */
export function lengthOf(text) {
  return Array.from(text).length;
}

/** Return how many characters a channel takes beside the post's media; null: any. */
export function limitOn(plan, channel) {
  return plan.media.length ? channel.captionLimit : channel.limit;
}
