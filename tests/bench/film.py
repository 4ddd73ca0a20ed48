"""The films that are measured with: one real clip, and the same made as large as is wanted."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.bench.peers import FOLDER
from vidmagic.sandbox import footage

_PIECE = bytes(range(256)) * 4096


def clip() -> Path:
    """Return a rehearsal film of six seconds, rendered once."""
    path = FOLDER / "clip.mp4"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        fresh = path.with_suffix(".part")
        footage.render(fresh, "A red kite over the sea", seconds=6, width=1366, height=768)
        fresh.replace(path)
    return path


def large(path: Path, size: int) -> Path:
    """Write to *path* the clip with a free box behind it (ISO/IEC 14496-12, 8.1.2), *size* bytes in all."""
    film = clip().read_bytes()
    rest = size - len(film)
    with path.open("wb") as file:
        file.write(film + struct.pack(">I4s", rest, b"free"))
        left = rest - 8
        while left > 0:
            left -= file.write(_PIECE[: min(left, len(_PIECE))])
    return path
