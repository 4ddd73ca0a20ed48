"""The videos to measure with: a real one, and the same padded to any size."""

from __future__ import annotations

import struct
from pathlib import Path

from tests.bench.peers import FOLDER
from vidmagic.sandbox.render import render

_PIECE = bytes(range(256)) * 4096


def sample_video() -> Path:
    """Return a video of the sandbox, six seconds long, rendered once."""
    path = FOLDER / "sample.mp4"
    if not path.exists():
        FOLDER.mkdir(exist_ok=True)
        fresh = path.with_suffix(".part")
        render(fresh, "A red kite over the sea", seconds=6, width=1366, height=768)
        fresh.replace(path)
    return path


def padded_video(path: Path, size: int) -> Path:
    """Write to *path* the sample video and a free box after it (ISO/IEC 14496-12, 8.1.2), *size* bytes in all."""
    video = sample_video().read_bytes()
    missing = size - len(video)
    with path.open("wb") as file:
        file.write(video + struct.pack(">I4s", missing, b"free"))
        left = missing - 8
        while left > 0:
            left -= file.write(_PIECE[: min(left, len(_PIECE))])
    return path
