"""Which videos the notebook carries where several stand side by side, and which it links."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from vidmagic.media.display import DisplayOptions
from vidmagic.media.video import Video


def displays(videos: Sequence[Video], *, together: bool = False) -> list[DisplayOptions]:
    """Return how each of *videos* is shown side by side with the others.

    *together*: the notebook carries them only if all of them fit into the limit for one.
    """
    options = [dataclasses.replace(video.display, width="100%", autoplay=False) for video in videos]
    if together and all(display.embed == "auto" for display in options):
        limit = min((display.embed_limit for display in options), default=0)
        if sum(map(_size, videos)) > limit:
            return [dataclasses.replace(display, embed="never") for display in options]
    return options


def _size(video: Video) -> int:
    return video.path.stat().st_size if video.path.is_file() else 0
