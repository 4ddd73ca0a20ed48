"""The recipe as the last box of an MP4: a `uuid` box behind the media, so that the service's bytes stay as they are.

Players skip a box that they do not know (ISO/IEC 14496-12, section 4.2), and one behind all others moves nothing.
"""

from __future__ import annotations

import io
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from vidmagic.media.boxes import Damaged, boxes
from vidmagic.media.container import MOV, MP4, container_of
from vidmagic.media.recipe import LONGEST, Recipe, Unreadable, from_json, to_json

OURS = bytes.fromhex("7f3ac1d05b1e4e0f9c64e2a8716b9d35")  # the type of our box; made at random, never changed
CONTENT_CREDENTIALS = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")  # C2PA: a signature over all other boxes

_HEAD = 24  # bytes: size, "uuid", type
_MOST_BOXES = 200_000  # fragments of a day; more would only take time
_TO_THE_END, _LONG = b"\0\0\0\0", b"\0\0\0\1"  # a size that is none


@dataclass(frozen=True, slots=True)
class _Ending:
    """What the last box of a file means for a recipe: where ours begins (None: there is none), and what forbids one."""

    begin: int | None
    refusal: str
    signed: bool = False


def box_of(recipe: Recipe, redact: Callable[[str], str] = str) -> bytes:
    """Return the box of *recipe*; empty for one that is too large or cannot be written."""
    try:
        data = to_json(recipe, redact)
    except (Unreadable, ValueError, RecursionError):
        return b""
    return struct.pack(">I4s16s", _HEAD + len(data), b"uuid", OURS) + data


def refusal(file: BinaryIO) -> str:
    """Return why *file*, a complete video, must get no recipe, as an end of a sentence; "" if it may get one."""
    if container_of(file) is not MP4:
        return "only an MP4 can carry one"
    try:
        return _ending(file).refusal
    except Damaged as damage:
        return f"it has {damage}"


def read_recipe(path: str | PathLike[str]) -> Recipe | None:
    """Return the recipe in the file at *path*, None where it has none.

    Raises Unreadable for a recipe, or a file, that is damaged, and OSError.
    """
    with Path(path).open("rb") as file:
        return recipe_in(file)


def recipe_in(file: BinaryIO) -> Recipe | None:
    """Return the recipe in an open *file*, as `read_recipe` does."""
    begin = media_size(file)
    end = file.seek(0, os.SEEK_END)
    if begin == end:
        return None
    if end - begin - _HEAD > LONGEST:
        raise Unreadable(f"the recipe has {end - begin - _HEAD:,} bytes; at most {LONGEST:,} are read")
    file.seek(begin + _HEAD)
    return from_json(file.read(end - begin - _HEAD))


def media_size(file: BinaryIO) -> int:
    """Return how many bytes of *file* are not our recipe at its end: all of them for any other file."""
    size = file.seek(0, os.SEEK_END)
    if container_of(file) is not MP4:
        return size
    try:
        begin = _ending(file).begin
    except Damaged:
        return size
    return size if begin is None else begin


def is_signed(file: BinaryIO) -> bool:
    """Return whether *file* carries Content Credentials: a signature that any change of the file makes invalid."""
    try:
        return container_of(file) in {MP4, MOV} and _ending(file).signed
    except Damaged:
        return False


def without_recipe(data: bytes) -> bytes:
    """Return the bytes of a video without the recipe at its end: what its service sent."""
    if data.rfind(OURS, max(0, len(data) - LONGEST - _HEAD)) < 0:
        return data
    return data[: media_size(io.BytesIO(data))]


def _ending(file: BinaryIO) -> _Ending:
    """Read the boxes of *file*, only their heads. Raises Damaged."""
    signed, last = False, (b"", 0, 0)
    for number, last in enumerate(boxes(file)):
        if number >= _MOST_BOXES:
            raise Damaged(f"more than {_MOST_BOXES:,} boxes")
        signed = signed or (last[0] == b"uuid" and _type_at(file, last[1]) == CONTENT_CREDENTIALS)
    kind, at, size = last
    file.seek(at)
    stated = file.read(4)
    is_ours = kind == b"uuid" and stated not in {_TO_THE_END, _LONG} and size >= _HEAD and _type_at(file, at) == OURS
    if stated == _TO_THE_END:
        why = "its last box reaches to the end of the file, whatever follows"
    elif signed:
        why = "its signature (Content Credentials) would no longer be valid"
    else:
        why = "a player looks for its index (mfra) at the very end" if kind == b"mfra" else ""
    return _Ending(at if is_ours else None, why, signed)


def _type_at(file: BinaryIO, at: int) -> bytes:
    """Return the type of the `uuid` box at byte *at*, which stands behind its size, be that short or long."""
    file.seek(at)
    head = file.read(32)
    return head[16:32] if head[:4] == _LONG else head[8:24]
