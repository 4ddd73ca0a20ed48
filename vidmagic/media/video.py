"""A finished video: a file, what it was made from, and how it is shown."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from vidmagic.errors import VidmagicError
from vidmagic.escaping import plain
from vidmagic.media.display import DisplayOptions, length_text
from vidmagic.spec.params import Value
from vidmagic.spec.price import Bill, labelled

if TYPE_CHECKING:
    from PIL.Image import Image

    from vidmagic.media.probe import Facts
    from vidmagic.media.recipe import Recipe


class Video:
    """A video file with its origin; `Video(path)` works for any MP4. It can be used where a path can.

    Attributes of the origin, empty where it is not known: `job_id`; `model`, the full id, and `short`, what people
    type for it; `prompt`; `params` as they were sent; `seed`, None if it is not known; `price`, the estimate as text
    ("¥2.00"); `billed`, what the service billed, None if it did not say; `cost`, the price as people read it, with its
    origin. `in_sandbox` means that no service was called, `reused` that the job had been made and paid before.
    `path` is the file, `display` how the video is shown.

    The file is read when `facts`, `duration`, `width`, `height`, `size`, `poster` or a picture is asked for. Each of
    them raises UnreadableVideo for a missing or damaged file.
    """

    find_by_job_id: ClassVar[Callable[[str], Video]]  # set once by the package: the journal is out of reach from here

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        job_id: str = "",
        model: str = "",
        short: str = "",
        prompt: str = "",
        params: Mapping[str, Value] | None = None,
        seed: int | None = None,
        price: str = "",
        billed: Bill | None = None,
        cost: str = "",
        in_sandbox: bool = False,
        reused: bool = False,
        display: DisplayOptions | None = None,
    ) -> None:
        self.path = Path(path)
        self.job_id = job_id
        self.model = model
        self.short = short or model.rpartition("/")[2]
        self.prompt = prompt
        self.params = dict(params or {})
        self.seed = seed if seed is not None else self.params.get("seed")
        self.price = price
        self.billed = billed
        self.cost = cost or (labelled(price, "") if price else "")
        self.in_sandbox = in_sandbox
        self.reused = reused
        self.display = display if display is not None else DisplayOptions()
        self._facts: Facts | None = None
        self._poster: bytes | None = None

    @classmethod
    def load(cls, job_id: str) -> Video:
        """Return the video of the journaled job *job_id*, waiting for a job that is still running.

        The id may be shortened while it stays unique. Raises NoSuchJob for an id of no job, and the job's own error if
        it did not end in a video.
        """
        return cls.find_by_job_id(job_id)

    @property
    def facts(self) -> Facts:
        """The facts of the file: length, size in pixels and bytes, frame rate, codec, sound; read once."""
        if self._facts is None:
            from vidmagic.media.probe import probe

            self._facts = probe(self.path)
        return self._facts

    @property
    def duration(self) -> float | None:
        """The length in seconds, None if the file does not state it."""
        return self.facts.duration

    @property
    def width(self) -> int:
        """The width of the picture in pixels."""
        return self.facts.width

    @property
    def height(self) -> int:
        """The height of the picture in pixels."""
        return self.facts.height

    @property
    def size(self) -> int:
        """The size of the file in bytes."""
        return self.facts.size

    @property
    def fps(self) -> float | None:
        """The frame rate in pictures a second, None if the file does not state it."""
        return self.facts.fps

    @property
    def poster(self) -> bytes:
        """One picture of the video as a JPEG of less than 40 kB, at most 480 pixels wide; made once."""
        if self._poster is None:
            from vidmagic.media.frames import poster

            self._poster = poster(self.path)
        return self._poster

    def frame(self, seconds: float) -> Image:
        """Return the picture shown *seconds* after the start, at full size, as a PIL image.

        Raises ValueError for a time outside the video, UnreadableVideo for a file that cannot be read.
        """
        from vidmagic.media.frames import frame

        return frame(self.path, seconds)

    def last_frame(self) -> Image:
        """Return the last picture at full size, as a PIL image: a good first frame for a video that continues this one.

        Raises UnreadableVideo for a file that cannot be read.
        """
        from vidmagic.media.frames import last_frame

        return last_frame(self.path)

    def frames(self, n: int) -> list[Image]:
        """Return *n* pictures at full size as PIL images, evenly spaced from the first to the last; one: the middle.

        Raises ValueError for *n* below 1, UnreadableVideo for a file that cannot be read.
        """
        from vidmagic.media.frames import frames

        return frames(self.path, n)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Copy the video to a new file, with its title and what made it as ordinary metadata; return that file's path.

        Arguments:
            path (path): the new file, or a folder, in which the copy has the name of this file. It ends as this file
                does, in .mp4 mostly.

        Picture and sound are copied as they are, and the copy is checked against the video. A file that is signed
        (Content Credentials), and one of which nothing is known, is copied byte for byte. No file is ever overwritten.

        Raises:
            InvalidRequest: the new file exists, ends otherwise, or its folder is missing or cannot be written.
            UnreadableVideo: this file is missing.
        """
        from vidmagic.media.copy import save_copy

        return save_copy(self.path, Path(path), self._recipe())

    def _recipe(self) -> Recipe | None:
        """Return the recipe in the file, else one of what is known of its origin, None where nothing is."""
        from vidmagic.media.recipe import Recipe, Unreadable, without_secrets
        from vidmagic.media.recipe_box import read_recipe

        with contextlib.suppress(Unreadable, OSError):
            if (stored := read_recipe(self.path)) is not None:
                return stored
        if not self.model:
            return None
        params, left_out = without_secrets(self.params)
        seed = self.seed if isinstance(self.seed, int) else None
        return Recipe(
            self.model, self.prompt, params, seed=seed, job=self.job_id,
            in_sandbox=self.in_sandbox, left_out=left_out,
        )  # fmt: skip

    def filmstrip(self, n: int = 5) -> Image:
        """Return *n* pictures side by side, evenly spaced from the first to the last, as one PIL image.

        Each is at most 240 pixels wide. Raises ValueError for *n* below 1, UnreadableVideo for a file that cannot be
        read.
        """
        from vidmagic.media.frames import filmstrip

        return filmstrip(self.path, n)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        parts = [f"'{plain(self.display.shown_path(self.path))}'", plain(self.short), self._length(), plain(self.price)]
        parts += ["sandbox"] * self.in_sandbox + ["reused"] * self.reused
        return f"Video({', '.join(part for part in parts if part)})"

    def _length(self) -> str:
        try:
            return length_text(self.duration) if self.duration is not None else ""
        except VidmagicError:
            return "no readable file"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, object], dict[str, object]]:
        """Return the player as HTML and one line of text; IPython looks for this name."""
        bundle: dict[str, object] = {"text/plain": repr(self)}
        if (include is None or "text/html" in include) and "text/html" not in (exclude or ()):
            from vidmagic.media.player import html  # its imports take time, and no extension needs it to load

            bundle["text/html"] = html(self, self.display)
        return bundle, {"vidmagic": {"job_id": self.job_id, "model": self.model, "params": self.params}}
