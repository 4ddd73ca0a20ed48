"""A finished video: a file, what it was made from, and how it is shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from vidmagic.errors import VidmagicError
from vidmagic.escaping import plain
from vidmagic.media.player import DisplayOptions, duration_text, html
from vidmagic.spec.params import Value

if TYPE_CHECKING:
    from PIL.Image import Image

    from vidmagic.media.probe import Facts


class Video:
    """A video file with its origin; `Video(path)` alone does for any MP4. It can be used where a path can.

    `model` is the full id and `short` what people type for it, `price` the estimate as text ("¥2.00"). `in_sandbox`
    means that no service was called, `reused` that the job had been made and paid before. `display` says how it is
    shown. Nothing is read before it is asked for; a damaged or missing file then raises UnreadableVideo.
    """

    find: ClassVar[Callable[[str], Video]]  # how `load` finds one; `vidmagic.Video` has it

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
        self.in_sandbox = in_sandbox
        self.reused = reused
        self.display = display if display is not None else DisplayOptions()
        self._facts: Facts | None = None
        self._poster: bytes | None = None

    @classmethod
    def load(cls, job_id: str) -> Video:
        """Return the video of a job of the journal by its id, which may be shortened; one on its way is waited for.

        Raises NoSuchJob, or what became of the job.
        """
        return cls.find(job_id)

    @property
    def facts(self) -> Facts:
        """What the file says about itself; read once."""
        if self._facts is None:
            from vidmagic.media.probe import probe

            self._facts = probe(self.path)
        return self._facts

    @property
    def duration(self) -> float | None:
        """The length in seconds, None if the file does not say."""
        return self.facts.duration

    @property
    def width(self) -> int:
        """The width in pixels."""
        return self.facts.width

    @property
    def height(self) -> int:
        """The height in pixels."""
        return self.facts.height

    @property
    def size(self) -> int:
        """The size in bytes."""
        return self.facts.size

    @property
    def poster(self) -> bytes:
        """A small still of the video, a JPEG; made once."""
        if self._poster is None:
            from vidmagic.media.frames import poster

            self._poster = poster(self.path)
        return self._poster

    def frame(self, seconds: float) -> Image:
        """Return the picture shown *seconds* after the start. Raises ValueError outside the video."""
        from vidmagic.media.frames import frame

        return frame(self.path, seconds)

    def last_frame(self) -> Image:
        """Return the last picture: the first frame for a video that goes on from here."""
        from vidmagic.media.frames import last_frame

        return last_frame(self.path)

    def filmstrip(self, n: int = 5) -> Image:
        """Return *n* pictures side by side, evenly spaced from the first to the last."""
        from vidmagic.media.frames import filmstrip

        return filmstrip(self.path, n)

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        said = [f"'{plain(self.display.place(self.path))}'", plain(self.short), self._length(), plain(self.price)]
        said += ["rehearsal"] * self.in_sandbox + ["reused"] * self.reused
        return f"Video({', '.join(part for part in said if part)})"

    def _length(self) -> str:
        try:
            return duration_text(self.duration) if self.duration is not None else ""
        except VidmagicError:
            return "no readable file"

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the player as HTML and one line of text; IPython looks for this name."""
        bundle: dict[str, Any] = {"text/plain": repr(self)}
        if (include is None or "text/html" in include) and "text/html" not in (exclude or ()):
            bundle["text/html"] = html(self, self.display)
        return bundle, {"vidmagic": {"job_id": self.job_id, "model": self.model, "params": self.params}}
