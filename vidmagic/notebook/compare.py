"""Videos side by side, with what sets them apart, and one set of controls for all while a kernel is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.jobs.job import Job
from vidmagic.markup import LITERAL, escape, isolate, plain
from vidmagic.media.player import Look, html
from vidmagic.media.video import Video
from vidmagic.notebook.captions import captions
from vidmagic.notebook.frontend import front_end
from vidmagic.notebook.script import bring
from vidmagic.notebook.style import FONT, QUIET

_NARROWEST = 240  # pixels


class Comparison:
    """A grid of videos as the value of a cell. `columns` is how many stand side by side, None for as many as fit.

    What it shows is plain HTML: each video plays by itself in the saved notebook. In a live notebook the controls above
    the grid come from the page (see steering.js) and are never saved. `lost` are sentences on what could not be shown.
    """

    def __init__(self, videos: Sequence[Video], *, columns: int | None = None, lost: Sequence[str] = ()) -> None:
        if not videos and not lost:
            raise InvalidRequest("a comparison needs videos")
        if columns is not None and columns < 1:
            raise InvalidRequest(f"columns is {columns}, at least 1 is needed")
        self.videos = tuple(videos)
        self.columns = columns
        self.lost = tuple(lost)

    def __repr__(self) -> str:
        _, said = captions(self.videos) if self.videos else ("", [])
        places = [plain(video.look.place(video.path)) for video in self.videos]
        lines = [" · ".join([str(i), *filter(None, [plain(words)]), place])
                 for i, (words, place) in enumerate(zip(said, places, strict=True), 1)]  # fmt: skip
        return "\n".join([*lines, *map(plain, self.lost)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        if front_end().kind == "live" and self.videos:
            bring("steering.js")
        return {"text/plain": repr(self), "text/html": grid(self.videos, columns=self.columns, lost=self.lost)}


def compare(found: Iterable[Video | Job], *, columns: int | None = None) -> Comparison:
    """Lay videos side by side; jobs are waited for. One that has no video is said in a sentence below the others."""
    videos, lost = [], []
    for each in found:
        try:
            videos.append(each if isinstance(each, Video) else each.result())
        except VidmagicError as error:
            lost.append(f"{getattr(each, 'short', '')} · job {error.job_id}: {error.message}")
    return Comparison(videos, columns=columns, lost=lost)


def grid(videos: Sequence[Video], *, columns: int | None = None, lost: Sequence[str] = ()) -> str:
    """Return *videos* side by side as HTML that needs no kernel, no widget and no script."""
    shared, said = captions(videos) if videos else ("", [])
    width = f"minmax(min({_NARROWEST}px,100%),1fr)" if columns is None else "minmax(0,1fr)"
    repeat = "auto-fit" if columns is None else str(columns)
    tiles = [_tile(i, *each) for i, each in enumerate(zip(videos, said, strict=True), 1)]
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


def _tile(number: int, video: Video, said: str) -> str:
    words = f" {isolate(said)}" if said else ""
    title = f' title="job {escape(video.job_id)}"' if video.job_id else ""
    caption = f'<div style="margin-top:4px;overflow-wrap:anywhere"{title}><strong>{number}</strong>{words}</div>'
    return html(video, _narrow(video.look), caption)


def _narrow(look: Look) -> Look:
    return dataclasses.replace(look, width="100%", autoplay=False)
