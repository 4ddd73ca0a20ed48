"""Read event streams as the gateways send them, which is not always as the standard prescribes.

Lines are split at LF, CR and CRLF before decoding. A `data:` line that is complete JSON is an event by itself, with or
without a blank line after it; other lines are joined as the standard prescribes. Nothing that arrived is dropped.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator

from vidmagic.http.json_text import NOT_JSON, read_json_at

LINE_CAP = 8 * 2**20
STREAM_CAP = 64 * 2**20

Frame = dict[str, object] | str

_BREAK = re.compile(rb"\r\n|\r|\n")


class StreamTooLong(ValueError):
    """A line or a stream is longer than anything a service has reason to send."""


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Split *chunks* into lines, each as soon as its end has arrived; the last one needs no end."""
    partial = bytearray()
    total = 0
    after_cr = False
    for chunk in chunks:
        total += len(chunk)
        if after_cr and chunk.startswith(b"\n"):
            chunk, after_cr = chunk[1:], False  # noqa: PLW2901  the other half of a CRLF
        if not chunk:
            continue
        after_cr = chunk.endswith(b"\r")
        *whole, unfinished = _BREAK.split(chunk) if b"\r" in chunk else chunk.split(b"\n")
        if whole:
            yield bytes(partial) + whole[0]
            partial.clear()
            yield from whole[1:]
        partial += unfinished
        if len(partial) > LINE_CAP or total > STREAM_CAP:
            raise StreamTooLong(f"more than {LINE_CAP} bytes in a line or {STREAM_CAP} in a stream")
    if partial:
        yield bytes(partial)


class _PendingLines:
    """Lines that are not an event by themselves.

    They are parsed together once when their braces are balanced, which is when an object may be complete, and once
    when the event ends: parsing them at each line would take quadratic time.
    """

    _lines: list[str]
    _depth: int
    _tried: bool

    def __init__(self) -> None:
        self._forget()

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, text: str) -> list[Frame]:
        """Add a line; return the objects that it completes."""
        self._lines.append(text)
        self._depth += text.count("{") - text.count("}")
        if self._tried or self._depth != 0 or "}" not in text:
            return []
        self._tried = True
        objects = _objects("\n".join(self._lines))
        if objects is None:
            return []
        self._forget()
        return objects

    def flush(self) -> list[Frame]:
        """Return the pending lines, as their objects or as text, and forget them."""
        if not self._lines:
            return []
        text = "\n".join(self._lines)
        self._forget()
        return _objects(text) or [text]

    def _forget(self) -> None:
        self._lines = []
        self._depth = 0
        self._tried = False


def frames(chunks: Iterable[bytes]) -> Iterator[Frame]:
    """Yield each event's data: a dict where it is a JSON object, otherwise its text, as "[DONE]".

    A body without any field, as a plain JSON reply where a stream was expected, comes as one frame.
    """
    pending = _PendingLines()
    source = lines(chunks)
    first = next(source, b"").removeprefix(b"\xef\xbb\xbf")
    for line in itertools.chain((first,), source):
        if not line:
            if pending:
                yield from pending.flush()
            continue
        if line.startswith(b"data:"):
            text = line[5:].decode(errors="replace").removeprefix(" ")
        elif _is_field(line):
            continue
        else:
            text = line.decode(errors="replace")
        if (whole := _objects(text)) is None:
            yield from pending.add(text)
        else:
            if pending:
                yield from pending.flush()
            yield from whole
    yield from pending.flush()


def _is_field(line: bytes) -> bool:
    """Return whether *line* is a comment or another field, as `event: x`, not data that lost its name."""
    return line.startswith((b":", b"event:", b"id:", b"retry:")) or line in (b"data", b"event", b"id", b"retry")


def _objects(text: str) -> list[Frame] | None:
    """Return the JSON objects that *text* consists of, or None if it is not just whole objects."""
    objects: list[Frame] = []
    at, end = 0, len(text)
    while at < end:
        if text[at] != "{":
            if not text[at].isspace():
                return None
            at += 1
            continue
        try:
            value, at = read_json_at(text, at)
        except NOT_JSON:
            return None
        objects.append(value)
    return objects or None
