"""MP4 files of a few bytes whose tables state what they like."""

from __future__ import annotations

import struct
from collections.abc import Sequence


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box (ISO/IEC 14496-12, section 4.2)."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def full(kind: bytes, content: bytes) -> bytes:
    """Return a box with version and flags, which are 0."""
    return box(kind, bytes(4) + content)


def mp4(samples: int = 10, *, edits: Sequence[tuple[int, int]] = (), fragment: int = 0) -> bytes:
    """Return an MP4 that states so many *samples*, *edits* (length, start) and samples of a *fragment*."""
    entry = bytes(6) + b"\0\1" + bytes(16) + struct.pack(">HH", 64, 64) + bytes(50)
    tables = [
        full(b"stsd", struct.pack(">I", 1) + box(b"mp4v", entry)),
        full(b"stts", struct.pack(">III", 1, samples, 1)),
        full(b"stsc", struct.pack(">IIII", 1, 1, samples, 1)),
        full(b"stsz", struct.pack(">II", 1, samples)),
        full(b"stco", struct.pack(">II", 1, 40)),
    ]
    header = full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 24, 240, 0, 0))
    handler = full(b"hdlr", bytes(4) + b"vide" + bytes(13))
    media = box(b"mdia", header + handler + box(b"minf", full(b"vmhd", bytes(8)) + box(b"stbl", b"".join(tables))))
    listed = b"".join(struct.pack(">IiI", length, start, 0x10000) for length, start in edits)
    timeline = box(b"edts", full(b"elst", struct.pack(">I", len(edits)) + listed))
    track = full(b"tkhd", struct.pack(">IIIII", 0, 0, 1, 0, 240) + bytes(60))
    defaults = box(b"mvex", full(b"trex", struct.pack(">5I", 1, 1, 1, 1, 0)))
    movie = full(b"mvhd", struct.pack(">IIII", 0, 0, 24, 240) + bytes(80)) + box(b"trak", track + timeline + media)
    run = full(b"tfhd", struct.pack(">I", 1)) + full(b"trun", struct.pack(">I", fragment))
    moof = box(b"moof", full(b"mfhd", struct.pack(">I", 1)) + box(b"traf", run))
    return box(b"ftyp", b"isom" + bytes(4) + b"isom") + box(b"moov", movie + defaults) + moof + box(b"mdat", bytes(99))
