"""Check by its elements whether a WebM or Matroska file is whole (RFC 8794, RFC 9559)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from vidmagic.media.boxes import Damaged

_HEADER, _SEGMENT, _TRACKS, _CLUSTER, _DOCUMENT_TYPE = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0x1F43B675, 0x4282
_UNKNOWN = -1  # the size of an element that ends where the next one begins, as in a live recording


def document_type(head: bytes) -> str:
    """Return what an EBML file that begins with *head* says it is, as "webm"; "" for anything else."""
    try:
        kind, at = _number(head, 0, keep_marker=True)
        size, at = _number(head, at)
        if kind != _HEADER:
            return ""
        end = at + size
        while at < end:
            kind, at = _number(head, at, keep_marker=True)
            size, at = _number(head, at)
            if kind == _DOCUMENT_TYPE:
                return head[at : at + size].rstrip(b"\x00").decode("ascii", "replace")
            at += size
    except Damaged:
        pass
    return ""


def check_whole(file: BinaryIO) -> None:
    """Check that the elements of *file* reach its end exactly and hold tracks and pictures. Raises Damaged."""
    end = file.seek(0, os.SEEK_END)
    inside: set[int] = set()
    for kind, at, size in _elements(file, 0, end):
        if kind == _SEGMENT:
            inside.update(inner for inner, _, _ in _elements(file, at, end if size == _UNKNOWN else at + size))
    if not {_TRACKS, _CLUSTER} <= inside:
        raise Damaged("no tracks or no pictures")


def _elements(file: BinaryIO, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield the elements of *file* from *at* to *end* as (id, start of the content, its size).

    Raises Damaged at one that does not fit. What follows an element of unknown size is not known.
    """
    while at < end:
        file.seek(at)
        head = file.read(12)
        kind, used = _number(head, 0, keep_marker=True)
        size, used = _number(head, used)
        if size != _UNKNOWN and at + used + size > end:
            there = end - at - used
            raise Damaged(f"the element at byte {at:,} should have {size:,} bytes, {there:,} are there")
        yield kind, at + used, size
        if size == _UNKNOWN:
            return
        at += used + size


def _number(data: bytes, at: int, *, keep_marker: bool = False) -> tuple[int, int]:
    """Return a number of variable length and where it ends; an id keeps the bit that marks its length."""
    first = data[at] if at < len(data) else 0
    length = 9 - first.bit_length()
    if length > 8 or at + length > len(data):
        raise Damaged("an element whose size cannot be read")
    value = int.from_bytes(data[at : at + length], "big")
    bare = value & ((1 << 7 * length) - 1)
    if keep_marker:
        return value, at + length
    return (_UNKNOWN if bare == (1 << 7 * length) - 1 else bare), at + length
