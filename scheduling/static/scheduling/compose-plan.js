/** What the form says at this moment, and how to put something else into it. */

import { channelsOf, words } from "./compose-form.js";

const LOOK_AGAIN = 400;

/**
 * The post that is being written. The form's fields are the truth; what has no field
 * (media, template, suggestions on offer) is kept here. Sends "change".
 */
export class Plan extends EventTarget {
  media = [];
  variants = [];
  template = null;
  // Null: every text goes out as it is written.
  variables = null;
  // Channels that it is too late for, and how long the server says the texts are.
  late = new Set();
  told = new Map();
  offered = [];
  #seen = "";

  constructor(form) {
    super();
    this.form = form;
    this.fields = form.elements;
    for (const kind of ["input", "change"]) form.addEventListener(kind, () => this.look());
    // A script that sets `value` or `checked` sends no event.
    setInterval(() => this.look(), LOOK_AGAIN);
  }

  get content() {
    return this.fields.content.value;
  }

  /** The wall-clock time as `2026-06-01T18:00`, empty when there is none. */
  get time() {
    return this.fields.schedule_time.value.slice(0, 16);
  }

  get zone() {
    return this.fields.timezone.value;
  }

  get tags() {
    return words(this.fields.tags.value);
  }

  /** Every model of the page as `{id, name, zone, city, avatar, box, channels}`. */
  get models() {
    return [...this.form.querySelectorAll("[data-model-id]")].map((box) => ({
      ...box.dataset,
      id: box.dataset.modelId,
      box,
      channels: channelsOf(box),
    }));
  }

  get chosen() {
    return this.models.filter((model) => model.box.checked);
  }

  /** The channels that the post goes to, each with its model. */
  get reached() {
    return this.chosen.flatMap((model) =>
      model.channels.filter((channel) => channel.box.checked).map((channel) => ({ ...channel, model })),
    );
  }

  /** Those that still can be changed. */
  get open() {
    return this.reached.filter((channel) => !this.late.has(channel.id));
  }

  /** Every channel of the page. */
  get everywhere() {
    return this.models.flatMap((model) => model.channels);
  }

  setVariants(variants) {
    this.fill({ variants });
  }

  setVariables(variables) {
    this.fill({ variables });
  }

  /** Take what the server says about each channel; sends "told". */
  tell(channels) {
    this.told = new Map(channels.map((one) => [one.channel, one]));
    this.dispatchEvent(new Event("told"));
  }

  setMedia(media) {
    const unique = new Map(media.map((item) => [item.id, item]));
    this.media = [...unique.values()];
    this.look();
  }

  /** Choose a zone, also one that no model of the page has. */
  setZone(zone) {
    const select = this.fields.timezone;
    if (![...select.options].some((option) => option.value === zone)) select.add(new Option(zone, zone));
    select.value = zone;
  }

  /** Return all of it as plain values, to be kept or compared. */
  snapshot() {
    const off = this.models.flatMap((model) => model.channels.filter((one) => !one.box.checked));
    return {
      content: this.content,
      variants: this.variants,
      time: this.time,
      zone: this.zone,
      tags: this.fields.tags.value,
      models: this.chosen.map((model) => model.id),
      channelsOff: off.map((channel) => channel.id),
      media: this.media,
      template: this.template,
      variables: this.variables,
      offered: this.offered,
    };
  }

  /** Put values as `snapshot` returns them into the form; what is left out stays. */
  fill(values) {
    if (values.content !== undefined) this.fields.content.value = values.content;
    if (values.time !== undefined) this.fields.schedule_time.value = values.time;
    if (values.zone) this.setZone(values.zone);
    if (values.tags !== undefined) this.fields.tags.value = values.tags;
    for (const model of this.models) {
      if (values.models) model.box.checked = values.models.includes(model.id);
      if (!values.channelsOff) continue;
      for (const one of model.channels) one.box.checked = !values.channelsOff.includes(one.id);
    }
    if (values.variants) this.variants = values.variants;
    for (const name of ["template", "variables"]) if (values[name] !== undefined) this[name] = values[name];
    if (values.offered) this.offered = values.offered;
    this.setMedia(values.media ?? this.media);
  }

  /** Tell the listeners, if anything has changed since they were told last. */
  look() {
    const now = JSON.stringify(this.snapshot());
    if (now === this.#seen) return;
    this.#seen = now;
    this.dispatchEvent(new Event("change"));
  }
}
