/** Build elements without ever parsing a string as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element: `h("a", { class: "btn", href, onClick: open }, "Open")`.
 *
 * Null, undefined and false attributes and children are left out. `dataset` and
 * `vars` (CSS custom properties) take objects.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on") && typeof value === "function") {
      element.addEventListener(name.slice(2).toLowerCase(), value);
    } else if (name === "dataset") {
      Object.assign(element.dataset, value);
    } else if (name === "vars") {
      for (const [key, own] of Object.entries(value)) element.style.setProperty(key, own);
    } else if (["value", "checked", "selected", "indeterminate"].includes(name)) {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...present(children));
  return element;
}

function present(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false);
}

/** Put `children` in the place of what `parent` holds. */
export function replaceChildren(parent, ...children) {
  parent.replaceChildren(...present(children));
}

function glyph(id) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#${id}`);
  svg.append(use);
  return svg;
}

/** Return an icon of the sprite by its name. */
export function icon(name) {
  return glyph(`i-${name}`);
}

/** Return the glyph of a post's or publication's state. */
export function stateIcon(state) {
  return glyph(`s-${state}`);
}

/** Return one or two letters that stand for a name. */
export function initials(name) {
  const words = String(name ?? "").trim().split(/\s+/u).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => Array.from(word)[0]).join("").toUpperCase();
}

/** Return a person's round picture, or the initials where there is none. */
export function avatar(name, address, large = false) {
  const look = large ? "avatar avatar-large" : "avatar";
  if (address) return h("img", { class: look, src: address, alt: "" });
  return h("span", { class: look, "aria-hidden": "true" }, initials(name));
}
