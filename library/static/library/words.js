/** Numbers and media in words. */

const LANGUAGE = "en-GB";
const numbers = new Intl.NumberFormat(LANGUAGE);
const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"];

/** Return "1 item", "1,240 items". */
export function countWords(count, one = "item", many = `${one}s`) {
  return `${numbers.format(count)} ${count === 1 ? one : many}`;
}

/** Return a size in the unit that reads best: "2.4 MB". */
export function sizeWords(bytes) {
  const step = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  const style = { style: "unit", unit: UNITS[step], maximumFractionDigits: step > 1 ? 1 : 0 };
  return new Intl.NumberFormat(LANGUAGE, style).format(bytes / 1000 ** step);
}

/** Return a length as "0:14" or "1:02:05". */
export function lengthWords(seconds) {
  const whole = Math.round(seconds);
  const parts = [Math.floor(whole / 60) % 60, whole % 60];
  if (whole >= 3600) parts.unshift(Math.floor(whole / 3600));
  return parts.map((part, place) => (place ? String(part).padStart(2, "0") : part)).join(":");
}

/** Return the tags that a person wrote between commas. */
export function tagsOf(text) {
  return text
    .split(",")
    .map((tag) => tag.trim())
    .filter(Boolean);
}
