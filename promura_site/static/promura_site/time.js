/** Show moments in the person's zone, or in a model's. */

const STYLES = {
  time: { hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short" },
  short: { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" },
  long: {
    weekday: "long",
    day: "numeric",
    month: "long",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
  },
};

const UNITS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 7],
  ["week", 4.35],
  ["month", 12],
  ["year", Infinity],
];

const LANGUAGE = "en-GB";
const formats = new Map();

/** Return the person's zone, else the browser's. */
export function zone() {
  const own = document.documentElement.dataset.timezone;
  return own || Intl.DateTimeFormat().resolvedOptions().timeZone;
}

function formatter(style, timeZone) {
  const key = `${style} ${timeZone}`;
  if (!formats.has(key)) {
    formats.set(key, new Intl.DateTimeFormat(LANGUAGE, { ...STYLES[style], timeZone }));
  }
  return formats.get(key);
}

function relative(moment, now) {
  let amount = (moment - now) / 1000;
  for (const [unit, size] of UNITS) {
    if (Math.abs(amount) < size) {
      const words = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
      return words.format(Math.round(amount), unit);
    }
    amount /= size;
  }
  return "";
}

/**
 * Return an ISO moment in words; an empty string for none.
 *
 * `style` is time, day, short, long or relative; `zone` an IANA name.
 */
export function formatTime(iso, { style = "short", zone: timeZone = zone(), now } = {}) {
  if (!iso) return "";
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return String(iso);
  if (style === "relative") return relative(moment.getTime(), now ?? Date.now());
  return formatter(style, timeZone).format(moment);
}

/** Return the value of a `datetime-local` input for an ISO moment in a zone. */
export function toLocalInput(iso, timeZone = zone()) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
  }).formatToParts(new Date(iso));
  const at = Object.fromEntries(parts.map((part) => [part.type, part.value]));
  return `${at.year}-${at.month}-${at.day}T${at.hour}:${at.minute}`;
}

/** Write every `<time datetime>` under `root` in its own style and zone. */
export function localizeTimes(root = document) {
  for (const element of root.querySelectorAll("time[datetime][data-style]")) {
    const { style, zone: own } = element.dataset;
    const iso = element.getAttribute("datetime");
    element.textContent = formatTime(iso, { style, zone: own || zone() });
    element.title = formatTime(iso, { style: "long", zone: own || zone() });
  }
}
