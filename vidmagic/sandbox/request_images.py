"""The images of a request: a data URI is decoded and stored, a URL is taken as it is.

The sandbox calls no other host, so an image given by URL does not appear in the video.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable

from .image_file import NotAnImage, decode
from .task_store import TaskStore

URL = re.compile(r"https://[^\s/]+/?\S*|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?/\S*")
_DATA = re.compile(r"data:image/(png|jpeg|jpg|webp);base64,(.*)", re.DOTALL)


class RequestImages:
    """Read the images of requests into the folder of the tasks."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store

    def read(self, value: str, name: str, invalid: Callable[[str], Exception], limit: int = 10_000_000) -> str | None:
        """Return the stored name of a data URI's image, or None for an acceptable URL.

        Raises what *invalid* makes of a message if *value* is neither, is not an image, has *limit* bytes or more, or
        is not between 1:4 and 4:1.
        """
        match = _DATA.fullmatch(value)
        if match is None:
            if URL.fullmatch(value) is None:
                raise invalid(f"{name} is neither an https URL nor a base64 data URI of an image")
            return None
        try:
            content = base64.b64decode(match[2], validate=True)
        except ValueError:
            raise invalid(f"{name} is not base64") from None
        if len(content) >= limit:
            raise invalid(f"{name} has {len(content)} bytes, {limit} or more")
        try:
            width, height = decode(content).size
        except NotAnImage as problem:
            raise invalid(f"{name} is not an image: {problem}") from None
        if not 1 / 4 <= width / height <= 4:
            raise invalid(f"{name} is not between 1:4 and 4:1")
        return self._store.store_image(content, hashlib.sha256(content).hexdigest())

    def ratio(self, first: str | None, last: str | None, invalid: Callable[[str], Exception]) -> float:
        """Return the first frame's width by its height; 16:9 where it is not known.

        Raises what *invalid* makes of a message if the two differ by more than 0.8 to 1.25.
        """
        shapes = [width / height for width, height in map(self.size, filter(None, (first, last)))]
        if not shapes:
            return 16 / 9
        if not 0.8 <= shapes[0] / shapes[-1] <= 1.25:
            raise invalid("the aspect ratios of the first and the last frame differ too much")
        return shapes[0]

    def size(self, name: str) -> tuple[int, int]:
        """Return width and height of a stored image."""
        return decode((self._store.folder / "images" / name).read_bytes()).size


def by_short_side(short: int, ratio: float) -> tuple[int, int]:
    """Return even width and height with that short side."""
    return (_even(short * ratio), short) if ratio >= 1 else (short, _even(short / ratio))


def by_area(area: int, ratio: float) -> tuple[int, int]:
    """Return even width and height that cover about that many pixels."""
    return _even(math.sqrt(area * ratio)), _even(math.sqrt(area / ratio))


def _even(length: float) -> int:
    return round(length / 2) * 2
