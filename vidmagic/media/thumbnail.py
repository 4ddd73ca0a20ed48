"""A small picture of an image that the user has chosen."""

from __future__ import annotations

import io

from PIL import Image as Pillow
from PIL import ImageOps

SIDE = 160  # pixels: sharp at half that size on a dense screen


def thumbnail(data: bytes) -> bytes:
    """Return an image of at most SIDE pixels a side, upright, as a PNG. *data* are bytes that were checked."""
    with Pillow.open(io.BytesIO(data)) as image:
        image.draft("RGB", (SIDE, SIDE))  # a large JPEG is then decoded at an eighth
        small = ImageOps.exif_transpose(image).convert("RGBA")
    small.thumbnail((SIDE, SIDE))
    written = io.BytesIO()
    small.save(written, "PNG")
    return written.getvalue()
