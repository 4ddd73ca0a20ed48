"""What a `FaultServer` reads and says, and ready-made faulty answers."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.faults.toxics import Toxic, limit_body, limit_data, reset_peer


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it reached the server. `target` is the path with its query, byte for byte."""

    method: str
    target: str
    headers: Mapping[str, str]  # by lower-case name
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says to one request.

    `body` goes out after a head made of `status` and `headers`, with its length unless they name one. `raw` replaces
    all of that. `toxics` work from left to right on the way out. `unread` resets the connection before the request is
    read (only in `then`). `keep` leaves the connection open for another request.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None
    toxics: tuple[Toxic, ...] = ()
    unread: bool = False
    keep: bool = False

    def but(self, *toxics: Toxic, **changes: Any) -> Answer:
        """Return this answer with more toxics and other changes."""
        return replace(self, toxics=self.toxics + toxics, **changes)

    def pieces(self) -> Iterator[bytes]:
        """Yield the head, then the body."""
        if self.raw is not None:
            yield self.raw
            return
        headers = {"Content-Length": str(len(self.body)), "Connection": "keep-alive" if self.keep else "close"}
        if "Transfer-Encoding" in self.headers:
            del headers["Content-Length"]
        lines = [f"{name}: {value}" for name, value in {**headers, **self.headers}.items() if value != ""]
        yield "\r\n".join([f"HTTP/1.1 {self.status} Said", *lines, "", ""]).encode("latin-1")
        yield self.body


AnswerOrFunction = Answer | Callable[[Seen], Answer]


def json_answer(value: object, **more: Any) -> Answer:
    """Answer with *value* as JSON."""
    return Answer(body=json.dumps(value).encode(), headers={"Content-Type": "application/json"}, **more)


def half_headers() -> Answer:
    """Break off in the middle of a header line."""
    return Answer(raw=b"HTTP/1.1 200 OK\r\nContent-Type: applica")


def no_answer() -> Answer:
    """Read the request and close."""
    return Answer(toxics=(limit_data(0),))


def reset_after_reading() -> Answer:
    """Read the request and send an RST."""
    return Answer(toxics=(limit_data(0), reset_peer()))


def truncated(answer: Answer, keep: int) -> Answer:
    """Send *answer* with its whole length in the head and only *keep* bytes of its body."""
    return answer.but(limit_body(keep))


def broken_chunks(body: bytes) -> Answer:
    """Send *body* as one good chunk, followed by one whose length is not a number."""
    return Answer(body=b"%x\r\n%b\r\nzz\r\n" % (len(body), body), headers={"Transfer-Encoding": "chunked"})


def redirect(status: int, to: str) -> Answer:
    """Send elsewhere."""
    return Answer(status, headers={"Location": to})


def damaged_gzip(body: bytes) -> Answer:
    """Send *body* compressed, with little more than its beginning."""
    return Answer(body=gzip.compress(body)[:12], headers={"Content-Encoding": "gzip"})


def gzipped(answer: Answer, left: int = 0) -> Answer:
    """Send *answer* compressed, without its last *left* bytes."""
    body = gzip.compress(answer.body)
    return answer.but(body=body[: len(body) - left], headers={**answer.headers, "Content-Encoding": "gzip"})


def video_answer(data: bytes, *, tag: str = '"v1"', **more: Any) -> Callable[[Seen], Answer]:
    """Serve *data* as a good file server does: with an ETag, Range and If-Range."""

    def serve(seen: Seen) -> Answer:
        asked = re.fullmatch(r"bytes=(\d+)-", seen.headers.get("range", ""))
        if asked is None or seen.headers.get("if-range", tag) != tag:
            return Answer(200, data, {"ETag": tag}, **more)
        begin = int(asked[1])
        if begin >= len(data):
            return Answer(416, headers={"Content-Range": f"bytes */{len(data)}"})
        span = f"bytes {begin}-{len(data) - 1}/{len(data)}"
        return Answer(206, data[begin:], {"ETag": tag, "Content-Range": span}, **more)

    return serve
