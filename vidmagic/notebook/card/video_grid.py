"""Videos side by side as HTML that needs no kernel, no widget and no script."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from vidmagic.escaping import LITERAL, escape, isolate
from vidmagic.media.display import DisplayOptions
from vidmagic.media.player import html
from vidmagic.media.video import Video
from vidmagic.notebook.card.video_captions import captions
from vidmagic.notebook.style import FONT, QUIET

_NARROWEST = 240  # pixels


def grid(videos: Sequence[Video], *, columns: int | None = None, lost: Sequence[str] = ()) -> str:
    """Return *videos* side by side as HTML that needs no kernel, no widget and no script."""
    shared, differences = captions(videos) if videos else ("", [])
    width = f"minmax(min({_NARROWEST}px,100%),1fr)" if columns is None else "minmax(0,1fr)"
    repeat = "auto-fit" if columns is None else str(columns)
    tiles = [
        _tile(number, video, difference)
        for number, (video, difference) in enumerate(zip(videos, differences, strict=True), 1)
    ]
    return "".join([
        f'<div class="vidmagic-compare {LITERAL}" style="{FONT}">',
        f'<div style="{QUIET};overflow-wrap:anywhere">{isolate(shared)}</div>' if shared else "",
        '<div class="vidmagic-steering"></div>',
        f'<div style="display:grid;gap:12px;grid-template-columns:repeat({repeat},{width})">',
        *tiles,
        "</div>",
        *(f"<div>{isolate(sentence)}</div>" for sentence in lost),
        "</div>",
    ])  # fmt: skip


def _tile(number: int, video: Video, difference: str) -> str:
    words = f" {isolate(difference)}" if difference else ""
    title = f' title="job {escape(video.job_id)}"' if video.job_id else ""
    caption = f'<div style="margin-top:4px;overflow-wrap:anywhere"{title}><strong>{number}</strong>{words}</div>'
    return html(video, _narrow(video.display), caption)


def _narrow(display: DisplayOptions) -> DisplayOptions:
    return dataclasses.replace(display, width="100%", autoplay=False)
