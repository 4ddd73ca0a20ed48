"""The images, videos and audio of a request: a data URI is read and measured, a link is taken as it is.

The sandbox calls no other host: of a link it knows what is behind it only where that is a video of its own.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import av

from .image_file import NotAnImage, decode
from .request_images import URL
from .task_store import TaskStore

Kind = Literal["image", "video", "audio"]
Range = tuple[float, float]
Invalid = Callable[[str], Exception]

_DATA = re.compile(r"data:(image|video|audio)/([a-z0-9.+-]{1,20});base64,(.*)", re.DOTALL)
_OWN = re.compile(r"http://[^/]+/files/(\w+)\.([\w-]+)\.mp4\?.*")
_DAMAGE = (av.error.FFmpegError, ValueError, IndexError, OverflowError, MemoryError, ZeroDivisionError)
_ALIKE = {"jpg": "jpeg", "mp4": "mov", "m4a": "mov", "quicktime": "mov", "mpeg": "mp3", "x-wav": "wav"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a document allows of one kind of media, all bounds inclusive.

    `formats` are the subtypes of data URIs, none where only links are taken. `size` is in bytes, `side` and `pixels`
    in pixels, `aspect` is width divided by height. `uris` are the beginnings of the service's own names for files.
    Images in the `opaque` formats have no transparency.
    """

    formats: tuple[str, ...] = ()
    size: int = 10_000_000
    seconds: Range | None = None
    side: Range | None = None
    pixels: Range | None = None
    aspect: Range | None = None
    frame_rate: Range | None = None
    uris: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Medium:
    """What is known of one input; 0 is for what is not known. `stored` is the name of an image that can be drawn."""

    stored: str | None = None
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    frame_rate: float = 0.0
    sound: bool = False


class RequestMedia:
    """Read the media of requests; images go into the folder of the tasks."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store

    def read(self, kind: Kind, value: object, name: str, bounds: Bounds, invalid: Invalid) -> Medium:
        """Return what is known of the *kind* of medium at *value*. Raises what *invalid* makes of a message."""
        if not isinstance(value, str) or not value:
            raise invalid(f"{name} is not text")
        if value.startswith(bounds.uris or "\0"):
            return Medium()
        match = _DATA.fullmatch(value)
        if match is None:
            if URL.fullmatch(value) is None:
                raise invalid(f"{name} is neither a link nor a base64 data URI")
            medium = self._own(value)
        else:
            content = _decoded(match, kind, name, bounds, invalid)
            try:
                if kind == "image":
                    medium = self._image(content, match[2], bounds)
                else:
                    medium = _recording(content, kind, match[2])
            except (NotAnImage, *_DAMAGE) as problem:
                raise invalid(f"{name} is not {kind} in {match[2]}: {problem}") from None
        problems = _outside(medium, bounds)
        if problems:
            raise invalid(f"{name} {problems[0]}")
        return medium

    def _own(self, link: str) -> Medium:
        """Return what is known of a link: everything, if it leads to a video of this sandbox."""
        match = _OWN.fullmatch(link)
        task = self._store.find_task(match[1], match[2]) if match is not None else None
        video = task.video if task is not None else None
        return Medium() if video is None else Medium(None, video.width, video.height, video.seconds, 0, video.audio)

    def _image(self, content: bytes, subtype: str, bounds: Bounds) -> Medium:
        image = decode(content)
        if subtype in bounds.opaque and image.has_transparency_data:
            raise NotAnImage("it has transparency")
        if str(image.format).lower() != _ALIKE.get(subtype, subtype):
            raise NotAnImage(f"it is {image.format}")
        return Medium(self._store.store_image(content, hashlib.sha256(content).hexdigest()), image.width, image.height)


def _decoded(match: re.Match[str], kind: Kind, name: str, bounds: Bounds, invalid: Invalid) -> bytes:
    """Return the bytes of a data URI of *kind*, in a format and of a size that are allowed."""
    if match[1] != kind or match[2] not in bounds.formats:
        allowed = ", ".join(f"{kind}/{subtype}" for subtype in bounds.formats) or "nothing but a link"
        raise invalid(f"{name} is {match[1]}/{match[2]}, not {allowed}")
    try:
        content = base64.b64decode(match[3], validate=True)
    except ValueError:
        raise invalid(f"{name} is not base64") from None
    if len(content) > bounds.size:
        raise invalid(f"{name} has {len(content)} bytes, more than {bounds.size}")
    return content


def _recording(content: bytes, kind: Kind, subtype: str) -> Medium:
    """Return the measures of a video or of audio. Raises one of _DAMAGE for anything else."""
    with av.open(io.BytesIO(content), "r") as container:
        if _ALIKE.get(subtype, subtype) not in container.format.name.split(","):
            raise ValueError(f"it is {container.format.name}")
        seconds = (container.duration or 0) / 1_000_000
        sound = bool(container.streams.audio)
        if kind == "audio":
            if not sound:
                raise ValueError("it has no sound")
            return Medium(seconds=seconds, sound=True)
        track = container.streams.video[0]
        return Medium(None, track.width, track.height, seconds, float(track.average_rate or 0), sound)


def _outside(medium: Medium, bounds: Bounds) -> list[str]:
    """Return in words what of *medium* lies outside of *bounds*; what is not known is inside."""
    measures = [
        ("is long", medium.seconds, bounds.seconds),
        ("has frames a second", medium.frame_rate, bounds.frame_rate),
        ("has pixels", medium.width * medium.height, bounds.pixels),
        ("has a width", medium.width, bounds.side),
        ("has a height", medium.height, bounds.side),
        ("has an aspect ratio", medium.width / (medium.height or 1), bounds.aspect),
    ]
    return [
        f"{what}: {value:g}, not {allowed[0]:g} to {allowed[1]:g}"
        for what, value, allowed in measures
        if value and allowed is not None and not allowed[0] <= value <= allowed[1]
    ]
