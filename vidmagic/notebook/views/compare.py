"""Videos side by side, or in rows and columns, with their differences and one set of controls for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.escaping import plain
from vidmagic.media.video import Video
from vidmagic.notebook.card.comparison_html import comparison_html
from vidmagic.notebook.card.tile import Tile, take_name, tiles_of
from vidmagic.notebook.card.video_factors import video_factors
from vidmagic.session.sweep.layout import Layout, grid_layout
from vidmagic.session.sweep.sweep import Sweep


class Comparison:
    """Videos side by side as the value of a cell. `columns` is how many stand in a row, None for as many as fit.

    What it shows is plain HTML: each video plays by itself in the saved notebook. Where scripts run there are controls
    for all of them (see comparison.js). `takes` names the take that each video is, or ""; `layout` are rows and columns
    with headings; `lost` are sentences on what could not be shown.
    """

    def __init__(
        self,
        videos: Sequence[Video],
        *,
        columns: int | None = None,
        lost: Sequence[str] = (),
        takes: Sequence[str] = (),
        layout: Layout | None = None,
    ) -> None:
        if not videos and not lost:
            raise InvalidRequest("a comparison needs videos")
        if columns is not None and columns < 1:
            raise InvalidRequest(f"columns is {columns}, at least 1 is needed")
        self.videos = tuple(videos)
        self.columns = columns
        self.lost = tuple(lost)
        self.takes = tuple(takes)
        self.layout = layout

    def __repr__(self) -> str:
        _, tiles = self.tiles()
        return "\n".join([*(_line(number, tile) for number, tile in enumerate(tiles, 1)), *map(plain, self.lost)])

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        heading, tiles = self.tiles()
        html = comparison_html(tiles, heading=heading, columns=self.columns, layout=self.layout, notes=self.lost)
        return {"text/plain": repr(self), "text/html": html}

    def tiles(self) -> tuple[str, list[Tile]]:
        """Return what the videos have in common, and each with what sets it apart."""
        return tiles_of(self.videos, self.takes)


def compare(
    shown: Iterable[Video | Job], *, columns: int | None = None, grid: str = "", sweep: Sweep | None = None
) -> Comparison:
    """Lay videos side by side; jobs are waited for. A sentence below the others names each that has no video.

    *grid* names the factors that are rows and columns, as "model×seed"; of a *sweep* they are its own, and its layout
    is the default. Raises InvalidRequest.
    """
    videos, lost, takes = [], [], []
    factors: list[Mapping[str, str]] = []
    for at, item in enumerate(shown):
        try:
            videos.append(item if isinstance(item, Video) else item.result())
        except VidmagicError as error:
            lost.append(f"{getattr(item, 'short', '')} · job {error.job_id}: {error.message}")
            continue
        takes.append(item.take if isinstance(item, Job) else None)
        factors.append(sweep.factors[at] if sweep is not None else {})
    if sweep is None and grid:
        factors = [*video_factors(videos, ["" if take is None else take.shot for take in takes])]
    elif sweep is not None and sweep.layout is not None and columns is None:
        grid = grid or sweep.layout.written
    layout = grid_layout(factors, grid) if grid else None
    return Comparison(videos, columns=columns, lost=lost, takes=list(map(take_name, takes)), layout=layout)


def _line(number: int, tile: Tile) -> str:
    video = tile.video
    path = "" if video is None else video.display.shown_path(video.path)
    return " · ".join([str(number), *filter(None, [plain(tile.take), plain(tile.label)]), plain(path)])
