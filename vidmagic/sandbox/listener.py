"""A threaded HTTP/1.1 server on loopback: each request goes to one function that returns the response."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

from .admission import MAX_BODY, length_of, refusal
from .exchange import HangUp, Request, Response, reply

_LINGER = 2.0  # seconds to wait for more of a body that is not read


class Listener(socketserver.ThreadingTCPServer):
    """Answer by `handler` on one port, a thread for each connection, until `stop`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, handler: Callable[[Request], Response]) -> None:
        self.handler = handler
        self.host = host
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__((host, port), _Exchange)
        self.url = f"http://{host}:{self.server_address[1]}"

    def start(self) -> None:
        """Accept connections on a daemon thread."""
        threading.Thread(target=self.serve_forever, args=(0.02,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """Stop accepting, and cut the connections that are open: a dead service answers nobody."""
        self.shutdown()
        self.server_close()
        with self._lock:
            for connection in self._open:
                _cut(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, and serve it on a thread of its own."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection, and close it."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)


class _Exchange(BaseHTTPRequestHandler):
    """Read requests from one connection and write the responses to them."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener

    def handle(self) -> None:
        # A client may go away at any time; the next one has its own connection.
        with contextlib.suppress(ConnectionError):
            super().handle()

    def _exchange(self) -> None:
        try:
            refused = refusal(self.command, self.headers, self.server.host)
            self._write(refused or self._answer())
            if refused is not None:
                self.close_connection = True
                self._discard_body()
        except HangUp:
            self.close_connection = True
            _cut(self.connection)

    def _answer(self) -> Response:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(length_of(self.headers))
        request = Request(self.command, path, query, dict(self.headers.items()), body)
        try:
            return self.server.handler(request)
        except HangUp:
            raise
        except Exception as error:  # noqa: BLE001, a fault of the sandbox is an answer too, not a dead connection
            return reply({"error": {"message": f"fault in the sandbox: {error!r}", "code": "sandbox_fault"}}, 500)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _exchange  # noqa: N815, the names http.server looks for

    def _discard_body(self) -> None:
        """Read what the client is still sending: closing at once would cut the answer off before it is read."""
        self.wfile.flush()
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER)
            unread = MAX_BODY
            while unread > 0 and (received := self.rfile.read1(2**16)):
                unread -= len(received)

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if isinstance(response.body, bytes):
            self.send_header("Content-Length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)
        else:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self._stream(response.body)

    def _stream(self, pieces: Iterator[bytes]) -> None:
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def version_string(self) -> str:
        return "vidmagic-sandbox"

    def log_message(self, *args: object) -> None:
        """Stay silent: the ledger is the log."""


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have closed it already
        connection.shutdown(socket.SHUT_RDWR)
