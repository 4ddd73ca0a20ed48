"""A thumbnail of a job's video as HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE
from vidmagic.errors import VidmagicError
from vidmagic.media.thumbnail import video_thumbnail
from vidmagic.notebook.style import EMPTY_PICTURE, THUMBNAIL
from vidmagic.session.settings import home

SIDE, SMALL_SIDE = 144, 80  # pixels of the longer side
AT_ONCE = 4  # threads that make thumbnails; decoding leaves Python free


def thumbnails(
    records: Sequence[Record], width: int, height: int, *, upright: bool = False, small: bool = False
) -> list[str]:
    """Return an element of this size, in pixels, for each record: the whole picture of its video, or a grey field.

    *upright* turns the field of a portrait video. *small* pictures take a third of the room in the notebook.
    """
    fields = [_field(record, width, height, upright=upright) for record in records]
    side = SMALL_SIDE if small else SIDE
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda record, field: _thumbnail(record, field, side), records, fields))


def _field(record: Record, width: int, height: int, *, upright: bool) -> str:
    if upright and record.height > record.width:
        width, height = height, width
    return f"{THUMBNAIL};flex:0 0 auto;width:{width}px;height:{height}px;{EMPTY_PICTURE}"


def _thumbnail(record: Record, style: str, side: int) -> str:
    empty = f'<div style="{style}"></div>'
    if record.state != DONE:
        return empty
    try:
        size = "" if side == SIDE else f"-{side}"
        data = video_thumbnail(Path(record.path), home() / "thumbnails" / f"{record.id}{size}.jpg", side)
    except (OSError, VidmagicError):
        return empty
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return f'<img alt="" style="{style};margin:0;object-fit:contain;max-width:none" src="{source}">'
