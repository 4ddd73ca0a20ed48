"""Read event streams as the gateways really send them, which is not always as the standard says.

Lines are split at LF, CR and CRLF before decoding. A `data:` line that is complete JSON is an event by itself, with or
without a blank line after it; other lines are joined as the standard says. Nothing that arrived is dropped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

LINE_CAP = 8 * 2**20
STREAM_CAP = 64 * 2**20

Frame = dict[str, object] | str

_BREAK = re.compile(rb"\r\n|\r|\n")
_DECODER = json.JSONDecoder()


class StreamTooLong(ValueError):
    """A line or a stream is longer than anything a service has reason to send."""


def lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Split *chunks* into lines, each as soon as its end has arrived; the last one needs no end."""
    held = bytearray()
    total = 0
    after_cr = False
    for chunk in chunks:
        total += len(chunk)
        if after_cr and chunk.startswith(b"\n"):
            chunk, after_cr = chunk[1:], False  # noqa: PLW2901  the other half of a CRLF
        if not chunk:
            continue
        after_cr = chunk.endswith(b"\r")
        *whole, rest = _BREAK.split(chunk)
        if whole:
            yield bytes(held) + whole[0]
            held.clear()
            yield from whole[1:]
        held += rest
        if len(held) > LINE_CAP or total > STREAM_CAP:
            raise StreamTooLong(f"more than {LINE_CAP} bytes in a line or {STREAM_CAP} in a stream")
    if held:
        yield bytes(held)


class _Held:
    """Lines that are no event by themselves.

    They are parsed together once when their braces come out even, which is when an object may be complete, and once
    when the event ends: parsing them at each line would make a long event quadratic.
    """

    _lines: list[str]
    _depth: int
    _tried: bool

    def __init__(self) -> None:
        self._forget()

    def add(self, text: str) -> list[Frame]:
        """Hold one more line; return the objects that it completes."""
        self._lines.append(text)
        self._depth += text.count("{") - text.count("}")
        if self._tried or self._depth != 0 or "}" not in text:
            return []
        self._tried = True
        found = _objects("\n".join(self._lines))
        if found is None:
            return []
        self._forget()
        return found

    def flush(self) -> list[Frame]:
        """Return what is held, as its objects or as text, and hold nothing."""
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
    held = _Held()
    first = True
    for raw in lines(chunks):
        line = raw.removeprefix(b"\xef\xbb\xbf") if first else raw
        first = False
        if line.startswith(b"data:"):
            text = line[5:].decode(errors="replace").removeprefix(" ")
        elif line and not _is_field(line):
            text = line.decode(errors="replace")
        else:
            if not line:
                yield from held.flush()
            continue
        if (whole := _objects(text)) is not None:
            yield from held.flush()
            yield from whole
        else:
            yield from held.add(text)
    yield from held.flush()


def _is_field(line: bytes) -> bool:
    """Tell a comment or another field, as `event: x`, from data that lost its name."""
    return line.startswith((b":", b"event:", b"id:", b"retry:")) or line in (b"data", b"event", b"id", b"retry")


def _objects(text: str) -> list[Frame] | None:
    """Return the JSON objects that *text* consists of, or None if it is not just whole objects."""
    found: list[Frame] = []
    at, end = 0, len(text)
    while at < end:
        if text[at].isspace():
            at += 1
            continue
        if text[at] != "{":
            return None
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            return None
        found.append(value)
    return found or None
