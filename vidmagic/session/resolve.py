"""Find the videos that a person means, by whatever name or object stands for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.media.display import DisplayOptions
from vidmagic.media.video import Video


def gather(things: Iterable[Any], named: Callable[[str], Job], display: DisplayOptions) -> Iterator[Video | Job]:
    """Yield a Video or a Job for each of *things*, in their order: videos, jobs, files, names, and sequences of these.

    A text is a file that exists, else what *named* makes of it. *display* is how a file is shown. Raises InvalidRequest
    for what is no video, and whatever *named* raises.
    """
    for thing in things:
        if isinstance(thing, Video | Job):
            yield thing
        elif isinstance(thing, os.PathLike) or (isinstance(thing, str) and _is_file(thing)):
            yield Video(Path(thing).expanduser(), display=display)
        elif isinstance(thing, str):
            yield named(_no_file(thing))
        elif isinstance(thing, Iterable) and not isinstance(thing, bytes):
            yield from gather(thing, named, display)
        else:
            raise InvalidRequest(f"{type(thing).__name__} is no video, job, file or job id")


def _is_file(text: str) -> bool:
    return Path(text).expanduser().is_file()


def _no_file(text: str) -> str:
    """Return *text* unless it can only be a file, which then is not there."""
    if text.lower().endswith(".mp4") or os.sep in text:
        raise InvalidRequest(f"there is no file {plain(text)}")
    return text
