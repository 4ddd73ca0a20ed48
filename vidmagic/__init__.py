"""Make AI video in a Jupyter notebook.

`%load_ext vidmagic`, then a cell that begins with `%%video`; or in Python:

    video = vidmagic.generate("a red kite over the sea", model="hailuo", duration=6)

Importing this package patches nothing, opens nothing and needs no network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vidmagic.api import (
    add_provider,
    compare,
    cost,
    export,
    form,
    gallery,
    generate,
    history,
    improve,
    jobs,
    load_ipython_extension,
    models,
    open,  # noqa: A004  gzip and PIL call theirs so too
    reel,
    resume,
    shot,
    start,
    sweep,
    unload_ipython_extension,
    upscale,
)
from vidmagic.errors import InvalidRequest, VidmagicError
from vidmagic.media.video import Video

if TYPE_CHECKING:
    from vidmagic.engine.job import Job

__all__ = [
    "InvalidRequest",
    "Job",
    "Video",
    "VidmagicError",
    "add_provider",
    "compare",
    "cost",
    "export",
    "form",
    "gallery",
    "generate",
    "history",
    "improve",
    "jobs",
    "load_ipython_extension",
    "models",
    "open",
    "reel",
    "resume",
    "shot",
    "start",
    "sweep",
    "unload_ipython_extension",
    "upscale",
]


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("vidmagic")
    if name == "Job":  # its module imports much
        from vidmagic.engine.job import Job

        return Job
    raise AttributeError(f"module 'vidmagic' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
