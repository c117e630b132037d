/** What holds posts up, a line a cause, each with its one safe way out. */

import { h, icon, replaceChildren, stateIcon } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";

const GLYPHS = {
  sign_in: ["bad", () => icon("lock")],
  release: ["warn", () => icon("pause")],
  resume: ["bad", () => icon("pause")],
  retry: ["bad", () => stateIcon("failed")],
  edit: ["bad", () => stateIcon("failed")],
  settle: ["warn", () => stateIcon("unknown")],
  hand_over: ["hand", () => stateIcon("ready")],
  start_publisher: ["warn", () => icon("warning")],
  activate: ["warn", () => stateIcon("skipped")],
  wait: ["scheduled", () => stateIcon("scheduled")],
};
// With sixty models there may be many; the posts themselves should stay in sight.
const FIRST = 4;
const START = "It goes on once whoever runs the server starts it: manage.py publisher";
const NO_ADMIN = "Only an admin lets it go on.";
const DECIDE = { retry: "Try again…", release: "Let it go on…", resume: "Let it go on…" };

function button(cause, word, deed, props = {}) {
  const { kind = "", ...rest } = props;
  return h("button",
    { class: `btn btn-small ${kind}`, type: "button", dataset: { deed, cause: cause.key, key: `${deed} ${cause.key}` }, ...rest },
    word, h("span", { class: "visually-hidden" }, `: ${cause.text}`));
}

function link(cause, word, href) {
  return h("a", { class: "btn btn-small", href, dataset: { key: `link ${cause.key}` } },
    word, h("span", { class: "visually-hidden" }, `: ${cause.text}`));
}

function signIn(cause, can) {
  return [
    can.sign_in && link(cause, "Sign in", `/models?sign-in=${cause.channel}`),
    can.retry && cause.ways.length > 0 && button(cause, "Move or skip…", "decide", { kind: "btn-quiet" }),
  ];
}

function actions(cause, can) {
  const { action, ways } = cause;
  if (action === "sign_in") return signIn(cause, can);
  if (action === "resume") {
    return button(cause, DECIDE.resume, "decide", can.resume ? {} : { disabled: true, title: NO_ADMIN });
  }
  if (action === "hand_over") return link(cause, "Hand over", "/hand-over");
  if (action === "activate") return can.sign_in && link(cause, "Open the models", "/models");
  if (action === "edit" || action === "settle") return button(cause, "Show them", "narrow");
  if (!can.retry || !ways.length) return null;
  return button(cause, DECIDE[action] ?? "Decide…", "decide", action === "wait" ? { kind: "btn-quiet" } : {});
}

function since(cause) {
  const at = cause.stop?.stopped_at ?? cause.oldest;
  if (!at) return null;
  const by = cause.stop?.stopped_by ? ` by ${cause.stop.stopped_by}` : "";
  return h("span", { class: "num" }, "Since ",
    h("time", { datetime: at, title: formatTime(at, { style: "long" }) }, formatTime(at, { style: "short" })), by);
}

function about(cause, can) {
  const words = [
    cause.stop?.reason,
    cause.action === "start_publisher" && START,
    cause.action === "resume" && !can.resume && NO_ADMIN,
  ].filter(Boolean);
  return [since(cause), ...words.map((one) => ` · ${one}`)];
}

function line(cause, { can, selected }) {
  const [tone, glyph] = GLYPHS[cause.action] ?? GLYPHS.wait;
  const sentence = cause.total
    ? h("button", {
      class: "cause-text", type: "button", "aria-pressed": String(cause.key === selected),
      title: "Show these posts alone", dataset: { deed: "narrow", cause: cause.key, key: `text ${cause.key}` },
    }, cause.text)
    : h("span", { class: "cause-text" }, cause.text);
  return h("li", { class: `cause cause-${tone}` },
    h("span", { class: "cause-glyph" }, glyph()),
    h("div", { class: "cause-words" }, sentence, h("p", { class: "meta cause-about" }, about(cause, can))),
    h("div", { class: "list-actions" }, actions(cause, can)));
}

let drawn = "";
let all = false;

function shownOf(causes, selected) {
  const own = causes.filter((one) => one.key === selected);
  return all || causes.length <= FIRST ? causes : own.length ? own : causes.slice(0, FIRST);
}

function moreButton(count, draw) {
  const onClick = () => {
    all = !all;
    draw();
  };
  return h("button",
    { class: "btn btn-quiet btn-small cause-more", type: "button", "aria-expanded": String(all), dataset: { key: "more causes" }, onClick },
    all ? "Show fewer" : `Show all ${count}`);
}

/** Draw the panel; a panel that says the same stays as it is. */
export function drawCauses(panel, causes, context) {
  const print = JSON.stringify([causes, context.selected, all]);
  if (print === drawn) return;
  drawn = print;
  const held = panel.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  panel.hidden = causes.length === 0;
  const shown = shownOf(causes, context.selected);
  replaceChildren(panel.querySelector("[data-cause-list]"), shown.map((one) => line(one, context)));
  panel.querySelector(".cause-more")?.remove();
  if (causes.length > FIRST) panel.append(moreButton(causes.length, () => drawCauses(panel, causes, context)));
  if (held) panel.querySelector(`[data-key="${CSS.escape(held)}"]`)?.focus({ preventScroll: true });
}

/** Return the cause that a publication waits for, as far as one may act on it. */
export function causeOf(causes, { reason, channel }) {
  const same = causes.filter((one) => one.code === reason?.code);
  if (reason?.action !== "resume") return same.find((one) => one.channel === channel.id);
  // Whoever is stopped on her own is let go on her own.
  return same.find((one) => one.model === channel.model) ?? same.find((one) => one.stop && !one.model);
}
