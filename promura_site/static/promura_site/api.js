/** Talk to the HTTP API: JSON in, JSON out, one kind of error. */

export { clearErrors, showErrors, submitWith } from "./forms.js";

const TIMEOUT = 20_000;

const WORDS = {
  offline: "The server cannot be reached. Check the connection and try again.",
  timeout: "The server took too long to answer. Try again in a moment.",
  401: "Your session has ended. Sign in again to go on.",
  403: "Your level does not allow this.",
  413: "That is too large to send.",
};

/** What went wrong: `status` 0 means that no answer came. */
export class ApiError extends Error {
  constructor(status, { code = "", message = "", errors = {}, ...payload } = {}) {
    // What the server says then is meant for programs.
    super((status === 401 && WORDS[401]) || message || WORDS[status] || WORDS[code] || fallback(status));
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.errors = errors ?? {};
    this.payload = payload;
  }
}

function fallback(status) {
  return `The server could not answer (${status}). Try again in a moment.`;
}

/** Return a key that lets the server recognise the same request sent twice. */
export function newKey() {
  // randomUUID exists in secure contexts only; getRandomValues everywhere.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Return `path` with the filled-in parameters appended. */
export function withParams(path, params = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    for (const one of [value].flat()) {
      if (one !== undefined && one !== null && one !== "") query.append(name, one);
    }
  }
  const tail = query.toString();
  return tail ? `${path}${path.includes("?") ? "&" : "?"}${tail}` : path;
}

/** Tell the page that the session has ended; the shell offers to sign in. */
function heed(status) {
  if (status === 401) document.dispatchEvent(new CustomEvent("promura:signed-out"));
}

/** Read an answer: its JSON, null when there is nothing new, or an ApiError. */
export function readAnswer(status, text) {
  if (status === 304 || status === 204) return null;
  heed(status);
  let payload = null;
  try {
    payload = JSON.parse(text);
  } catch {
    throw new ApiError(status, { code: "not_json", message: WORDS[status] });
  }
  if (status >= 400 || payload?.success === false) throw new ApiError(status, payload);
  return payload;
}

/** Fetch one of our own pages as a document; fails as the API's calls do. */
export async function fetchPage(address, { signal } = {}) {
  let response = null;
  try {
    response = await fetch(address, { signal, credentials: "same-origin" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, { code: "offline" });
  }
  if (!response.ok) throw new ApiError(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

async function call(method, path, body, options = {}) {
  const { signal, timeout = TIMEOUT, headers = {}, params } = options;
  const sent = { Accept: "application/json", ...headers };
  const form = body instanceof FormData;
  if (body !== undefined && !form) sent["Content-Type"] = "application/json";
  const limits = [signal, timeout ? AbortSignal.timeout(timeout) : null].filter(Boolean);
  try {
    const response = await fetch(withParams(path, params), {
      method,
      headers: sent,
      body: form || body === undefined ? body : JSON.stringify(body),
      signal: limits.length ? AbortSignal.any(limits) : undefined,
      credentials: "same-origin",
    });
    return readAnswer(response.status, await response.text());
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    throw new ApiError(0, { code: error.name === "TimeoutError" ? "timeout" : "offline" });
  }
}

export const api = {
  get: (path, options) => call("GET", path, undefined, options),
  post: (path, body, options) => call("POST", path, body, options),
  put: (path, body, options) => call("PUT", path, body, options),
  patch: (path, body, options) => call("PATCH", path, body, options),
  del: (path, body, options) => call("DELETE", path, body, options),
};
