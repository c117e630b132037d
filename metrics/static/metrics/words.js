/** Figures in words, as words.py says them on the first paint. */

const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });
const SIZES = [["d", 86_400], ["h", 3600], ["min", 60], ["s", 1]];

/** Say a length of time in its two largest units. */
export function duration(seconds) {
  let rest = Math.floor(seconds);
  if (rest <= 0) return "None";
  const parts = [];
  for (const [name, size] of SIZES) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount || parts.length) parts.push(`${amount} ${name}`);
  }
  return parts.slice(0, 2).join(" ");
}

const UNITS = {
  count: (value) => whole.format(value),
  // Never rounded up to all of them.
  share: (value) => `${Math.floor(Math.round(value * 10_000) / 10) / 10} %`,
  ms: (value) => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${Math.round(value)} ms`),
  duration,
  status: (value) => (value === "online" ? "Online" : "Degraded"),
  worker: (value) => (value ? "Online" : "Silent"),
};

/** Say a value in its unit. */
export function inWords(value, unit) {
  return UNITS[unit](value);
}

/** Tell whether a value is one that a figure with an alarm shows in colour. */
export function alarms(value) {
  return typeof value === "boolean" ? !value : value !== 0 && value !== "online";
}
