"""Read the facts of a video: length, size, codec."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import av

from vidmagic.errors import VidmagicError
from vidmagic.escaping import plain
from vidmagic.media.container import MP4, container_of
from vidmagic.media.orientation import Turn, shown_size, turn_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

_CODECS = {"libdav1d": "av1"}  # FFmpeg names a decoder where it has several
DAMAGE = (av.FFmpegError, OSError, ValueError, IndexError, EOFError, MemoryError, OverflowError)


class UnreadableVideo(VidmagicError):
    """The file is missing or damaged, or it is not an MP4, MOV or WebM with a picture."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is in a video file: `duration` in seconds, `width` and `height` in pixels as it is shown, `size` in bytes.

    `fps` is frames a second, `codec` FFmpeg's name of the picture's codec, `audio` whether there is a sound track.
    `duration` and `fps` are None where the file does not state them.
    """

    duration: float | None
    width: int
    height: int
    fps: float | None
    codec: str
    audio: bool
    size: int


def probe(path: str | PathLike[str]) -> Facts:
    """Return the facts of the video at *path*, of which only the first picture is decoded. Raises UnreadableVideo."""
    with opened(path) as (container, picture):
        codec = picture.codec_context
        width, height = shown_size(codec.width, codec.height, turn_of_video(container, picture))
        return Facts(
            duration=seconds_of(container, picture),
            width=width,
            height=height,
            fps=float(picture.average_rate) if picture.average_rate else None,
            codec=_CODECS.get(codec.name, codec.name),
            audio=bool(container.streams.audio),
            size=Path(path).stat().st_size,
        )


@contextlib.contextmanager
def opened(path: str | PathLike[str]) -> Iterator[tuple[InputContainer, VideoStream]]:
    """Open the video at *path*; yield its container and its picture stream.

    Whatever goes wrong until it is closed is raised as UnreadableVideo.
    """
    try:
        with Path(path).open("rb") as file, av.open(file, "r", format=_reader(file)) as container:
            picture = next(iter(container.streams.video), None)
            codec = picture.codec_context if picture is not None else None  # None too where the codec is unknown
            if picture is None or codec is None or not (codec.width and codec.height):
                raise UnreadableVideo(f"{plain(path)} has no picture that can be decoded")
            yield container, picture
    except DAMAGE as damage:
        why = getattr(damage, "strerror", None) or str(damage) or type(damage).__name__
        raise UnreadableVideo(f"{plain(path)} cannot be read: {plain(why).lower()}") from damage


def _reader(file: BinaryIO) -> str:
    """Return FFmpeg's name of the reader for *file*, and leave the file at its beginning.

    FFmpeg gets Python's own file and a format by name: it would take a path for a URL, and a playlist named .mp4 for an
    order to fetch what it lists.
    """
    container = container_of(file) or MP4
    file.seek(0)
    return container.reader


def turn_of_video(container: InputContainer, picture: VideoStream) -> Turn | None:
    """Return what sets the picture upright; None also where it cannot be decoded, which the player will notice."""
    with contextlib.suppress(*DAMAGE):
        first = next(container.decode(picture), None)
        return turn_of(first) if first is not None else None
    return None


def seconds_of(container: InputContainer, picture: VideoStream) -> float | None:
    """Return the length of the picture in seconds, None if it is not stated; that of the sound may differ a little."""
    if picture.duration is not None:
        return float(picture.duration * time_base_of(picture))
    return None if container.duration is None else container.duration / av.time_base


def time_base_of(picture: VideoStream) -> Fraction:
    """Return the length of a tick of the picture track, in seconds. Raises UnreadableVideo if it has none."""
    if picture.time_base is None:
        raise UnreadableVideo("the video does not state when its pictures are shown")
    return picture.time_base
