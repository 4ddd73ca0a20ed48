"""A small picture of a job's video as HTML."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE
from vidmagic.errors import VidmagicError
from vidmagic.media.thumbnail import video_thumbnail
from vidmagic.session.settings import home

AT_ONCE = 4  # threads that make stills; decoding leaves Python free


def stills(records: Sequence[Record], style: str) -> list[str]:
    """Return a still of each video, or a grey field in its place, in an element of this style."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(lambda record: _still(record, style), records))


def _still(record: Record, style: str) -> str:
    empty = f'<div style="{style};background:var(--jp-layout-color2,#8883)"></div>'
    if record.state != DONE:
        return empty
    try:
        data = video_thumbnail(Path(record.path), home() / "stills" / f"{record.id}.jpg")
    except (OSError, VidmagicError):
        return empty
    source = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return f'<img alt="" style="{style};margin:0;object-fit:cover;max-width:none" src="{source}">'
