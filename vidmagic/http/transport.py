"""The one place that sends HTTP: one service's origin, its key, and what may be asked twice.

Two worlds: calls to the service's own origin carry the key and follow no redirect; `fetch` and `put` go to other
hosts, carry no key ever, and check each hop. `submit` and `submit_stream` cost money: a fresh connection, one
request, and an exception that tells "not one byte left" from "sent, answer lost". All other calls are free to repeat.
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

from vidmagic.errors import DownloadFailed, NotSent, OutcomeUnknown, Unreachable
from vidmagic.http.connection import ConnectionMonitor, Deadlines
from vidmagic.http.network_errors import host, why
from vidmagic.http.reply import Reply
from vidmagic.http.sse import Frame, StreamTooLong, frames
from vidmagic.http.url_policy import check_link, is_global, is_loopback

CONNECT, READ, TOTAL = 10.0, 60.0, 120.0  # seconds
SUBMIT_TOTAL = 300.0  # a gateway may hold a submit with large images for minutes
STREAM_IDLE = 30.0
REPLY_CAP = 2**20
CHUNK, LARGE = 2**16, 2**19
HOPS = 5

_NETWORK_ERRORS = (requests.RequestException, HTTPError, OSError)
_deadlines = Deadlines()
_local = threading.local()  # requests does not promise that a session serves two threads


class Transport:
    """Calls to one service for one job.

    `headers` gives the headers that carry the key; it is called at each request, so a new key is used at once.
    `secrets` gives the forms in which a service may echo the key; they are struck out of all that it says.
    `before_first_byte` is called just before a submit's first byte leaves, and may forbid it by raising.
    """

    def __init__(
        self,
        origin: str,
        headers: Callable[[], Mapping[str, str]],
        *,
        secrets: Callable[[], Sequence[str]] = tuple,
        before_first_byte: Callable[[], None] = lambda: None,
    ) -> None:
        self.origin = origin.rstrip("/")
        self._headers = headers
        self._secrets = secrets
        self.before_first_byte = before_first_byte
        self._open: set[ConnectionMonitor] = set()

    def __repr__(self) -> str:
        return f"<Transport {self.origin}>"

    def at(self, origin: str) -> Transport:
        """Return the same job's calls to another origin of its service; the key goes there too."""
        other = copy.copy(self)
        other.origin = origin.rstrip("/")
        return other

    def gated(self, before_first_byte: Callable[[], None]) -> Transport:
        """Return the same job's calls with a gate in front of a submit's first byte."""
        other = copy.copy(self)
        other.before_first_byte = before_first_byte
        return other

    def abort(self) -> None:
        """End, from another thread, whatever stream this transport is reading; a submit's own answer is never cut."""
        for watch in list(self._open):
            watch.cut()

    # -- calls that cost money

    def submit(self, path: str, body: Mapping[str, object]) -> Reply:
        """POST *body* once. Raises NotSent when no byte left, OutcomeUnknown when the answer was lost."""
        with self._paid(path, body, SUBMIT_TOTAL) as (response, watch):
            return self._clean(_whole(response, watch, SUBMIT_TOTAL))

    @contextlib.contextmanager
    def submit_stream(
        self, path: str, body: Mapping[str, object], idle: float
    ) -> Iterator[tuple[Reply, Iterator[Frame]]]:
        """POST *body* once and read the answer as a stream; *idle* is the longest silence in seconds.

        Gives the reply (its body only when the status is no success) and the frames as they arrive.
        """

        def broken(lost: BaseException) -> OutcomeUnknown:
            return OutcomeUnknown(f"the stream broke: {why(lost, watch)}")

        with self._paid(path, body, idle) as (response, watch), self._abortable(watch):
            yield self._clean(_opened(response, watch)), self._frames(response, broken)

    @contextlib.contextmanager
    def _paid(
        self, path: str, body: Mapping[str, object], read: float
    ) -> Iterator[tuple[requests.Response, ConnectionMonitor]]:
        watch = ConnectionMonitor(self.before_first_byte)
        with self._fresh(watch) as session:
            try:
                response = _within(max(read, SUBMIT_TOTAL), watch, lambda: session.post(
                    self._url(path), json=body, headers=self._with_key(), timeout=(CONNECT, read),
                    allow_redirects=False, stream=True,
                ))  # fmt: skip
            except _NETWORK_ERRORS as lost:
                _submit_lost(lost, watch)
            with response:
                yield response, watch

    # -- calls that are free to repeat

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Reply:
        """GET from the service. Raises Unreachable when no answer came."""
        return self._look("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, object]) -> Reply:
        """POST to the service something that starts no job. Raises Unreachable when no answer came."""
        return self._look("POST", path, json=body)

    def put(self, path: str, body: Mapping[str, object]) -> Reply:
        """PUT to the service something that starts no job. Raises Unreachable when no answer came."""
        return self._look("PUT", path, json=body)

    def _look(self, method: str, path: str, **kwargs: Any) -> Reply:
        url = self._url(path)
        session, watch = _kept_session()
        try:
            with _deadlines.limit(watch, TOTAL), session.request(
                method, url, headers=self._with_key(), timeout=(CONNECT, READ), allow_redirects=False,
                stream=True, verify=_verify(), proxies=get_environ_proxies(url), **kwargs,
            ) as response:  # fmt: skip
                reply = _whole(response, watch, TOTAL)
        except _NETWORK_ERRORS as lost:
            raise Unreachable(f"{host(url)} did not answer: {why(lost, watch)}") from lost
        if reply.cut:
            raise Unreachable(f"{host(url)} broke off its answer", status=reply.status)
        return self._clean(reply)

    @contextlib.contextmanager
    def stream(
        self, path: str, body: Mapping[str, object], idle: float = STREAM_IDLE
    ) -> Iterator[tuple[Reply, Iterator[Frame]]]:
        """POST a query that answers with a stream. Raises Unreachable when it breaks or falls silent for *idle* s."""
        watch = ConnectionMonitor()

        def broken(lost: BaseException) -> Unreachable:
            return Unreachable(f"{host(self.origin)} broke off its stream: {why(lost, watch)}")

        with self._fresh(watch) as session:
            try:
                response = _within(TOTAL, watch, lambda: session.post(
                    self._url(path), json=body, headers=self._with_key(), timeout=(CONNECT, idle),
                    allow_redirects=False, stream=True,
                ))  # fmt: skip
            except _NETWORK_ERRORS as lost:
                raise broken(lost) from lost
            with response, self._abortable(watch):
                yield self._clean(_opened(response, watch)), self._frames(response, broken)

    # -- other hosts: never a key

    def upload(self, url: str, data: bytes, headers: Mapping[str, str]) -> Reply:
        """PUT *data* to a link that the service gave, without a key. Raises Unreachable."""
        check_link(url, loopback=self.on_loopback)
        watch = ConnectionMonitor(check_peer=self._check_address)
        try:
            with _session(watch) as session, _send(session, "PUT", url, headers, data) as response:
                return _whole(response, watch, TOTAL)
        except _NETWORK_ERRORS as lost:
            raise Unreachable(f"{host(url)} did not take the upload: {why(lost, watch)}") from lost

    @contextlib.contextmanager
    def fetch(self, url: str, headers: Mapping[str, str]) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """GET a result link, without a key; each redirect is checked. Gives the reply and the body in chunks.

        Raises Unreachable when the connection fails, DownloadFailed when a link leads where it must not.
        """

        def broken(lost: BaseException) -> Unreachable:
            return Unreachable(f"{host(url)} broke off the download: {why(lost, watch)}")

        watch = ConnectionMonitor(check_peer=self._check_address)
        with _session(watch) as session:
            try:
                response = _within(TOTAL, watch, lambda: self._followed(session, url, headers))
            except _NETWORK_ERRORS as lost:
                raise broken(lost) from lost
            with response:
                yield _opened(response, watch), _arriving(response, broken, LARGE)

    def _followed(self, session: requests.Session, url: str, headers: Mapping[str, str]) -> requests.Response:
        for _ in range(HOPS + 1):
            check_link(url, loopback=self.on_loopback)
            response = _send(session, "GET", url, {"Accept-Encoding": "identity", **headers})
            if not response.is_redirect:
                return response
            response.close()
            try:
                url = urljoin(url, response.headers["Location"].encode("latin-1").decode())
            except ValueError:
                raise DownloadFailed("the result link redirects to what is no link") from None
        raise DownloadFailed("the result link redirects more than five times")

    # -- parts

    @property
    def on_loopback(self) -> bool:
        """Whether the service itself is on this machine, so that its result links may be too."""
        return is_loopback(urlsplit(self.origin).hostname or "")

    def _check_address(self, address: str) -> None:
        """Refuse the address that a link's host turned out to have. Raises DownloadFailed."""
        if not (is_global(address) or (self.on_loopback and is_loopback(address))):
            raise DownloadFailed("the result link's host leads to an address that is not public")

    def _url(self, path: str) -> str:
        return self.origin + path

    def _with_key(self) -> dict[str, str]:
        return {"Accept-Encoding": "identity", **self._headers()}

    @contextlib.contextmanager
    def _fresh(self, watch: ConnectionMonitor) -> Iterator[requests.Session]:
        with _session(watch) as session:
            session.proxies = get_environ_proxies(self.origin)
            session.verify = _verify()
            yield session

    @contextlib.contextmanager
    def _abortable(self, watch: ConnectionMonitor) -> Iterator[None]:
        self._open.add(watch)
        try:
            yield
        finally:
            self._open.discard(watch)

    def redact(self, text: str) -> str:
        """Return *text* without the key, which a service may echo in pieces that meet only when they are read."""
        for form in self._secrets():
            text = text.replace(form, "***")
        return text

    def _clean(self, reply: Reply) -> Reply:
        """Strike the key out of an answer that echoes it."""
        body = reply.body
        for form in self._secrets():
            body = body.replace(form.encode(), b"***")
        return dataclasses.replace(reply, body=body)

    def _frames(self, response: requests.Response, broken: Callable[[BaseException], Exception]) -> Iterator[Frame]:
        secrets = self._secrets()
        try:
            for frame in frames(_arriving(response, broken)):
                said = frame if isinstance(frame, str) else json.dumps(frame, ensure_ascii=False)
                if not any(form in said for form in secrets):
                    yield frame
                    continue
                for form in secrets:
                    said = said.replace(form, "***")
                yield said if isinstance(frame, str) else json.loads(said)
        except StreamTooLong as lost:
            raise broken(lost) from lost


def _kept_session() -> tuple[requests.Session, ConnectionMonitor]:
    """Return this thread's session, whose connections stay open from look to look, and its watch."""
    found: tuple[requests.Session, ConnectionMonitor] | None = getattr(_local, "kept", None)
    if found is None:
        watch = ConnectionMonitor()
        found = _local.kept = (_session(watch), watch)
    found[1].overdue = False
    return found


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Find none: requests would read the whole body and parse the target, though it is told not to follow."""


def _session(watch: ConnectionMonitor) -> requests.Session:
    session = _Session()
    session.trust_env = False  # a login in ~/.netrc must not take the key's place; proxies are read apart
    for scheme in ("http://", "https://"):
        session.mount(scheme, watch.adapter())
    return session


def _send(
    session: requests.Session, method: str, url: str, headers: Mapping[str, str], data: bytes | None = None
) -> requests.Response:
    """Send one request without a key to a link, byte for byte: a signed query must not be normalised."""
    prepared = requests.Request(method, url, headers=dict(headers), data=data).prepare()
    prepared.url = url
    return session.send(
        prepared, timeout=(CONNECT, READ), allow_redirects=False, stream=True,
        proxies=get_environ_proxies(url), verify=_verify(),
    )  # fmt: skip


def _verify() -> str | bool:
    return os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True


def _arriving(
    response: requests.Response, broken: Callable[[BaseException], Exception], most: int = CHUNK
) -> Iterator[bytes]:
    """Yield bytes as they arrive (iter_content waits for a full buffer); raise what *broken* makes of a break.

    A buffer grows to *most* bytes only where it gets full: TLS brings 16 KB at a time, and a large one for each of
    them takes longer to make than to fill.
    """
    size = CHUNK
    while True:
        try:
            chunk = response.raw.read1(size, decode_content=False)
        except _NETWORK_ERRORS as lost:
            raise broken(lost) from lost
        if not chunk:
            return
        yield chunk
        if len(chunk) == size:
            size = most


def _within(seconds: float, watch: ConnectionMonitor, call: Callable[[], requests.Response]) -> requests.Response:
    """Return what *call* gets. Raises TimeoutError when it had to be cut, for a head that was cut looks whole."""
    with _deadlines.limit(watch, seconds):
        response = call()
    if watch.overdue:
        response.close()
        raise TimeoutError
    return response


def _opened(response: requests.Response, watch: ConnectionMonitor) -> Reply:
    """Return the reply to read on from when it is a success, else the whole of it."""
    return Reply(response.status_code, response.headers, b"") if response.ok else _whole(response, watch, TOTAL)


def _whole(response: requests.Response, watch: ConnectionMonitor, seconds: float) -> Reply:
    """Read a body to its end, its cap or its limit in seconds; what arrived before a break is kept."""
    body = bytearray()
    cut = False
    try:
        with _deadlines.limit(watch, seconds):
            for chunk in _arriving(response, lambda lost: Unreachable(str(lost))):
                body += chunk
                if len(body) > REPLY_CAP:
                    cut = True
                    break
    except Unreachable:
        cut = True  # what arrived may still hold a job's id
    promised = response.headers.get("Content-Length", "")
    cut = cut or watch.overdue or (promised.isdecimal() and len(body) < float(promised))
    return Reply(response.status_code, response.headers, bytes(body), cut)


def _submit_lost(lost: BaseException, watch: ConnectionMonitor) -> NoReturn:
    if watch.sent:
        raise OutcomeUnknown(f"the request was sent and its answer lost: {why(lost, watch)}") from lost
    if isinstance(lost, requests.exceptions.SSLError):
        raise NotSent(f"no safe connection: {why(lost)}", status=-1) from lost
    raise NotSent(f"no connection: {why(lost)}") from lost
