"""`FaultServer`: HTTP over a raw socket, scripted fault by fault, with a ledger of what the server really saw."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Literal

from tests.faults.answers import Answer, AnswerOrFunction, Seen
from tests.faults.toxics import Reset, Torn

PATIENCE = 2.0  # seconds that one step of a TLS connection may take

Cut = Literal["FIN in the handshake", "RST in the handshake", "RST after the handshake"]


class FaultServer:
    """A server on a port of its own: `on` scripts a path, `then` the requests in their order, whatever their path.

    The last answer of a script is given again and again. `seen` is the ledger; `connections` counts what was accepted.
    With *tls* it speaks TLS as localhost; another context counts from the next connection on. `cuts` are used up by
    the next connections; `secured` counts the handshakes that came to their end.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.seen: list[Seen] = []
        self.connections = 0
        self.secured = 0
        self.cuts: list[Cut] = []
        self._scripts: dict[str, list[AnswerOrFunction]] = defaultdict(list)
        self._order: list[AnswerOrFunction] = []
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}" if tls is None else f"https://localhost:{self.port}"
        self._start(self._accept)

    def on(self, path: str, *answers: AnswerOrFunction) -> FaultServer:
        """Say *answers* to the requests for *path*, one after the other."""
        self._scripts[path] += answers
        return self

    def then(self, *answers: AnswerOrFunction) -> FaultServer:
        """Say *answers* to the next requests for paths without a script."""
        self._order += answers
        return self

    def count(self, method: str, path: str | None = None) -> int:
        """Return how many such requests reached the server."""
        return sum(seen.method == method and path in {None, seen.path} for seen in self.seen)

    def down(self) -> None:
        """Stop listening, end what is under way, and wait for it: from now on connections are refused."""
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive(), "a connection of the fault server did not end"

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, plain: socket.socket) -> None:
        with plain, contextlib.suppress(OSError, Reset, Torn), self._secure(plain) as connection:
            if self._next_is_unread():
                self._wait_for(connection)
                _reset(connection)
            while (seen := self._read(connection)) is not None:
                self.seen.append(seen)
                answer = self._answer(seen)
                try:
                    self._send(connection, answer)
                except Reset:
                    _reset(connection)
                if not answer.keep:
                    _end(connection)
                    return

    def _secure(self, plain: socket.socket) -> socket.socket:
        """Shake hands where TLS is spoken, unless the connection is to be cut there."""
        if self.tls is None:
            return plain
        cut = self.cuts.pop(0) if self.cuts else ""
        plain.settimeout(PATIENCE)
        if cut == "FIN in the handshake":
            self._receive(plain)
            raise Torn
        if cut == "RST in the handshake":
            self._wait_for(plain)
            _reset(plain)
        secured = self.tls.wrap_socket(plain, server_side=True)
        self.secured += 1
        if cut == "RST after the handshake":
            _reset(secured)
        return secured

    def _send(self, connection: socket.socket, answer: Answer) -> None:
        pieces = answer.pieces()
        for toxic in answer.toxics:
            pieces = toxic(pieces, self._closing.wait)
        for piece in pieces:
            if self._closing.is_set():
                return
            connection.sendall(piece)

    def _next_is_unread(self) -> bool:
        """Return whether the next answer leaves its request unread; the script moves on if so."""
        unread = bool(self._order) and isinstance(self._order[0], Answer) and self._order[0].unread
        if unread and len(self._order) > 1:
            self._order.pop(0)
        return unread

    def _answer(self, seen: Seen) -> Answer:
        script = self._scripts[seen.path] or self._order
        if not script:
            return Answer(404)
        answer = script.pop(0) if len(script) > 1 else script[0]
        return answer if isinstance(answer, Answer) else answer(seen)

    def _read(self, connection: socket.socket) -> Seen | None:
        """Read one request, however it is cut; None when there is none."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += (more := self._receive(connection))
            if not more:
                return None
        head, _, body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        while len(body) < int(headers.get("content-length", 0)):
            body += (more := self._receive(connection))
            if not more:
                break
        method, target, _ = first.split(" ", 2)
        return Seen(method, target, headers, body)

    def _receive(self, connection: socket.socket) -> bytes:
        return connection.recv(2**16) if self._wait_for(connection) else b""

    def _wait_for(self, connection: socket.socket) -> bool:
        """Wait until something can be read; False when the server closes first."""
        while not self._closing.is_set():
            if _decrypted(connection) or select.select([connection], [], [], 0.05)[0]:
                return True
        return False


def _decrypted(connection: socket.socket) -> int:
    """Return how many bytes TLS holds ready, which `select` does not report."""
    return connection.pending() if isinstance(connection, ssl.SSLSocket) else 0


def _end(connection: socket.socket) -> None:
    """Close the sending side of a connection."""
    if isinstance(connection, ssl.SSLSocket):
        connection.unwrap()
    else:
        connection.shutdown(socket.SHUT_WR)


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise Reset
