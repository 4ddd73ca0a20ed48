"""Decode compressed answers: every call asks for none, but some proxies compress anyway, and a job's id may be inside.

What is decoded at once is bounded, so that no answer can fill the memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Protocol

PIECE = 2**16  # bytes that are decoded at once
MOST_LAYERS = 3

_PLAIN = (b'{"', b"{ ", b"{\n", b"{\r", b"[", b"<", b"da", b": ")  # how bodies begin that were never encoded
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class Undecodable(ValueError):
    """A body is not what its Content-Encoding says, or ends in the middle."""


class _Decoder(Protocol):
    def pieces(self, data: bytes) -> Iterator[bytes]: ...

    def finish(self) -> None: ...


def decoded(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    """Yield *chunks* without the layers that *encoding*, a Content-Encoding, names; unknown layers stay.

    Raises Undecodable after everything that could be decoded.
    """
    layers = [name.strip().lower() for name in encoding.split(",")]
    for layer in reversed(layers[-MOST_LAYERS:]):
        if layer in _DECODERS:
            chunks = _without_layer(chunks, _DECODERS[layer])
    return chunks


def _without_layer(chunks: Iterator[bytes], make: Callable[[bytes], _Decoder | None]) -> Iterator[bytes]:
    """Decode one layer; a body that does not begin like that layer was never encoded."""
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= 2:
            break
    decoder = make(head)
    if decoder is None:
        yield head
        yield from chunks
        return
    yield from decoder.pieces(head)
    for chunk in chunks:
        yield from decoder.pieces(chunk)
    decoder.finish()


class _Deflated:
    """A gzip, zlib or raw deflate stream; gzip may hold several members."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream = zlib.decompressobj(wbits)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what *data* decodes to, a piece at a time."""
        while data:
            if self._stream.eof:
                if self._wbits != _GZIP or not data.startswith(b"\x1f\x8b"):
                    return  # padding after the end
                self._stream = zlib.decompressobj(self._wbits)
            try:
                piece = self._stream.decompress(data, PIECE)
            except zlib.error as damaged:
                raise Undecodable(str(damaged)) from damaged
            data = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail
            if piece:
                yield piece

    def finish(self) -> None:
        """Raise Undecodable where the stream has no end."""
        if not self._stream.eof:
            raise Undecodable("the compressed body has no end")


class _Brotli:
    """A Brotli stream, where a package that bounds what it decodes at once is installed."""

    def __init__(self) -> None:
        import brotli

        self._stream = brotli.Decompressor()
        self._damaged: type[Exception] = brotli.error
        self._stream.process(b"", output_buffer_limit=PIECE)  # TypeError before version 1.2

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """Yield what *data* decodes to, a piece at a time."""
        while True:
            try:
                piece: bytes = self._stream.process(data, output_buffer_limit=PIECE)
            except self._damaged as damaged:
                raise Undecodable(str(damaged)) from damaged
            if piece:
                yield piece
            if self._stream.can_accept_more_data():
                return
            data = b""

    def finish(self) -> None:
        """Raise Undecodable where the stream has no end."""
        if not self._stream.is_finished():
            raise Undecodable("the compressed body has no end")


def _gzip(head: bytes) -> _Decoder | None:
    return _Deflated(_GZIP) if head.startswith(b"\x1f\x8b") else None


def _deflate(head: bytes) -> _Decoder | None:
    """Return a decoder of what servers send as "deflate": zlib as the standard says, or raw; text is neither."""
    if len(head) >= 2 and head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0:
        return _Deflated(_ZLIB)
    return None if head.startswith(_PLAIN) else _Deflated(_RAW)


def _brotli(head: bytes) -> _Decoder | None:
    try:
        return None if head.startswith(_PLAIN) else _Brotli()
    except (ImportError, TypeError):
        return None


_DECODERS: dict[str, Callable[[bytes], _Decoder | None]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
}
