"""How a video is shown: the options a user can set, and the texts of its length and its size."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

_CSS_LENGTH = re.compile(r"(?!.*url)[0-9a-z%.+*/(), -]{1,60}")


@dataclass(frozen=True, slots=True)
class DisplayOptions:
    """How videos are shown in a notebook.

    `embed` is "always" (the notebook carries the video itself), "never" (it holds a link to the file) or "auto"
    (embedded up to `embed_limit` bytes). `autoplay` and `loop` are those of the HTML player. `beside` is the folder of
    the notebook, from which links are written. `width` is the player's greatest width, a CSS length. Raises ValueError
    for an `embed` or a `width` that is none of these.
    """

    embed: Literal["auto", "always", "never"] = "auto"
    embed_limit: int = 8 * 2**20
    autoplay: bool = False
    loop: bool = False
    beside: Path = Path()
    width: str = "640px"

    def __post_init__(self) -> None:
        if self.embed not in {"auto", "always", "never"}:
            raise ValueError(f"embed must be auto, always or never, not {self.embed!r}")
        if not _CSS_LENGTH.fullmatch(self.width):
            raise ValueError(f"width must be a CSS length such as 640px or 100%, not {self.width!r}")

    def embeds(self, size: int) -> bool:
        """Return whether the notebook carries a file of *size* bytes."""
        return self.embed == "always" or (self.embed == "auto" and size <= self.embed_limit)

    def href(self, path: Path) -> str:
        """Return the link to *path* from the notebook's folder, percent-encoded; "" for a file on another drive."""
        try:
            relative = os.path.relpath(path, self.beside)
        except ValueError:  # another drive
            return ""
        return quote(os.fsencode(Path(relative).as_posix()))

    def shown_path(self, path: Path) -> str:
        """Return the text of *path*: relative inside the notebook's folder, else in full."""
        full = Path(os.path.abspath(path))  # noqa: PTH100  resolve() would follow the user's symbolic links
        folder = Path(os.path.abspath(self.beside))  # noqa: PTH100  the same
        return str(full.relative_to(folder) if full.is_relative_to(folder) else full)


def length_text(seconds: float) -> str:
    """Return the length of a video in *seconds* as "6 s" or "5.9 s"."""
    return f"{round(seconds, 1):g} s"


def size_text(size: int) -> str:
    """Return a *size* in bytes as "640 kB" or "3.2 MB"."""
    return f"{size / 1e6:.1f} MB" if size >= 10**6 else f"{max(1, round(size / 1e3))} kB"
