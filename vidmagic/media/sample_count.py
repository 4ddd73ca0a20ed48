"""How much a reader of MP4 would have to build of what the file's tables state, before any reader sees it.

A few bytes can state billions of samples or repeat a track a thousand times, and FFmpeg builds a row for each.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from vidmagic.media.boxes import Damaged, boxes, inner_boxes

MOST_SAMPLES = 4_000_000  # PCM sound of a minute has 2.9 million
_MOST_BOXES = 50_000
_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf"}
_DEEPEST = len(_PARENTS)


def check_samples(file: BinaryIO) -> None:
    """Check that an MP4 states no more samples than a short video has. Raises Damaged."""
    counter = _Counter(file)
    for kind, at, size in boxes(file):
        counter.count(kind, at, size, depth=0)
    if counter.samples * max(1, counter.edits) > MOST_SAMPLES:
        raise Damaged(f"it states {counter.samples * max(1, counter.edits):,} pieces of picture and sound")


class _Counter:
    """Sums of what the boxes of *file* state: samples of tables and of fragments, edits of its timeline."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._boxes = 0
        self.samples = 0
        self.edits = 0

    def count(self, kind: bytes, at: int, size: int, *, depth: int) -> None:
        """Add what one box states, and the boxes in it."""
        self._boxes += 1
        if self._boxes > _MOST_BOXES or depth > _DEEPEST:
            raise Damaged("too many boxes")
        if kind in _PARENTS:
            for inner in inner_boxes(self._file, at + self._header(at), at + size):
                self.count(*inner, depth=depth + 1)
        elif kind == b"stsz":
            self.samples += self._number(at + self._header(at) + 8)
        elif kind == b"trun":
            self.samples += self._number(at + self._header(at) + 4)
        elif kind == b"elst":
            self.edits += self._number(at + self._header(at) + 4)

    def _header(self, at: int) -> int:
        """Return how many bytes the header of the box at *at* has: the size may be a long one."""
        return 16 if self._number(at) == 1 else 8

    def _number(self, at: int) -> int:
        self._file.seek(at)
        four = self._file.read(4)
        return int(struct.unpack(">I", four)[0]) if len(four) == 4 else 0
