"""The storefront's HTTP: the page's files, JSON for what it asks, and a stream of what becomes of every click. On this machine only."""

import json
import logging
import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from sandbox.errors import SandboxError
from sandbox.storefront.counter import Counter
from sandbox.storefront.journal import Journal
from sandbox.storefront.messages import Unsaid
from sandbox.storefront.shelf import Shelf

PAGE = Path(__file__).parent / "page"
MAX_BODY = 64 * 1024
BEAT_SECONDS = 15.0
"""How often a stream without news says that it is alive: a browser that has gone is noticed then."""
HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_UNREACHED = (SandboxError, ClientError, BotoCoreError, HTTPError)
Query = dict[str, str]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Storefront:
    """What the page can ask for. `facts` are of the shop as a whole: categories, people to be, how much faster time runs."""

    shelf: Shelf
    counter: Counter
    journal: Journal
    facts: Mapping[str, Any]

    def products(self, query: Query) -> dict[str, Any]:
        """A page of products, or those of some ids."""
        if ids := query.get("ids"):
            return {"products": [self.shelf.products[each] for each in ids.split(",") if each in self.shelf.products]}
        return {"products": self.shelf.page(category=query.get("category", ""), query=query.get("q", ""))}


def serve(storefront: Storefront, port: int = 0) -> ThreadingHTTPServer:
    """The server, on 127.0.0.1 and a free port unless one is named; `serve_forever` begins. Raises `SandboxError` for a port taken."""
    handler = type("StorefrontHandler", (Handler,), {"storefront": storefront})
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as taken:
        raise SandboxError("Opening the shop", f"port {port}: {taken.strerror}", hint="another --port, or none for a free one") from taken
    server.daemon_threads = True
    return server


class Handler(BaseHTTPRequestHandler):
    """One request. Nothing is logged: a visitor's ids stand in the addresses."""

    protocol_version = "HTTP/1.1"
    storefront: Storefront

    def handle(self) -> None:
        """All requests of one connection. A browser may go before it has its answer."""
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            return

    def do_GET(self) -> None:
        """A file of the page, an answer, or the stream."""
        url = urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        if not self._is_local():
            return self._problem(403, "asked by another name; open the address that omni shop prints")
        if url.path == "/api/stream":
            return self._stream(query)
        if answer := _answers(self.storefront, url.path):
            return self._try(lambda: answer(query))
        return self._file(url.path)

    def do_POST(self) -> None:
        """A click, or a visitor who says who they are."""
        length = self.headers.get("content-length", "")
        body = self.rfile.read(int(length)) if length.isdecimal() and int(length) <= MAX_BODY else b""
        if not self._is_local() or self.headers.get_content_type() != "application/json":
            return self._problem(403, "expected JSON from the storefront's own page")
        if urlsplit(self.path).path != "/api/events":
            return self._problem(404, "nothing is taken here")
        try:
            given = json.loads(body)
            json.dumps(given, ensure_ascii=False).encode()  # half of a surrogate pair is no text that the cloud takes
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            return self._problem(400, f"expected a JSON object of at most {MAX_BODY} bytes")
        return self._try(lambda: self.storefront.counter.take(given))

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""

    def _is_local(self) -> bool:
        """Whether the browser asked this address, and not some name that leads here."""
        port = self.connection.getsockname()[1]
        origin = self.headers.get("origin", "")
        hosts = (f"127.0.0.1:{port}", f"localhost:{port}")
        return self.headers.get("host") in hosts and (not origin or origin in [f"http://{host}" for host in hosts])

    def _try(self, ask: Callable[[], Mapping[str, Any]]) -> None:
        try:
            self._send(200, "application/json", json.dumps(ask()).encode())
        except Unsaid as unsaid:
            self._problem(400, str(unsaid))
        except _UNREACHED as failure:
            said = str(failure) if isinstance(failure, SandboxError) else f"the sandbox does not answer: {type(failure).__name__}"
            _log.warning("%s: %s", urlsplit(self.path).path, said)
            self._problem(502, said)

    def _stream(self, query: Query) -> None:
        """Server-sent events: the visitor whenever there is something new, until the browser goes."""
        self._head(200, {"content-type": "text/event-stream", "connection": "close"})
        self.close_connection = True
        version = -1
        while True:
            news = self.storefront.journal.wait(query.get("anonymous_id", ""), version, BEAT_SECONDS)
            version = news["version"] if news else version
            self.wfile.write(f"data: {json.dumps(news)}\n\n".encode() if news else b": alive\n\n")
            self.wfile.flush()

    def _file(self, path: str) -> None:
        found = {f"/{each.name}": each for each in PAGE.iterdir()} | {"/": PAGE / "index.html"}
        if path not in found:
            return self._problem(404, "nothing is here")
        kind = mimetypes.guess_type(found[path].name)[0] or "application/octet-stream"
        return self._send(200, f"{kind}; charset=utf-8", found[path].read_bytes())

    def _problem(self, status: int, detail: str) -> None:
        self.close_connection = True
        self._send(status, "application/problem+json", json.dumps({"status": status, "detail": detail}).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self._head(status, {"content-type": kind, "content-length": str(len(body))})
        self.wfile.write(body)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **headers}.items():
            self.send_header(name, value)
        self.end_headers()


def _answers(storefront: Storefront, path: str) -> Callable[[Query], Mapping[str, Any]] | None:
    """What answers at a path, if anything."""
    placement = path.removeprefix("/api/recommendations/")
    if placement != path:
        return lambda query: _recommended(storefront, placement, query)
    fixed: dict[str, Callable[[Query], Mapping[str, Any]]] = {
        "/api/shop": lambda _: storefront.facts,
        "/api/products": storefront.products,
        "/api/visitor": lambda query: storefront.counter.visitor(query),
    }
    return fixed.get(path)


def _recommended(storefront: Storefront, placement: str, query: Query) -> Mapping[str, Any]:
    """Recommendations; a shop without them is still a shop, so that the page is told why there are none."""
    try:
        return storefront.counter.recommend(placement, query)
    except _UNREACHED as failure:
        _log.warning("no recommendations for %s: %s", placement, failure if isinstance(failure, SandboxError) else type(failure).__name__)
        return {
            "placement": placement,
            "recommendationId": None,
            "items": [],
            "problem": "no answer at the moment; they are asked again soon",
        }
