"""Know when a request's first byte leaves.

`requests` reports "never sent" and "sent, no answer" by the same exception. Money depends on the difference, so it is
watched where it happens, at the connection.
"""

from __future__ import annotations

import contextlib
import socket
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

    `sent` turns true at the instant before the first byte of the request leaves; `pre_send_check` is called then, and
    forbids the sending by raising. `check_peer` is called with the address that a connection has really reached,
    unless it is a proxy's, and refuses it by raising: a name that was resolved before may resolve to another address
    now. `overdue` is true when the call was cut at its limit. `target` is the path and query as they are sent.
    """

    def __init__(
        self,
        pre_send_check: Callable[[], None] = lambda: None,
        *,
        check_peer: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.pre_send_check = pre_send_check
        self.check_peer = check_peer
        self.sent = False
        self.overdue = False
        self.target = ""
        self.sock: socket.socket | None = None

    def leaving(self) -> None:
        """Note that the first byte is about to leave."""
        if not self.sent:
            self.pre_send_check()
            self.sent = True

    def cut(self) -> None:
        """End the call from another thread: a read that blocks returns at once."""
        if self.sock is not None:
            with contextlib.suppress(OSError):
                # Not SSLSocket.shutdown: it would take the TLS state away under the reading thread.
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def adapter(self) -> HTTPAdapter:
        """Return an adapter whose connections report here; it is for one call at a time."""
        return _MonitoredAdapter(self)


class _Reporting:
    """Mixed into urllib3's connections: report the socket and the first byte to the monitor."""

    monitor: ConnectionMonitor
    direct: bool  # not by a proxy
    sock: socket.socket | None
    _in_connect = False

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        try:
            if self.direct:
                self.monitor.check_peer(sock.getpeername()[0])
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
        super().putrequest(method, self.monitor.target or url, *args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if not self._in_connect:
            if self.sock is None:
                self.connect()
            self.monitor.sock = self.sock  # first: from here on a cut finds it
            if self.monitor.overdue:
                raise TimeoutError("the call took longer than its limit before it had a connection")
            if not self.monitor.sent and self.sock is not None:
                # The connect timeout is still set; it would break off a large image on a slow line.
                self.sock.settimeout(SEND)
            self.monitor.leaving()
        super().send(data)  # type: ignore[misc]


class _MonitoredAdapter(HTTPAdapter):
    def __init__(self, monitor: ConnectionMonitor) -> None:
        self.monitor = monitor
        super().__init__(max_retries=0, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, socket_options=HTTPConnection.default_socket_options + _KEEP_ALIVE, **kwargs)
        self._report(self.poolmanager, direct=True)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._report(manager, direct=False)
        return manager

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        url = super().request_url(request, proxies)
        target = request.path_url if url.startswith("/") else url  # a proxy needs the whole link
        sendable = target.isascii() and target.isprintable() and " " not in target
        self.monitor.target = target if sendable else requote_uri(target)
        return url.partition("?")[0]  # urllib3 logs what is returned here, and a signed query is a secret

    def _report(self, manager: Any, *, direct: bool) -> None:
        manager.pool_classes_by_scheme = {
            scheme: type("Pool", (pool,), {"ConnectionCls": self._reporting(pool.ConnectionCls, direct=direct)})
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }

    def _reporting(self, connection: type, *, direct: bool) -> type:
        return type("Connection", (_Reporting, connection), {"monitor": self.monitor, "direct": direct})
