/** The Idempotency-Key of a post that may have arrived, kept until it surely has. */

const PLACE = "promura.compose.key";

function digest(text) {
  // Not for secrecy: only to tell whether the content is still the same.
  let hash = 5381;
  for (let at = 0; at < text.length; at += 1) hash = (hash * 33) ^ text.charCodeAt(at);
  return `${text.length}.${hash >>> 0}`;
}

export const lastKey = {
  /** Return the key under which this very content was sent before, or null. */
  for(text) {
    const [content, key] = (sessionStorage.getItem(PLACE) ?? "").split(" ");
    return content === digest(text) ? key : null;
  },
  /** Keep a key for this content and return it. */
  keep(text, key) {
    sessionStorage.setItem(PLACE, `${digest(text)} ${key}`);
    return key;
  },
  forget() {
    sessionStorage.removeItem(PLACE);
  },
};
