"""A loopback server with the shell's scripts, one page, and an echo of requests."""

import json
import mimetypes
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import promura_site

STATIC = Path(promura_site.__file__).parent / "static"

PAGE = """<!DOCTYPE html>
<html lang="en" data-timezone="Europe/Berlin">
<head><title>Shell</title><meta name="csrf-token" content="the-token">
<link rel="stylesheet" href="/static/promura_site/tokens.css">
<link rel="stylesheet" href="/static/promura_site/base.css">
<link rel="stylesheet" href="/static/promura_site/components.css">
<link rel="stylesheet" href="/static/promura_site/pieces.css">
<link rel="stylesheet" href="/static/promura_site/media.css">
<script src="/static/promura_site/csrf-fetch.js"></script></head>
<body><div id="banner" role="status"></div><main id="main">
<form id="form" novalidate>
  <div class="field"><label for="name">Name</label>
    <input id="name" name="name" aria-describedby="name-hint">
    <p class="hint" id="name-hint">Short.</p></div>
  <div class="field"><label for="url">Address</label><input id="url" name="url"></div>
  <button type="submit">Save</button>
</form>
<button type="button" data-open-dialog="ask" id="opener">Ask</button>
<dialog class="dialog" id="ask"><form method="dialog">
  <button value="yes">Yes</button>
  <button type="button" data-close-dialog>Close</button></form></dialog>
<button type="button" popovertarget="menu" id="more">More</button>
<div class="menu" id="menu" popover>
  <button class="menu-item" type="button">Edit</button>
  <button class="menu-item" type="button">Copy</button></div>
<ul class="media-grid" data-justify>
  <li class="media-item"><img alt="" width="300" height="200"></li>
  <li class="media-item" data-ratio="0.5" data-mean="#5a3346"></li>
</ul>
<time datetime="2026-03-29T00:30:00Z" data-style="short">then</time>
</main><div id="undo" class="undo-slot"></div>
<p id="live" role="status"></p>
<script type="module" src="/static/promura_site/shell.js"></script></body></html>
"""


class _Handler(BaseHTTPRequestHandler):
    server: "ShellServer.Server"

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()
        if status != 304:
            self.wfile.write(body)

    def _answer(self) -> None:
        path = self.path.partition("?")[0]
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path == "/page":
            self._send(200, PAGE.encode(), "text/html; charset=utf-8")
        elif path.startswith("/static/"):
            file = STATIC / path.removeprefix("/static/")
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            self._send(200, file.read_bytes(), kind)
        elif path == "/wait":
            self.server.released.wait(10)
            self._send(200, b"{}", "application/json")
        elif path.startswith("/status/"):
            self._send(int(path.rpartition("/")[2]), sent, "application/json")
        else:
            echo: dict[str, Any] = {
                "method": self.command,
                "path": self.path,
                "headers": {
                    name.lower(): value for name, value in self.headers.items()
                },
                "body": sent.decode(),
            }
            self._send(200, json.dumps(echo).encode(), "application/json")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Stay silent."""


class ShellServer:
    """Run it as a context manager; `url` is where it listens."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        released: threading.Event

    def __init__(self) -> None:
        self._server = self.Server(("127.0.0.1", 0), _Handler)
        self._server.released = threading.Event()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.released.set()
        self._server.shutdown()
        self._server.server_close()
