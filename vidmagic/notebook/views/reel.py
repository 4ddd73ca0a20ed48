"""Join videos into one and show meanwhile how far it is."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.media.display import DisplayOptions
from vidmagic.media.reel import join
from vidmagic.media.video import Video
from vidmagic.notebook.card.frontend import FrontEnd

_PATIENCE = 0.5  # seconds: what is over by then needs no bar; films that are coded alike take less
_REST = 0.25  # seconds between two drawings


def make_reel(
    found: Iterable[Video | Job], out: str | os.PathLike[str], front: FrontEnd, display: DisplayOptions
) -> Video:
    """Join videos, and jobs once they have ended, into the MP4 *out*. Raises what they and media.reel.join raise."""
    films = [each if isinstance(each, Video) else each.video for each in found]
    bar = _Bar(front)
    try:
        for fraction in join(films, out):
            bar.draw(fraction)
    finally:
        bar.clear()
    return Video(out, short="reel", display=display)


class _Bar:
    """A bar that appears when the work takes a while, and goes when it is done."""

    def __init__(self, front: FrontEnd) -> None:
        self._front = front
        self._next = time.monotonic() + _PATIENCE
        self._handle: Any = None
        self._line = False

    def draw(self, fraction: float) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _REST
        text = f"joining · {fraction:.0%}"
        if self._front.has_html:
            shown = f'<progress max="1" value="{fraction:.3f}" aria-label="progress"></progress> {text}'
            self._put({"text/html": f"<div>{shown}</div>", "text/plain": text})
        elif sys.stderr.isatty():
            self._line = True
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._handle is not None:
            self._put({"text/html": "", "text/plain": ""})
        if self._line:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()

    def _put(self, bundle: dict[str, str]) -> None:
        if self._handle is None:
            from IPython.display import display

            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)
