"""Join videos into one, and show the progress."""

from __future__ import annotations

import os
from collections.abc import Iterable

from vidmagic.engine.job import Job
from vidmagic.media.display import DisplayOptions
from vidmagic.media.reel import join
from vidmagic.media.video import Video
from vidmagic.notebook.surfaces.frontend import FrontEnd
from vidmagic.notebook.surfaces.surface import choose_surface
from vidmagic.notebook.views.progress import show_progress


def make_reel(
    videos: Iterable[Video | Job], out: str | os.PathLike[str], front: FrontEnd, display: DisplayOptions
) -> Video:
    """Join videos, and jobs once they have ended, into the MP4 *out*. Raises what they and media.reel.join raise."""
    parts = [video if isinstance(video, Video) else video.video for video in videos]
    show_progress(join(parts, out), choose_surface(front), "joining")
    return Video(out, short="reel", display=display)
