"""Decode image files that anybody may have made: anything but a picture of a sensible size is refused."""

from __future__ import annotations

import contextlib
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image

MOST_PIXELS = 50_000_000
_DAMAGE = (
    OSError, SyntaxError, ValueError, IndexError, KeyError, TypeError, EOFError, OverflowError, MemoryError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
_QUIET = threading.Lock()  # the filters of warnings belong to the whole process


class NotAnImage(ValueError):
    """The bytes are not a whole picture, or the picture has too many pixels."""


def decode(content: bytes) -> Image.Image:
    """Return the picture in an image file; its `format` is PIL's name. Raises NotAnImage."""
    try:
        with _without_warnings(), Image.open(io.BytesIO(content)) as image:
            if image.width * image.height > MOST_PIXELS:
                raise NotAnImage(f"the image has {image.width}x{image.height} pixels")
            image.load()
            return image
    except _DAMAGE as damage:
        raise NotAnImage(str(damage)) from damage


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep Pillow from warning about large and damaged files: here they are refused or taken, not discussed."""
    with _QUIET, warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="PIL")
        yield
