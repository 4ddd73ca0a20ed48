"""Join videos into one, and show the progress."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator

from vidmagic.engine.job import Job
from vidmagic.media.display import DisplayOptions
from vidmagic.media.reel import join
from vidmagic.media.video import Video
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState
from vidmagic.notebook.surfaces.frontend import FrontEnd
from vidmagic.notebook.surfaces.surface import Surface, choose_surface

_PATIENCE = 0.5  # seconds: work that is done by then needs no bar; joining videos that are coded alike takes less
_INTERVAL = 0.25  # seconds between two drawings


def make_reel(
    videos: Iterable[Video | Job], out: str | os.PathLike[str], front: FrontEnd, display: DisplayOptions
) -> Video:
    """Join videos, and jobs once they have ended, into the MP4 *out*. Raises what they and media.reel.join raise."""
    parts = [video if isinstance(video, Video) else video.video for video in videos]
    _show_progress(join(parts, out), choose_surface(front))
    return Video(out, short="reel", display=display)


def _show_progress(fractions: Iterator[float], surface: Surface) -> None:
    """Pull *fractions* to their end; a bar appears if that takes a while, and goes when it is done."""
    due, is_open = time.monotonic() + _PATIENCE, False
    try:
        for fraction in fractions:
            if time.monotonic() < due:
                continue
            due = time.monotonic() + _INTERVAL
            state = CardState(fraction, (text := f"joining · {fraction:.0%}"), text, text)
            if not is_open:
                surface.open(state)
                is_open = True
            surface.update(state)
    finally:
        if is_open:
            surface.close(CardEnd("", "", "", written=()))
