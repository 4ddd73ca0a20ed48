"""Check by its boxes whether an MP4 is whole (ISO/IEC 14496-12, section 4.2)."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

_TO_THE_END, _LONG = 0, 1  # values of the size field that are not a size


class Damaged(ValueError):
    """The file begins as an MP4 and is not a complete one."""


def boxes(file: BinaryIO) -> Iterator[tuple[bytes, int, int]]:
    """Yield each top-level box of *file* as (type, start, size in bytes). Raises Damaged at a box that does not fit."""
    return inner_boxes(file, 0, file.seek(0, os.SEEK_END))


def inner_boxes(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the same of the boxes between two bytes of *file*."""
    while at < end:
        file.seek(at)
        header = file.read(16)
        if len(header) < 8:
            raise Damaged(f"{len(header)} bytes after the last box")
        size, kind = struct.unpack_from(">I4s", header)
        smallest = 8
        if size == _TO_THE_END:
            size = end - at
        elif size == _LONG and len(header) == 16:
            size, smallest = struct.unpack_from(">Q", header, 8)[0], 16
        if size < smallest or at + size > end:
            raise Damaged(f"the box at byte {at:,} should have {size:,} bytes, {end - at:,} are there")
        yield kind, at, size
        at += size


def check_whole(file: BinaryIO) -> None:
    """Check that the boxes of *file* reach its end exactly and hold an index. Raises Damaged."""
    if b"moov" not in {kind for kind, _, _ in boxes(file)}:
        raise Damaged("no moov box")
