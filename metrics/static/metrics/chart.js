/** Two small line charts of the last hour, drawn as SVG; the same as a table. */

import { h, replaceChildren } from "../promura_site/dom.js";
import { formatTime } from "../promura_site/time.js";
import { inWords } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 148;
const PAD = { top: 12, right: 12, bottom: 24, left: 60 };
const STEPS = [1, 2, 2.5, 5, 10];

function svg(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

/** Return a round number at or above `value`, for the top of the scale. */
export function roundTop(value) {
  if (value <= 4) return 4;
  const power = 10 ** Math.floor(Math.log10(value));
  return STEPS.find((step) => step * power >= value) * power;
}

function scales(width, values) {
  const top = roundTop(Math.max(...values));
  const inner = { width: width - PAD.left - PAD.right, height: HEIGHT - PAD.top - PAD.bottom };
  return {
    top,
    x: (index) => PAD.left + (inner.width * index) / Math.max(values.length - 1, 1),
    y: (value) => PAD.top + inner.height * (1 - value / top),
  };
}

function axes(width, { top, x, y }, points, unit) {
  const lines = [0, top / 2, top].flatMap((value) => [
    svg("line", { class: "chart-grid", x1: PAD.left, x2: width - PAD.right, y1: y(value), y2: y(value) }),
    svg("text", { class: "chart-label", x: PAD.left - 8, y: y(value) + 4, "text-anchor": "end" }, inWords(value, unit)),
  ]);
  const last = points.length - 1;
  const ends = [[0, "start"], [Math.floor(last / 2), "middle"], [last, "end"]];
  const times = ends.map(([index, anchor]) =>
    svg(
      "text",
      { class: "chart-label", x: x(index), y: HEIGHT - 6, "text-anchor": anchor },
      formatTime(points[index].at, { style: "time" }),
    ),
  );
  return [...lines, ...times];
}

/** Return the line's path; a minute without requests has no duration to show. */
function outline(points, key, { x, y }) {
  let pen = "M";
  return points
    .map((point, index) => {
      if (key !== "requests" && !point.requests) {
        pen = "M";
        return "";
      }
      const step = `${pen}${x(index).toFixed(1)} ${y(point[key]).toFixed(1)}`;
      pen = "L";
      // A dot for a minute on its own.
      return `${step}h.01`;
    })
    .join("");
}

function draw(holder, points) {
  const { chart: key, unit, name } = holder.dataset;
  const width = holder.clientWidth;
  if (!width) return;
  const values = points.map((point) => point[key]);
  const scale = scales(width, values);
  const path = outline(points, key, scale);
  const latest = inWords(values.at(-1), unit);
  const highest = inWords(Math.max(...values), unit);
  const picture = svg("svg", {
    class: "chart",
    role: "img",
    "aria-label": `${name}, last hour: lately ${latest}, at most ${highest}.`,
    width,
    height: HEIGHT,
    viewBox: `0 0 ${width} ${HEIGHT}`,
  });
  picture.append(...axes(width, scale, points, unit), svg("path", { class: `chart-line chart-line-${key}`, d: path }));
  replaceChildren(holder, picture);
}

function tabulate(body, points) {
  const rows = points.toReversed().map((point) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, formatTime(point.at, { style: "time" })),
      h("td", { class: "num" }, inWords(point.requests, "count")),
      h("td", { class: "num" }, inWords(point.errors, "count")),
      h("td", { class: "num" }, inWords(point.p50, "ms")),
      h("td", { class: "num" }, inWords(point.p95, "ms")),
    ),
  );
  replaceChildren(body, ...rows);
}

let shown = [];

function redraw(root) {
  for (const holder of root.querySelectorAll("[data-chart]")) draw(holder, shown);
}

/** Show points of /api/metrics/timeseries; the pictures follow the page's width. */
export function showChart(root, points) {
  const first = shown.length === 0;
  // The present minute is not over yet and would look like a fall.
  shown = points.slice(0, -1);
  redraw(root);
  tabulate(root.querySelector("[data-chart-rows]"), shown);
  if (first) new ResizeObserver(() => redraw(root)).observe(root);
}
