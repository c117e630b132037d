/**
 * Give plain `fetch` calls of our own pages the CSRF token.
 *
 * Only unsafe requests to our own origin get the header; whatever goes elsewhere
 * leaves as it was, so the token never does.
 */
(function () {
  "use strict";

  const nativeFetch = window.fetch;
  const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

  window.fetch = async function fetch(input, init) {
    // A Request settles the address, the method and the headers as the browser would.
    const request = new Request(input, init);
    const own = new URL(request.url).origin === window.location.origin;
    if (own && !SAFE.has(request.method) && !request.headers.has("X-CSRFToken")) {
      const meta = document.querySelector('meta[name="csrf-token"]');
      if (meta && meta.content) request.headers.set("X-CSRFToken", meta.content);
    }
    return nativeFetch.call(window, request);
  };
})();
