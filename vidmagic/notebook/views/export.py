"""Write a comparison to one file: a video with its labels burnt in, an animated picture, or a page."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, link, plain
from vidmagic.media.display import DisplayOptions, size_text
from vidmagic.media.new_file import new_file
from vidmagic.media.sheet import Sheet, SheetVideo
from vidmagic.media.video import Video
from vidmagic.notebook.card.tile import Tile
from vidmagic.notebook.style import FONT
from vidmagic.notebook.surfaces.frontend import FrontEnd
from vidmagic.notebook.surfaces.surface import choose_surface
from vidmagic.notebook.views.compare import Comparison
from vidmagic.notebook.views.export_page import write_page
from vidmagic.notebook.views.progress import show_progress
from vidmagic.session.sweep.layout import Layout
from vidmagic.spec.params import listing

_IN_A_ROW = 3  # videos that stand in one row without a grid; more of them are about as many rows as columns


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """A file that was written, as the value of a cell: where it is and how large."""

    path: Path
    display: DisplayOptions

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        return f"{plain(self.display.shown_path(self.path))} · {size_text(self.path.stat().st_size)}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        where = link(self.display.href(self.path), self.display.shown_path(self.path))
        html = f"{where} · {size_text(self.path.stat().st_size)}"
        return {"text/plain": repr(self), "text/html": f'<div class="{LITERAL}" style="{FONT}">{html}</div>'}


def export(
    comparison: Comparison,
    out: str | os.PathLike[str],
    front: FrontEnd,
    display: DisplayOptions,
    *,
    overwrite: bool = False,
) -> Video | ExportedFile:
    """Write *comparison* to *out*, an .mp4, .gif or .html; its videos stay as they are.

    Raises InvalidRequest for another suffix, a missing folder, a file that exists (unless *overwrite*), one of the
    videos themselves and too many of them, and UnreadableVideo.
    """
    target = Path(out)
    check_target(target, overwrite=overwrite)
    if not comparison.videos:
        raise InvalidRequest(f"none of these has a video: {'; '.join(map(plain, comparison.lost))}")
    if target.exists() and any(video.path.exists() and video.path.samefile(target) for video in comparison.videos):
        raise InvalidRequest(f"{plain(target)} is one of the videos; choose another name")
    steps = _steps(comparison, target, overwrite=overwrite)
    show_progress(steps, choose_surface(front), f"writing {plain(target.name)}")
    return Video(target, short="grid", display=display) if _suffix(target) == ".mp4" else ExportedFile(target, display)


def check_target(target: Path, *, overwrite: bool) -> None:
    """Refuse what cannot be written to. Raises InvalidRequest."""
    if _suffix(target) not in _KINDS:
        raise InvalidRequest(f"the name must end in {listing(_KINDS)}, as grid.mp4 does; {plain(target)} does not")
    if not target.parent.is_dir():
        raise InvalidRequest(f"the folder {plain(target.parent)} does not exist; create it first")
    if target.exists() and not overwrite:
        raise _exists(target)


def sheet_of(tiles: Sequence[Tile], layout: Layout | None, columns: int | None) -> Sheet:
    """Return the sheet of videos that *tiles* make: in the grid of *layout*, else in *columns*."""
    if layout is not None:
        return _grid_sheet(tiles, layout)
    count = len(tiles)
    wide = columns or (count if count <= _IN_A_ROW else math.ceil(math.sqrt(count)))
    wide = min(wide, count)
    videos = tuple(
        SheetVideo(tile.video.path, at // wide, at % wide, _joined(tile.take, tile.label))
        for at, tile in enumerate(tiles)
        if tile.video is not None
    )
    return Sheet(videos, ("",) * math.ceil(count / wide), ("",) * wide)


def _grid_sheet(tiles: Sequence[Tile], layout: Layout) -> Sheet:
    """Return the sheet of a layout; a row whose cells hold several videos is several rows."""
    videos: list[SheetVideo] = []
    rows: list[str] = []
    for row, heading in enumerate(layout.rows):
        cells = [layout.at(row, column) for column in range(len(layout.columns))]
        for depth in range(max(map(len, cells))):
            for column, items in enumerate(cells):
                if depth < len(items) and (video := tiles[items[depth]].video) is not None:
                    videos.append(SheetVideo(video.path, len(rows), column, tiles[items[depth]].take))
            rows.append("" if depth else heading)
    return Sheet(tuple(videos), tuple(rows), layout.columns)


def _exists(target: Path) -> InvalidRequest:
    hint = "Choose another name, or `--force` (force=True) writes over it."
    return InvalidRequest(f"{plain(target)} exists", hint=hint)


def _steps(comparison: Comparison, target: Path, *, overwrite: bool) -> Generator[float, None, None]:
    with new_file(target, exists=_exists(target), overwrite=overwrite) as part:
        yield from _KINDS[_suffix(target)](comparison, part)
    yield 1.0


def _video(comparison: Comparison, part: Path) -> Iterator[float]:
    from vidmagic.media.sheet_video import write_video

    if comparison.layout is None and len(comparison.videos) == 1 and _suffix(comparison.videos[0].path) == ".mp4":
        comparison.videos[0].save(part.with_suffix(".mp4")).replace(part)  # one video is copied, not encoded anew
        yield 0.99
        return
    heading, tiles = comparison.tiles()
    title = f"{len(tiles)} videos side by side" if comparison.layout is None else str(comparison.layout)
    tags = {"title": title, "comment": plain(heading)}
    yield from write_video(sheet_of(tiles, comparison.layout, comparison.columns), part, tags)


def _picture(comparison: Comparison, part: Path) -> Iterator[float]:
    from vidmagic.media.sheet_video import write_gif

    _, tiles = comparison.tiles()
    yield from write_gif(sheet_of(tiles, comparison.layout, comparison.columns), part)


def _page(comparison: Comparison, part: Path) -> Iterator[float]:
    heading, tiles = comparison.tiles()
    yield from write_page(tiles, part, heading=heading, layout=comparison.layout, columns=comparison.columns)


def _suffix(target: Path) -> str:
    return target.suffix.lower()


def _joined(*parts: str) -> str:
    return " · ".join(filter(None, parts))


_KINDS: dict[str, Callable[[Comparison, Path], Iterator[float]]] = {".mp4": _video, ".gif": _picture, ".html": _page}
