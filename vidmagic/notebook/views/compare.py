"""Videos side by side with their differences; a running kernel adds one set of controls for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.escaping import plain
from vidmagic.media.video import Video
from vidmagic.notebook.card.video_captions import captions
from vidmagic.notebook.card.video_grid import grid
from vidmagic.notebook.surfaces.frontend import front_end
from vidmagic.notebook.surfaces.surface import load_script


class Comparison:
    """A grid of videos as the value of a cell. `columns` is how many stand side by side, None for as many as fit.

    What it shows is plain HTML: each video plays by itself in the saved notebook. In a live notebook the controls above
    the grid come from the page (see sync_playback.js) and are never saved. `lost` are sentences on what could not be
    shown.
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
        _, differences = captions(self.videos) if self.videos else ("", [])
        paths = [plain(video.display.shown_path(video.path)) for video in self.videos]
        lines = [
            " · ".join([str(number), *filter(None, [plain(difference)]), path])
            for number, (difference, path) in enumerate(zip(differences, paths, strict=True), 1)
        ]
        return "\n".join([*lines, *map(plain, self.lost)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        if self.videos:
            load_script(front_end(), "sync_playback.js")
        return {"text/plain": repr(self), "text/html": grid(self.videos, columns=self.columns, lost=self.lost)}


def compare(shown: Iterable[Video | Job], *, columns: int | None = None) -> Comparison:
    """Lay videos side by side; jobs are waited for. A sentence below the others names each that has no video."""
    videos, lost = [], []
    for item in shown:
        try:
            videos.append(item if isinstance(item, Video) else item.result())
        except VidmagicError as error:
            lost.append(f"{getattr(item, 'short', '')} · job {error.job_id}: {error.message}")
    return Comparison(videos, columns=columns, lost=lost)
