/** What the page knows: groups of places, and each post once. */

import { linesOf } from "./queue-words.js";

// In these the next page goes back in time.
const DESCENDING = new Set(["attention", "older", "posted", "drafts", "cancelled"]);

/** Hold rows; `merge` takes an answer of the server, `rows` gives what to show. */
export class Store {
  constructor() {
    this.clear();
  }

  /** Forget everything, as when the filters change. */
  clear() {
    this.groups = new Map();
    this.posts = new Map();
    this.models = {};
    this.causes = [];
    this.now = new Date().toISOString();
  }

  /** Take in first pages; pages loaded behind them stay. */
  merge(answer) {
    this.#know(answer);
    this.causes = answer.causes;
    for (const [name, head] of Object.entries(answer.groups)) {
      const old = this.groups.get(name);
      const kept = old?.grown && head.next ? this.#behind(name, head, old.rows) : null;
      this.groups.set(name, kept
        ? { ...old, rows: [...head.rows, ...kept], count: head.count }
        : { ...head, grown: false });
    }
  }

  /** Take in the next page of a group. */
  append(name, answer) {
    this.#know(answer);
    const old = this.groups.get(name);
    const page = answer.groups[name];
    const known = new Set(old.rows.map((one) => one.id));
    const rows = [...old.rows, ...page.rows.filter((one) => !known.has(one.id))];
    this.groups.set(name, { ...old, rows, next: page.next, grown: true });
  }

  /** Take in one post, as it came back from an action. */
  put(post) {
    this.posts.set(post.id, post);
  }

  /** Return the posts of a group, each with the publications it is about. */
  rows(name) {
    const found = [];
    for (const { id, lines: named } of this.groups.get(name)?.rows ?? []) {
      const post = this.posts.get(id);
      const meant = (one) => named.includes(one.id);
      const lines = post ? (named ? post.publications.filter(meant) : linesOf(name, post, this.now)) : [];
      if (lines.length) found.push({ post, lines });
    }
    return found;
  }

  #know({ posts, models, now }) {
    for (const [id, post] of Object.entries(posts)) this.posts.set(id, post);
    this.models = { ...this.models, ...models };
    this.now = now;
  }

  #behind(name, head, rows) {
    const last = head.rows.at(-1).place;
    const known = new Set(head.rows.map((one) => one.id));
    const beyond = DESCENDING.has(name) ? (place) => place < last : (place) => place > last;
    return rows.filter((one) => beyond(one.place) && !known.has(one.id));
  }
}
