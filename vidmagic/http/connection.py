"""Know when a request's first byte leaves, and end a call at a wall-clock deadline.

`requests` reports "never sent" and "sent, no answer" by the same exception, and its timeouts start anew with every
byte. Money depends on both, so they are watched where they happen, at the connection.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import requote_uri
from urllib3.connection import HTTPConnection

_KEEP_ALIVE = [
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    *((socket.IPPROTO_TCP, getattr(socket, name), value)
      for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 20), ("TCP_KEEPCNT", 5)) if hasattr(socket, name)),
]  # fmt: skip

SEND = 600.0  # seconds that a whole body may take to leave; the call's own deadline is usually shorter


class ConnectionMonitor:
    """What happened on the connection of one call.

    `sent` turns true at the instant before the first byte of the request leaves; `before_first_byte` is called then,
    and what it raises keeps the byte from leaving. `check_peer` is called with the address that a connection has
    really reached, unless it is a proxy's, and may refuse it by raising: a name that was looked up before may resolve
    to another address now. `overdue` says that the call was cut at its limit. `target` is the path and query as they
    are to leave.
    """

    def __init__(
        self,
        before_first_byte: Callable[[], None] = lambda: None,
        *,
        check_peer: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.before_first_byte = before_first_byte
        self.check_peer = check_peer
        self.sent = False
        self.overdue = False
        self.target = ""
        self.sock: socket.socket | None = None

    def leaving(self) -> None:
        """Note that the first byte is about to leave."""
        if not self.sent:
            self.before_first_byte()
            self.sent = True

    def cut(self) -> None:
        """End the call from another thread: a read that blocks returns at once."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it would take the TLS state away under the reading thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def adapter(self) -> HTTPAdapter:
        """Return an adapter whose connections report here; it is for one call at a time."""
        return _WatchedAdapter(self)


class _Reporting:
    """Mixed into urllib3's connections: tell the watch about the socket and the first byte."""

    watch: ConnectionMonitor
    direct: bool  # not by a proxy
    sock: socket.socket | None
    _in_connect = False

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        try:
            if self.direct:
                self.watch.check_peer(sock.getpeername()[0])
        except BaseException:
            sock.close()
            raise
        return sock

    def connect(self) -> None:
        self._in_connect = True  # a proxy's CONNECT goes through send() too, and is not our request
        try:
            super().connect()  # type: ignore[misc]
        finally:
            self._in_connect = False

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        # Not as urllib3 rewrote it: a signature may cover the very bytes of the link.
        super().putrequest(method, self.watch.target or url, *args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if not self._in_connect:
            if self.sock is None:
                self.connect()
            self.watch.sock = self.sock
            if not self.watch.sent and self.sock is not None:
                # The connect timeout is still set, and would end a large image on a slow line in mid-body.
                self.sock.settimeout(SEND)
            self.watch.leaving()
        super().send(data)  # type: ignore[misc]


class _WatchedAdapter(HTTPAdapter):
    def __init__(self, watch: ConnectionMonitor) -> None:
        self.watch = watch
        super().__init__(max_retries=0, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, socket_options=HTTPConnection.default_socket_options + _KEEP_ALIVE, **kwargs)
        self._report(self.poolmanager, direct=True)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._report(manager, direct=False)
        return manager

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        found = super().request_url(request, proxies)
        target = request.path_url if found.startswith("/") else found  # a proxy is told the whole link
        sendable = target.isascii() and target.isprintable() and " " not in target
        self.watch.target = target if sendable else requote_uri(target)
        return found.partition("?")[0]  # urllib3 logs what it is told here, and a signed query is a secret

    def _report(self, manager: Any, *, direct: bool) -> None:
        manager.pool_classes_by_scheme = {
            scheme: type("Pool", (pool,), {"ConnectionCls": self._reporting(pool.ConnectionCls, direct=direct)})
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }

    def _reporting(self, connection: type, *, direct: bool) -> type:
        return type("Connection", (_Reporting, connection), {"watch": self.watch, "direct": direct})


class Deadlines:
    """Cut calls that outlive their wall-clock limit; one thread for all, started with the first."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, ConnectionMonitor]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def limit(self, watch: ConnectionMonitor, seconds: float) -> Any:
        """Cut *watch*'s call when it takes longer than *seconds*."""
        entry = (time.monotonic() + seconds, next(self._numbers), watch)
        with self._changed:
            heapq.heappush(self._heap, entry)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._watch, name="vidmagic-deadlines", daemon=True)
                self._thread.start()
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._heap.remove(entry)
                heapq.heapify(self._heap)

    def _watch(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for due, _, watch in self._heap:
                    if due <= now and not watch.overdue:
                        watch.overdue = True
                        watch.cut()
                pending = [due for due, _, watch in self._heap if not watch.overdue]
                self._changed.wait(min(pending) - now if pending else None)
