"""Where one job's service is, and how a call to it carries the key."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import urlsplit

import requests

from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.content_encoding import Undecodable, decoded
from vidmagic.http.exchange import Broken, body_chunks
from vidmagic.http.redaction import Redaction
from vidmagic.http.sessions import route
from vidmagic.http.sse import Frame, StreamTooLong, frames
from vidmagic.http.timeouts import DEFAULT_TIMEOUTS, Timeouts
from vidmagic.http.url_policy import is_loopback


@dataclasses.dataclass(frozen=True, slots=True)
class Endpoint:
    """The service's origin with what all calls of one job to it share.

    `key_headers` returns the headers that carry the key; it is called for each request, so a new key is used at once.
    `streams` are the connections whose streams are being read now.
    """

    origin: str
    key_headers: Callable[[], Mapping[str, str]] = dataclasses.field(repr=False)
    redaction: Redaction = dataclasses.field(repr=False)
    timeouts: Timeouts = DEFAULT_TIMEOUTS
    streams: set[ConnectionMonitor] = dataclasses.field(default_factory=set, repr=False)

    def at(self, origin: str) -> Endpoint:
        """Return the same job's endpoint at another origin of its service; the key goes there too."""
        return dataclasses.replace(self, origin=origin.rstrip("/"))

    @property
    def on_loopback(self) -> bool:
        """Whether the service is on this machine, so that its result links may be too."""
        return is_loopback(urlsplit(self.origin).hostname or "")

    def send(
        self,
        session: requests.Session,
        method: str,
        path: str,
        *,
        read: float,
        body: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send one request with the key and follow no redirect; *read* bounds each wait for bytes, in seconds."""
        url = self.origin + path
        return session.request(
            method,
            url,
            json=body,
            params=params,
            headers={"Accept-Encoding": "identity", **self.key_headers()},
            timeout=(self.timeouts.connect, read),
            allow_redirects=False,
            stream=True,
            **route(url),
        )

    def frames(self, response: requests.Response, broken: Broken) -> Iterator[Frame]:
        """Yield the frames of a stream as they arrive, without the key; raise what *broken* makes of a break."""
        chunks = decoded(body_chunks(response, broken), response.headers.get("Content-Encoding", ""))
        try:
            yield from self.redaction.frames(frames(chunks))
        except (StreamTooLong, Undecodable) as lost:
            raise broken(lost) from lost

    @contextlib.contextmanager
    def abortable(self, monitor: ConnectionMonitor) -> Iterator[None]:
        """Let `abort` end the stream on *monitor*'s connection meanwhile."""
        self.streams.add(monitor)
        try:
            yield
        finally:
            self.streams.discard(monitor)

    def abort(self) -> None:
        """End, from another thread, every stream that is being read; a submit's own answer is never cut."""
        for monitor in list(self.streams):
            monitor.cut()
