/** One model on the models page: who she is, her clock, and her accounts. */

import { avatar, h, icon } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { healthBadge, safeWay, troubleOf } from "./models-health.js";

/** Return the place that an IANA zone is named after. */
export function city(zone) {
  return zone.split("/").at(-1).replaceAll("_", " ");
}

function clock(zone) {
  const now = new Date().toISOString();
  const day = formatTime(now, { style: "day", zone });
  const words = day === formatTime(now, { style: "day" }) ? "" : `${day}, `;
  return `${words}${formatTime(now, { style: "time", zone })} in ${city(zone)}`;
}

function menuButton(label, dataset) {
  return h(
    "button",
    {
      class: "btn btn-quiet btn-small btn-icon",
      type: "button",
      title: "More",
      popovertarget: "model-menu",
      dataset: { deed: "menu", ...dataset },
    },
    icon("more"),
    h("span", { class: "visually-hidden" }, label),
  );
}

function lastWords(channel, last) {
  if (!last) return h("span", { class: "meta" }, "Nothing posted yet");
  return h(
    "span",
    { class: "meta num" },
    "Posted ",
    h("time", { datetime: last, title: formatTime(last, { style: "long" }) },
      formatTime(last, { style: "relative" })),
  );
}

function answered({ handle, name, external_id: id, avatar_url: face }) {
  const said = handle || name || id;
  return h("span", { class: "channel-account meta" },
    avatar(name || said, face),
    h("span", { class: "clip", title: `This account answered: ${said}` }, said));
}

function account(model, channel, { can, last, names }) {
  const where = { model: model.id, channel: channel.id };
  const by = channel.connector === channel.platform ? "" : ` · ${channel.connector === "handover" ? "by hand" : channel.connector}`;
  const wanted = channel.posts_per_week === null ? "" : ` · ${channel.posts_per_week} a week`;
  const trouble = troubleOf(channel);
  return h(
    "li",
    { class: "channel-item", dataset: { channelId: channel.id } },
    h("div", { class: "channel-words" },
      h("strong", { class: "clip" }, channel.handle),
      h("span", { class: "meta clip" }, `${names[channel.platform] ?? channel.platform}${by}${wanted}`),
      channel.account && answered(channel.account)),
    h("div", { class: "channel-health" }, healthBadge(channel), lastWords(channel, last[channel.id])),
    can.sign_in && h("div", { class: "list-actions" },
      safeWay(channel, where),
      menuButton(`More for ${channel.handle}`, { ...where, key: `menu ${channel.id}` })),
    trouble && h("p", { class: "meta channel-detail" }, trouble),
  );
}

function activeSwitch(model) {
  return h("label", { class: "switch" },
    h("input", {
      type: "checkbox",
      role: "switch",
      checked: model.active,
      "aria-label": `${model.name} is active`,
      dataset: { switch: model.id, key: `switch ${model.id}` },
    }),
    h("span", { class: "meta" }, model.active ? "Active" : "Not active"));
}

function accounts(model, context) {
  if (!model.channels.length) {
    return h("p", { class: "channel-none" }, "No account yet. Posts for her need one.");
  }
  return h("ul", { class: "channel-list", "aria-label": `Accounts of ${model.name}` },
    model.channels.map((channel) => account(model, channel, context)));
}

/** Return the card of a model; `last` tells when each channel last published. */
export function card(model, context) {
  const { can, stopped } = context;
  return h(
    "li",
    { class: `panel model-card${model.active ? "" : " is-inactive"}`, dataset: { modelId: model.id } },
    h("header", { class: "model-head" },
      avatar(model.name, model.avatar_url, true),
      h("div", { class: "model-words" },
        h("h2", { class: "section-title clip" }, model.name),
        h("p", { class: "meta num clip" }, clock(model.timezone)),
        h("p", { class: "meta clip" }, `${model.id} · ${model.language}`),
        stopped.has(model.id) && h("p", { class: "state model-stopped" }, icon("pause"), "Publishing is stopped")),
      can.manage ? activeSwitch(model) : !model.active && h("span", { class: "chip" }, "Not active"),
      can.manage && menuButton(`More for ${model.name}`, { model: model.id, key: `menu ${model.id}` })),
    accounts(model, context),
    can.connect && model.active && h("div", { class: "model-foot" },
      h("button",
        { class: "btn btn-quiet", type: "button", dataset: { deed: "add-account", model: model.id, key: `add ${model.id}` } },
        icon("plus"), model.channels.length ? "Add an account" : "Connect an account",
        h("span", { class: "visually-hidden" }, ` for ${model.name}`))),
  );
}
