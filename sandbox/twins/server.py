"""One threaded HTTPS server on 127.0.0.1 in front of all twins."""

import gzip
import logging
import ssl
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from sandbox.twins.context import SERVED_AT
from sandbox.twins.messages import Request, Response

LOG = logging.getLogger("sandbox.twins")
_MAX_BODY = 64 * 1024 * 1024
Answer = Callable[[Request], Response]


class TwinServer(ThreadingHTTPServer):
    """Serves `answer` on a port of 127.0.0.1; with a certificate and its key over TLS, else plain."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Answer, certificate: Path | None = None, key: Path | None = None) -> None:
        self.answer = answer
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, key)
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.server_port}"

    def get_request(self) -> tuple[Any, Any]:
        """Accept a connection; the handshake waits for the connection's own thread, so a slow client delays nobody."""
        connection, address = super().get_request()
        if self._tls is not None:
            connection = self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is not an error of ours; everything else goes to the log."""
        LOG.debug("connection from %s ended", client_address, exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "omni-twins"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = 300
    server: TwinServer

    def _serve(self) -> None:
        try:
            body = self._body()
        except _RefusedError as refused:
            self.close_connection = True
            self._reply(Response.json({"message": str(refused)}, refused.status))
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        SERVED_AT.set(self.server.url)
        self._reply(self.server.answer(Request(method=self.command, path=path, query=query, headers=headers, body=body)))

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = _serve  # noqa: N815  the standard library's names

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            body = self._chunks()
        else:
            length = int(self.headers.get("Content-Length") or 0)
            _refuse_above_limit(length)
            body = self.rfile.read(length)
        encoding = self.headers.get("Content-Encoding", "").lower()
        if encoding != "gzip":
            return body
        try:
            return gzip.decompress(body)
        except (OSError, EOFError, zlib.error) as error:
            raise _RefusedError(400, f"the body is not gzip: {error}") from error

    def _chunks(self) -> bytes:
        body = bytearray()
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            _refuse_above_limit(len(body) + size)
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return bytes(body)

    def _reply(self, response: Response) -> None:
        if response.reset:
            self.close_connection = True
            return
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Requests are in the twins' records; the log is for what goes wrong."""
        LOG.debug(format, *args)


class _RefusedError(ValueError):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def _refuse_above_limit(size: int) -> None:
    if size > _MAX_BODY:
        raise _RefusedError(413, f"the body has {size} bytes; at most {_MAX_BODY} are read")
