"""Which videos the notebook carries, and which it links: each is carried once, by the cell that made it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from vidmagic.media.display import DisplayOptions
from vidmagic.media.video import Video
from vidmagic.notebook.surfaces.carried import Cell
from vidmagic.notebook.surfaces.live_display import live_display


def displays(videos: Sequence[Video], *, together: bool = False) -> list[DisplayOptions]:
    """Return how each of *videos* is shown side by side with the others.

    By the setting `auto` they are linked, each with a small picture: the cells that made them carry the videos already.
    *together*: this cell has made them, and the notebook carries them if all of them fit into the limit for one.
    """
    options = [dataclasses.replace(video.display, width="100%", autoplay=False) for video in videos]
    if together:
        limit = min((display.embed_limit for display in options), default=0)
        fits = sum(map(_size, videos)) <= limit
        auto = all(display.embed == "auto" for display in options)
        return options if fits or not auto else [dataclasses.replace(display, embed="never") for display in options]
    return [_linked(video, display) for video, display in zip(videos, options, strict=True)]


def display_in(video: Video, cell: Cell | None) -> DisplayOptions:
    """Return how *video* is shown in *cell*, None for none: linked where another cell carries it already."""
    display = video.display
    if cell is None or display.embed != "auto" or not display.embeds(_size(video)):
        return display
    return display if live_display().carried.may_carry(video.path, cell) else _linked(video, display)


def _linked(video: Video, display: DisplayOptions) -> DisplayOptions:
    """Return *display* with a link in place of the video, where the setting allows it and a page can follow the link.

    What lies outside the notebook's folder may be out of reach of the server that shows the notebook.
    """
    href = display.href(video.path)
    can_link = display.embed == "auto" and href and not href.startswith(("../", "/"))
    return dataclasses.replace(display, embed="never") if can_link else display


def _size(video: Video) -> int:
    return video.path.stat().st_size if video.path.is_file() else 0
