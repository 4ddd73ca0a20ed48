"""`FaultServer`: HTTP over a raw socket, scripted fault by fault, with a ledger of what the server really saw."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable

from tests.faults.answers import Answer, Says, Seen
from tests.faults.toxics import Reset


class FaultServer:
    """A server on a port of its own: `on` scripts a path, `then` the requests in their order, whatever their path.

    The last answer of a script is given again and again. `seen` is the ledger; `connections` counts what was accepted.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = 0
        self._scripts: dict[str, list[Says]] = defaultdict(list)
        self._order: list[Says] = []
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._start(self._accept)

    def on(self, path: str, *answers: Says) -> FaultServer:
        """Say *answers* to the requests for *path*, one after the other."""
        self._scripts[path] += answers
        return self

    def then(self, *answers: Says) -> FaultServer:
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

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError, Reset):
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
                    connection.shutdown(socket.SHUT_WR)
                    return

    def _send(self, connection: socket.socket, answer: Answer) -> None:
        pieces = answer.pieces()
        for toxic in answer.toxics:
            pieces = toxic(pieces, self._closing.wait)
        for piece in pieces:
            if self._closing.is_set():
                return
            connection.sendall(piece)

    def _next_is_unread(self) -> bool:
        """Tell whether `then` says that the next request is not even read; the script moves on if so."""
        unread = bool(self._order) and isinstance(self._order[0], Answer) and self._order[0].unread
        if unread and len(self._order) > 1:
            self._order.pop(0)
        return unread

    def _answer(self, seen: Seen) -> Answer:
        script = self._scripts[seen.path] or self._order
        if not script:
            return Answer(404)
        says = script.pop(0) if len(script) > 1 else script[0]
        return says if isinstance(says, Answer) else says(seen)

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
            if select.select([connection], [], [], 0.05)[0]:
                return True
        return False


def _reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    raise Reset
