"""Small pictures to recognise an image or a video by."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

from PIL import Image as Pillow
from PIL import ImageOps

from vidmagic.media.quiet import without_pillow_warnings

SIDE = 160  # pixels: sharp at half that size on a dense screen


def image_thumbnail(data: bytes) -> bytes:
    """Return an image of at most SIDE pixels a side, upright, as a PNG. *data* is an image file that was checked."""
    with without_pillow_warnings(), Pillow.open(io.BytesIO(data)) as image:
        image.draft("RGB", (SIDE, SIDE))  # a large JPEG is then decoded at an eighth
        small = ImageOps.exif_transpose(image).convert("RGBA")
    small.thumbnail((SIDE, SIDE))
    written = io.BytesIO()
    small.save(written, "PNG")
    return written.getvalue()


def video_thumbnail(video: Path, cache: Path, side: int = 144) -> bytes:
    """Return a JPEG of the file *video*, at most *side* pixels a side; it is made once and stored as the file *cache*.

    The stored one counts while it bears the time of *video*. Raises UnreadableVideo, and OSError for a missing video.
    """
    time = video.stat().st_mtime_ns
    with contextlib.suppress(OSError):
        if cache.stat().st_mtime_ns == time:
            return cache.read_bytes()
    from vidmagic.media.frames import thumbnail

    made = thumbnail(video, side)
    with contextlib.suppress(OSError):  # a folder that cannot be written costs time, not the picture
        _store(made, cache, time)
    return made


def _store(data: bytes, path: Path, time: int) -> None:
    """Write *data* in one step, so that two kernels never read half a picture."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, part = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    os.utime(part, ns=(time, time))
    Path(part).replace(path)
