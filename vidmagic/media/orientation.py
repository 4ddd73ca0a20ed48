"""How the pictures of a video are to be turned or mirrored before they are shown, as telephones write it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, cast

from PIL import Image

if TYPE_CHECKING:
    from av import VideoFrame

Turn = Image.Transpose
_QUARTER = {Turn.ROTATE_90, Turn.ROTATE_270, Turn.TRANSPOSE, Turn.TRANSVERSE}

# By the signs of the matrix (a b / c d) that a file states: x' = ax + cy, y' = bx + dy, with y downwards.
_TURNS = {
    (-1, 0, 0, 1): Turn.FLIP_LEFT_RIGHT,
    (1, 0, 0, -1): Turn.FLIP_TOP_BOTTOM,
    (-1, 0, 0, -1): Turn.ROTATE_180,
    (0, 1, -1, 0): Turn.ROTATE_270,  # Pillow counts against the clock
    (0, -1, 1, 0): Turn.ROTATE_90,
    (0, 1, 1, 0): Turn.TRANSPOSE,
    (0, -1, -1, 0): Turn.TRANSVERSE,
}


def turn_of(frame: VideoFrame) -> Turn | None:
    """Return what sets a decoded picture upright, None if nothing has to be done."""
    stated = frame.side_data.get("DISPLAYMATRIX")
    if stated is None:
        return None
    a, b, _, c, d = struct.unpack_from("=5i", bytes(cast("memoryview", stated)))
    lying = abs(b) > abs(a)
    return _TURNS.get((0, _sign(b), _sign(c), 0) if lying else (_sign(a), 0, 0, _sign(d)))


def upright(image: Image.Image, turn: Turn | None) -> Image.Image:
    """Return the image as it is shown."""
    return image if turn is None else image.transpose(turn)


def shown_size(width: int, height: int, turn: Turn | None) -> tuple[int, int]:
    """Return width and height as a picture is shown."""
    return (height, width) if turn in _QUARTER else (width, height)


def _sign(number: int) -> int:
    return (number > 0) - (number < 0)
