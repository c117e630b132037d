/** Fill in the browser's own zone where none was chosen yet. */

const field = document.querySelector("[data-own-zone]");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = [...document.querySelectorAll("#timezones option")].map((one) => one.value);

if (field && !field.value && (!known.length || known.includes(own))) field.value = own;
