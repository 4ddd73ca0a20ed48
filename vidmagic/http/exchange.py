"""One request and the reply to it, each within its time limit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import requests
from urllib3.exceptions import HTTPError

from vidmagic.errors import Unreachable
from vidmagic.http.connection import ConnectionMonitor
from vidmagic.http.content_encoding import Undecodable, decoded
from vidmagic.http.deadlines import Deadlines
from vidmagic.http.reply import Reply
from vidmagic.http.timeouts import Timeouts

REPLY_CAP = 2**20
CHUNK, LARGE_CHUNK = 2**16, 2**19
NETWORK_ERRORS = (requests.RequestException, HTTPError, OSError)

Broken = Callable[[BaseException], Exception]  # makes our error of a connection that broke
_deadlines = Deadlines()


class Exchange:
    """One call on the connection that *monitor* watches."""

    def __init__(self, monitor: ConnectionMonitor, timeouts: Timeouts) -> None:
        self.monitor = monitor
        self._timeouts = timeouts

    def limit(self, seconds: float) -> contextlib.AbstractContextManager[None]:
        """Cut the call when what stands in this block takes longer than *seconds*."""
        return _deadlines.limit(self.monitor, seconds)

    def response(self, send: Callable[[], requests.Response], seconds: float) -> requests.Response:
        """Return what *send* gets: the headers are read, the body is not.

        Raises TimeoutError when it took longer than *seconds*: headers that were cut would look whole.
        """
        with self.limit(seconds):
            response = send()
        if self.monitor.overdue:
            response.close()
            raise TimeoutError
        return response

    def opened(self, response: requests.Response) -> Reply:
        """Return a reply without its body, to read on from, when it is a success; otherwise the whole reply."""
        if response.ok:
            return Reply(response.status_code, response.headers, b"")
        return self.whole(response, self._timeouts.total)

    def whole(self, response: requests.Response, seconds: float) -> Reply:
        """Read a body to its end, its cap or its limit in seconds; what arrived before a break is returned, as cut."""
        body = bytearray()
        cut, received = False, 0

        def arriving() -> Iterator[bytes]:
            nonlocal received
            for chunk in body_chunks(response, lambda lost: Unreachable(str(lost))):
                received += len(chunk)
                yield chunk

        try:
            with self.limit(seconds):
                for chunk in decoded(arriving(), response.headers.get("Content-Encoding", "")):
                    body += chunk
                    if max(len(body), received) > REPLY_CAP:
                        cut = True
                        break
        except (Unreachable, Undecodable):
            cut = True  # what arrived may hold a job's id
        promised = response.headers.get("Content-Length", "")
        cut = cut or self.monitor.overdue or (promised.isdecimal() and received < float(promised))
        return Reply(response.status_code, response.headers, bytes(body), cut)


def body_chunks(response: requests.Response, broken: Broken, largest: int = CHUNK) -> Iterator[bytes]:
    """Yield bytes as they arrive (iter_content waits for a full buffer); raise what *broken* makes of a break.

    The buffer grows to *largest* bytes only when it gets full: TLS brings 16 KB at a time, and a large buffer for each
    of them takes longer to make than to fill.
    """
    size = CHUNK
    while True:
        try:
            chunk = response.raw.read1(size, decode_content=False)
        except NETWORK_ERRORS as lost:
            raise broken(lost) from lost
        if not chunk:
            return
        yield chunk
        if len(chunk) == size:
            size = largest
