"""Calls to the hosts that a service's links lead to: files, never a key, every link checked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from urllib.parse import urljoin

import requests

from vidmagic.errors import LinkRefused, Unreachable
from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.exchange import LARGE_CHUNK, NETWORK_ERRORS, Exchange, body_chunks
from vidmagic.http.network_errors import host, why
from vidmagic.http.reply import Reply
from vidmagic.http.sessions import new_session, route
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.url_policy import Networks, check_link, is_global, is_loopback, refused_address

MOST_REDIRECTS = 5


class OpenCalls:
    """Uploads and downloads without a key.

    `on_loopback` allows links to this machine, where the service is too; `trusted` networks count as public.
    """

    def __init__(self, timeouts: Timeouts, *, on_loopback: bool, trusted: Networks = ()) -> None:
        self._timeouts = timeouts
        self._on_loopback = on_loopback
        self._trusted = trusted

    def upload(self, url: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        """PUT *data* to a link that the service gave. Raises Unreachable, or LinkRefused for a forbidden link."""
        self._check(url)
        monitor = self._monitor(url)
        try:
            with new_session(monitor) as session, self._send(session, "PUT", url, headers, data) as response:
                return Exchange(monitor, self._timeouts).whole(response, self._timeouts.total)
        except NETWORK_ERRORS as lost:
            raise Unreachable(f"{host(url)} did not take the upload: {why(lost, monitor)}") from lost

    @contextlib.contextmanager
    def fetch(self, url: str, headers: Mapping[str, str]) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """GET a result link; each redirect is checked. Gives the reply and the body in chunks.

        Raises Unreachable when the connection fails, LinkRefused when a link leads where it must not.
        """
        monitor = self._monitor(url)
        exchange = Exchange(monitor, self._timeouts)

        def broken(lost: BaseException) -> Unreachable:
            return Unreachable(f"{host(url)} broke off the download: {why(lost, monitor)}")

        with new_session(monitor) as session:
            try:
                response = exchange.response(lambda: self._followed(session, url, headers), self._timeouts.total)
            except NETWORK_ERRORS as lost:
                raise broken(lost) from lost
            with response:
                yield exchange.opened(response), body_chunks(response, broken, LARGE_CHUNK)

    def _followed(self, session: requests.Session, url: str, headers: Mapping[str, str]) -> requests.Response:
        for _ in range(MOST_REDIRECTS + 1):
            self._check(url)
            response = self._send(session, "GET", url, {"Accept-Encoding": "identity", **headers})
            if not response.is_redirect:
                return response
            response.close()
            try:
                url = urljoin(url, response.headers["Location"].encode("latin-1").decode())
            except ValueError:
                raise LinkRefused("the result link redirects to a target that is not a link") from None
        raise LinkRefused("the result link redirects more than five times")

    def _send(
        self,
        session: requests.Session,
        method: str,
        url: str,
        headers: Mapping[str, str],
        data: bytes | None = None,
    ) -> requests.Response:
        """Send one request to a link, byte for byte: a signed query must not be normalised."""
        prepared = requests.Request(method, url, headers=dict(headers), data=data).prepare()
        prepared.url = url
        timeout = (self._timeouts.connect, self._timeouts.read)
        return session.send(prepared, timeout=timeout, allow_redirects=False, stream=True, **route(url))

    def _check(self, url: str) -> None:
        check_link(url, loopback=self._on_loopback, trusted=self._trusted)

    def _monitor(self, url: str) -> ConnectionMonitor:
        """Return a monitor that refuses, with LinkRefused, the address that a link's host turned out to have."""

        def check_address(address: str) -> None:
            if not (is_global(address, self._trusted) or (self._on_loopback and is_loopback(address))):
                raise refused_address(host(url), address)

        return ConnectionMonitor(check_peer=check_address)
