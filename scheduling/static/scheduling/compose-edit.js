/** Change a post that exists: load it, send only what has changed, see conflicts. */

import { api } from "../promura_site/api.js";
import { zone as ownZone } from "../promura_site/time.js";
import { bodyOf } from "./compose-send.js";
import { EACH_OWN } from "./compose-when.js";
import { wallOf } from "./compose-zones.js";

const OUT = ["published", "leased", "sending", "unknown"];
const OVER = ["failed", "missed", "cancelled"];

function same(one, other) {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Return the time of a post as the form has it: `{time, zone}`. */
function clockOf(post, zones) {
  if (!post.schedule_time) return { time: "", zone: ownZone() };
  const times = post.publications.map((one) => ({
    moment: Date.parse(one.schedule_time ?? post.schedule_time),
    zone: zones.get(one.channel.model) ?? post.timezone,
  }));
  const walls = new Set(times.map((one) => wallOf(one.moment, one.zone)));
  const moments = new Set(times.map((one) => one.moment));
  if (moments.size > 1 && walls.size === 1) return { time: [...walls][0], zone: EACH_OWN };
  return { time: wallOf(Date.parse(post.schedule_time), post.timezone), zone: post.timezone };
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

  /** Return whether something of the post is out or on its way: it cannot change. */
  get isOut() {
    return this.post.publications.some((one) => OUT.includes(one.status));
  }

  /** Fetch the post and put it into the form. */
  async load(plan) {
    const { post } = await api.get(this.address);
    this.take(post, plan);
  }

  /** Make `post` what the form shows and what changes are measured against. */
  take(post, plan) {
    this.post = post;
    const zones = new Map(plan.models.map((model) => [model.id, model.zone]));
    // An account that was taken out is off, unless the whole post was cancelled.
    const on = post.publications.filter((one) => post.status === "cancelled" || one.status !== "cancelled");
    const channels = new Set(on.map((one) => one.channel.id));
    const own = plan.models.filter((model) => post.models.includes(model.id));
    const off = own.flatMap((model) => model.channels.filter((one) => !channels.has(one.id)));
    // What has failed or was missed needs a new time; what is planned keeps its own.
    const clock = OVER.includes(post.status) ? { time: "", zone: ownZone() } : clockOf(post, zones);
    plan.fill({
      content: post.content,
      ...clock,
      tags: post.tags.join(", "),
      models: post.models,
      channelsOff: off.map((one) => one.id),
      media: post.media,
      template: post.template,
      offered: [],
    });
    this.#loaded = bodyOf(plan, this.isDraft ? "draft" : "schedule");
  }

  /** Send what differs from what was loaded; returns the post as it is now. */
  async save(plan, action) {
    const now = bodyOf(plan, action);
    const was = this.#loaded;
    const changes = { version: this.post.version };
    for (const name of ["content", "media_ids", "tags", "template"]) {
      if (!same(now[name], was[name])) changes[name] = now[name];
    }
    const moved = !same([now.schedule_time, now.timezone], [was.schedule_time, was.timezone]);
    const elsewhere = !same(now.channels, was.channels);
    if (elsewhere) Object.assign(changes, { models: now.models, channels: now.channels });
    if (now.draft !== this.isDraft) changes.draft = now.draft;
    // In each model's own zone a model who joins needs the wall-clock time again.
    if (moved || elsewhere || action === "now" || "draft" in changes) {
      changes.schedule_time = now.schedule_time;
      if (now.timezone) changes.timezone = now.timezone;
    }
    const { post } = await api.patch(this.address, changes);
    return post;
  }

  /** Make a draft like this post and return its id. */
  async copy() {
    const { post } = await api.post(`${this.address}/duplicate`);
    return post.id;
  }
}
