/**
 * Keep the dashboard fresh: every 5 seconds, not while the tab is hidden, less often
 * while the server is down. `window.metricsAutoRefresh` is the handle for programs.
 */

import { showChart } from "./chart.js";
import { showFigures, showUptime } from "./figures.js";

const EVERY = 5_000;
const SLOWEST = 60_000;
const CHART_EVERY = 20_000;
const TIMEOUT = 10_000;

const root = document.querySelector("[data-metrics]");
const words = root.querySelector("[data-refresh-state]");
const toggle = root.querySelector("[data-refresh-toggle]");
const lastRefresh = root.querySelector("[data-last-refresh]");
const clock = new Intl.DateTimeFormat("en-GB", {
  timeStyle: "medium",
  timeZone: document.documentElement.dataset.timezone || undefined,
});

const state = {
  running: false,
  paused: false,
  failures: 0,
  etag: root.dataset.etag,
  startedAt: root.dataset.startedAt,
  chartAt: Date.now(),
  timer: 0,
  pending: null,
};

function say(text, tone) {
  if (words.textContent !== text) words.textContent = text;
  words.dataset.tone = tone;
}

function showState() {
  toggle.querySelector("[data-word]").textContent = state.paused ? "Resume" : "Pause";
  toggle.querySelector("use").setAttribute("href", state.paused ? "#i-play" : "#i-pause");
  if (state.failures) return;
  if (!state.running) say("Stopped", "off");
  else if (state.paused) say("Paused", "off");
  else say("Live", "good");
}

function delay() {
  return Math.min(EVERY * 2 ** state.failures, SLOWEST);
}

function plan() {
  clearTimeout(state.timer);
  if (!state.running || state.paused || document.hidden) return;
  state.timer = setTimeout(refresh, delay());
}

async function ask(path, headers = {}) {
  const response = await fetch(path, {
    headers: { Accept: "application/json", ...headers },
    credentials: "same-origin",
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (response.status === 401 || response.status === 403) return { ended: true };
  if (response.status === 304) return { etag: state.etag };
  if (!response.ok) throw new Error(`answered ${response.status}`);
  return { etag: response.headers.get("ETag"), figures: await response.json() };
}

async function refreshOnce() {
  const { ended, etag, figures } = await ask("/api/metrics", { "If-None-Match": state.etag });
  if (ended) {
    state.running = false;
    state.failures = 1;
    say("Your session has ended. Sign in again to go on.", "bad");
    return;
  }
  state.etag = etag;
  if (figures) {
    showFigures(root, figures);
    state.startedAt = figures.system.started_at;
  }
  showUptime(root, state.startedAt);
  lastRefresh.textContent = clock.format(new Date());
  lastRefresh.dateTime = new Date().toISOString();
  state.failures = 0;
  showState();
  if (Date.now() - state.chartAt < CHART_EVERY) return;
  state.chartAt = Date.now();
  const chart = await ask("/api/metrics/timeseries?range=1h");
  if (chart.figures) showChart(root, chart.figures.points);
}

/** Fetch the figures now, also while paused; calls at once share one request. */
function refresh() {
  state.pending ??= refreshOnce()
    .catch(() => {
      state.failures += 1;
      const seconds = Math.round(delay() / 1000);
      say(`The server cannot be reached. Trying again in ${seconds} seconds.`, "bad");
    })
    .finally(() => {
      state.pending = null;
      plan();
    });
  return state.pending;
}

function start() {
  state.running = true;
  state.paused = false;
  showState();
  plan();
}

function stop() {
  state.running = false;
  plan();
  showState();
}

function pause() {
  state.paused = true;
  plan();
  showState();
}

function resume() {
  if (!state.running) state.running = true;
  state.paused = false;
  showState();
  return refresh();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) plan();
  else if (state.running && !state.paused) refresh();
});
toggle.addEventListener("click", () => (state.paused ? resume() : pause()));
root.querySelector("[data-refresh-now]").addEventListener("click", refresh);

window.metricsAutoRefresh = { start, stop, pause, resume, refresh };
showChart(root, JSON.parse(document.getElementById("chart-points").textContent));
start();
