"""Faults of a connection, under toxiproxy's names; each works on the answer's bytes on their way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator

Sleep = Callable[[float], object]  # sleeps so many seconds, or until the server closes
Toxic = Callable[[Iterator[bytes], Sleep], Iterator[bytes]]


class Reset(Exception):
    """The connection ends with an RST instead of a FIN."""


class Torn(Exception):
    """The connection ends with a FIN, and over TLS without the close_notify that a whole answer ends with."""


def latency(seconds: float) -> Toxic:
    """Delay the first byte."""

    def toxic(pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        sleep(seconds)
        yield from pieces

    return toxic


def slicer(size: int, delay: float = 0.0) -> Toxic:
    """Send *size* bytes at a time, with a delay in seconds between them. With size 1 it is a drip."""

    def toxic(pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        for piece in pieces:
            for at in range(0, len(piece), size):
                yield piece[at : at + size]
                sleep(delay)

    return toxic


def bandwidth(rate: int) -> Toxic:
    """Send at most *rate* bytes a second."""
    return slicer(max(1, rate // 20), 0.05)


def limit_data(count: int) -> Toxic:
    """Close after *count* bytes, the head included."""

    def toxic(pieces: Iterator[bytes], _: Sleep) -> Iterator[bytes]:
        left = count
        for piece in pieces:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                return

    return toxic


def limit_body(count: int) -> Toxic:
    """Close after the head and *count* bytes of what follows it."""

    def toxic(pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        yield next(pieces)
        yield from limit_data(count)(pieces, sleep)

    return toxic


def timeout(seconds: float) -> Toxic:
    """Send nothing, and close after *seconds*."""

    def toxic(_: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        sleep(seconds)
        yield from ()

    return toxic


def slow_close(seconds: float) -> Toxic:
    """Send everything and close only after *seconds*."""

    def toxic(pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        yield from pieces
        sleep(seconds)

    return toxic


def reset_peer() -> Toxic:
    """Send what is left of the answer, then an RST; after `limit_data(0)` that is an RST without an answer."""

    def toxic(pieces: Iterator[bytes], sleep: Sleep) -> Iterator[bytes]:
        yield from pieces
        sleep(0.05)  # an RST overtakes what the other side has not read yet
        raise Reset

    return toxic


def tear() -> Toxic:
    """Send what is left of the answer, then end as a line that is cut: over TLS without close_notify."""

    def toxic(pieces: Iterator[bytes], _: Sleep) -> Iterator[bytes]:
        yield from pieces
        raise Torn

    return toxic
