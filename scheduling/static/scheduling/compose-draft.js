/** Keep what is being written over an accidental reload, in this tab only. */

export const EMPTY = Object.freeze({
  content: "",
  variants: [],
  time: "",
  tags: "",
  models: [],
  channelsOff: [],
  media: [],
  template: null,
  variables: null,
  offered: [],
});

/** Tell whether a snapshot holds anything that would be missed. */
export function isWorthKeeping(values) {
  const { content, time, tags, models, media } = values;
  return Boolean(content.trim() || time || tags.trim() || models.length || media.length);
}

function read(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    if (value) sessionStorage.setItem(key, JSON.stringify(value));
    else sessionStorage.removeItem(key);
  } catch {
    // A full or forbidden storage only costs the safety net.
  }
}

/** The kept copy of one form: of a new post, or of changes to a post's version. */
export class KeptDraft {
  #key;
  #kept = false;

  constructor(person, post = "new") {
    this.#key = `promura.compose.${person}.${post}`;
  }

  /** Return what was kept as `{values, version}`, or null. */
  read() {
    const found = read(this.#key);
    return found?.values && typeof found.values.content === "string" ? found : null;
  }

  /** Keep the plan's changes from now on; `version()` is that of the post, if any. */
  follow(plan, version = () => null) {
    plan.addEventListener("change", () => {
      const values = plan.snapshot();
      this.#kept = isWorthKeeping(values);
      write(this.#key, this.#kept ? { values, version: version() } : null);
    });
  }

  forget() {
    write(this.#key, null);
  }
}
