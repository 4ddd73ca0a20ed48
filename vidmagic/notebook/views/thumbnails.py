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

AT_ONCE = 4  # threads that make thumbnails; decoding leaves Python free


def thumbnails(records: Sequence[Record], width: int, height: int) -> list[str]:
    """Return an element of this size, in pixels, for each record: a picture of its video, or a grey field."""
    style = f"{THUMBNAIL};flex:0 0 auto;width:{width}px;height:{height}px"
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda record: _thumbnail(record, style), records))


def _thumbnail(record: Record, style: str) -> str:
    empty = f'<div style="{style};{EMPTY_PICTURE}"></div>'
    if record.state != DONE:
        return empty
    try:
        data = video_thumbnail(Path(record.path), home() / "thumbnails" / f"{record.id}.jpg")
    except (OSError, VidmagicError):
        return empty
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return f'<img alt="" style="{style};margin:0;object-fit:cover;max-width:none" src="{source}">'
