/** What is shown stands in the address, so that reload, back and a sent link keep it. */

// The names are the API's own, so that the query of the page is the query of the list.
const FILTERS = ["search", "type", "tags", "model", "used", "trashed"];
const NAMES = [...FILTERS, "ordering"];

/** Return the filters and the ordering of the address; what is not set is left out. */
export function readView() {
  const query = new URLSearchParams(window.location.search);
  const view = {};
  for (const name of NAMES) {
    const value = query.get(name)?.trim();
    if (value) view[name] = value;
  }
  return view;
}

/** Return the id of the item that the address opens, or null. */
export function readOpen() {
  return new URLSearchParams(window.location.search).get("item");
}

function go(query, replace) {
  const tail = query.toString();
  const address = tail ? `?${tail}` : window.location.pathname;
  if (replace) window.history.replaceState(null, "", address);
  else window.history.pushState(null, "", address);
}

/** Put a view into the address, as a new step back unless `replace`. */
export function writeView(view, { replace = false } = {}) {
  const set = NAMES.filter((name) => view[name]);
  go(new URLSearchParams(set.map((name) => [name, view[name]])), replace);
}

/** Put the open item into the address, or take it out with null. */
export function writeOpen(id) {
  const query = new URLSearchParams(window.location.search);
  if (id) query.set("item", id);
  else query.delete("item");
  go(query, true);
}

/** Return the part of a view that says which media, as bulk calls take it. */
export function filterOf(view) {
  return Object.fromEntries(Object.entries(view).filter(([name]) => FILTERS.includes(name)));
}

/** Tell whether a view leaves anything out, the trash apart. */
export function isFiltered(view) {
  return FILTERS.some((name) => name !== "trashed" && view[name]);
}
