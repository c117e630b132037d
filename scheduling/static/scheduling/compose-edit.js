/** Change a post that exists: load it, send only what has changed, see conflicts. */

import { api } from "../promura_site/api.js";
import { zone as ownZone } from "../promura_site/time.js";
import { bodyOf } from "./compose-send.js";
import { EACH_OWN } from "./compose-when.js";
import { wallOf } from "./compose-zones.js";

const OUT = ["published", "leased", "sending", "unknown", "claimed"];
const GONE = ["cancelled", "skipped"];
const OVER = ["failed", "missed", ...GONE];

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Return the time of what is open of a post as the form has it: `{time, zone}`. */
function clockOf(post, open) {
  const own = post.timezone === EACH_OWN;
  // What has failed or was missed needs a new time; what is planned keeps its own.
  const over = open.every((one) => OVER.includes(one.status));
  if (!post.schedule_time || over) return { time: "", zone: own ? EACH_OWN : ownZone() };
  const walls = open.map((one) =>
    wallOf(Date.parse(one.schedule_time ?? post.schedule_time), own ? one.channel.timezone : post.timezone));
  // Where the clocks skip the hour it is a later one; the earliest is what was meant.
  return { time: walls.sort()[0], zone: post.timezone };
}

/** One post under change. */
export class Edit {
  #loaded = null;

  constructor(id) {
    this.address = `/api/posts/${encodeURIComponent(id)}`;
  }

  get version() {
    return this.post?.version ?? null;
  }

  get isDraft() {
    return this.post.status === "draft";
  }

  /** Return what is out or on its way: it stays as it is. */
  get late() {
    return this.post.publications.filter((one) => OUT.includes(one.status));
  }

  /** Return what still can be changed. */
  get open() {
    return this.post.publications.filter((one) => ![...OUT, ...GONE].includes(one.status));
  }

  /** Return whether nothing of the post can be changed any more. */
  get isOut() {
    return Boolean(this.late.length) && !this.open.length;
  }

  /** Fetch the post and put it into the form. */
  async load(plan) {
    const { post } = await api.get(this.address);
    this.take(post, plan);
  }

  /** Make `post` what the form shows and what changes are measured against. */
  take(post, plan) {
    this.post = post;
    plan.late = new Set(this.late.map((one) => one.channel.id));
    for (const channel of plan.everywhere) channel.box.disabled = plan.late.has(channel.id);
    // An account that was taken out is off, unless the whole post was cancelled.
    const on = post.publications.filter((one) => post.status === "cancelled" || !GONE.includes(one.status));
    const channels = new Set(on.map((one) => one.channel.id));
    const own = plan.models.filter((model) => post.models.includes(model.id));
    const off = own.flatMap((model) => model.channels.filter((one) => !channels.has(one.id)));
    plan.fill({
      content: post.content,
      variants: post.variants,
      ...clockOf(post, this.open.length ? this.open : post.publications),
      tags: post.tags.join(", "),
      models: post.models,
      channelsOff: off.map((one) => one.id),
      media: post.media,
      template: post.template,
      variables: post.variables,
      offered: [],
    });
    this.#loaded = bodyOf(plan, this.isDraft ? "draft" : "schedule");
  }

  /** Return what differs from what was loaded. */
  changesOf(plan, action) {
    const now = bodyOf(plan, action);
    const was = this.#loaded;
    const changes = {};
    for (const name of ["content", "variants", "media_ids", "tags", "template", "variables"]) {
      if (!same(now[name], was[name])) changes[name] = now[name];
    }
    const moved = !same([now.schedule_time, now.timezone], [was.schedule_time, was.timezone]);
    const elsewhere = !same(now.channels, was.channels);
    if (elsewhere) Object.assign(changes, { models: now.models, channels: now.channels });
    if (now.draft !== this.isDraft) changes.draft = now.draft;
    if (moved || action === "now" || "draft" in changes) {
      changes.schedule_time = now.schedule_time;
      if (now.timezone) changes.timezone = now.timezone;
    }
    return changes;
  }

  /** Return the changes to be looked at before they are sent. */
  lookOf(plan, action) {
    return { post: this.post.id, ...this.changesOf(plan, action) };
  }

  /** Send the changes, and what was said about them; returns the server's answer. */
  save(plan, action, said) {
    const changes = { version: this.post.version, ...this.changesOf(plan, action), ...said };
    return api.patch(this.address, changes);
  }

  /** Make a draft like this post and return its id. */
  async copy() {
    const { post } = await api.post(`${this.address}/duplicate`);
    return post.id;
  }
}
