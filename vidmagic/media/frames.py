"""Single pictures out of a video, upright, reached by seeking to the nearest key frame before them."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from typing import TYPE_CHECKING

from PIL import Image

from vidmagic.media.orientation import turn_of, upright
from vidmagic.media.probe import UnreadableVideo, opened, seconds_of, time_base_of

if TYPE_CHECKING:
    from av import VideoFrame
    from av.container import InputContainer
    from av.video.stream import VideoStream

POSTER_BYTES = 40_000
_QUALITIES = (82, 72, 60, 48, 36)
_STRIP_WIDTH = 240
_STRIP_GAP = 4
_SLACK = 1e-4  # seconds; time stamps are fractions that decimals miss by a little

File = str | PathLike[str]


def frame(path: File, seconds: float) -> Image.Image:
    """Return the picture that is shown *seconds* after the start, at full size.

    Raises ValueError for a time outside the video, UnreadableVideo for a file that cannot be read.
    """
    with _open_video(path) as video:
        if 0 <= seconds <= video.duration + _SLACK:
            return video.at(seconds)
    raise ValueError(f"{seconds:g} s is outside the video, 0 to {video.duration:g} s")


def last_frame(path: File) -> Image.Image:
    """Return the last picture, at full size. Raises UnreadableVideo."""
    with _open_video(path) as video:
        return video.at(float("inf"))


def filmstrip(path: File, n: int) -> Image.Image:
    """Return *n* pictures side by side, evenly spaced from the first to the last. Raises UnreadableVideo."""
    if n < 1:
        raise ValueError(f"a filmstrip needs at least 1 picture, not {n}")
    with _open_video(path) as video:
        pictures = [_scaled(video.at(time), _STRIP_WIDTH) for time in _evenly(video.duration, n)]
    step = pictures[0].width + _STRIP_GAP
    strip = Image.new("RGBA", (step * n - _STRIP_GAP, pictures[0].height))
    for number, picture in enumerate(pictures):
        strip.paste(picture, (number * step, 0))
    return strip


def frames(path: File, n: int) -> list[Image.Image]:
    """Return *n* pictures at full size, evenly spaced from the first to the last. Raises UnreadableVideo.

    Raises ValueError for *n* below 1.
    """
    if n < 1:
        raise ValueError(f"frames needs at least 1 picture, not {n}")
    with _open_video(path) as video:
        return [video.at(time) for time in _evenly(video.duration, n)]


def _evenly(seconds: float, n: int) -> list[float]:
    """Return *n* times from the start to the end, a single one in the middle."""
    return [seconds * i / (n - 1) for i in range(n)] if n > 1 else [seconds / 2]


def poster(path: File, width: int = 480) -> bytes:
    """Return one picture of the video as a JPEG of less than POSTER_BYTES, at most *width* pixels wide.

    It is taken a third into the video: the opening is often dark, or the very image that was given. Raises
    UnreadableVideo.
    """
    with _open_video(path) as video:
        picture = video.at(video.duration / 3)
    while True:
        scaled = _scaled(picture, width)
        for quality in _QUALITIES:
            file = io.BytesIO()
            scaled.save(file, "JPEG", quality=quality, optimize=True)
            if file.tell() < POSTER_BYTES:
                return file.getvalue()
        width = scaled.width * 3 // 4


def thumbnail(path: File, side: int = 144) -> bytes:
    """Return a small JPEG, at most *side* pixels a side, of the key frame before a third of the video.

    A key frame needs no other picture to be decoded: a list of fifty videos does not wait for it.
    Raises UnreadableVideo.
    """
    with _open_video(path) as video:
        picture = video.key_frame(video.duration / 3)
        scale = min(1.0, side / max(picture.width, picture.height))
        scaled = picture.to_image(
            width=max(2, round(picture.width * scale)), height=max(2, round(picture.height * scale))
        )
        small = upright(scaled, turn_of(picture))
    file = io.BytesIO()
    small.save(file, "JPEG", quality=70, optimize=True)
    return file.getvalue()


@dataclass(frozen=True, slots=True)
class _OpenVideo:
    """An open video: `duration` and `start` are in seconds, `time_base` is the length of a tick in seconds."""

    container: InputContainer
    picture: VideoStream
    time_base: Fraction
    start: float
    duration: float

    def at(self, seconds: float) -> Image.Image:
        """Return the picture shown at *seconds*, or the last one if there is none later."""
        picture = self._decode_until(min(seconds, self.duration), seconds)
        if picture is None:
            raise UnreadableVideo(f"the video is incomplete: it ends before {min(seconds, self.duration):g} s")
        return upright(picture.to_image(), turn_of(picture))

    def key_frame(self, seconds: float) -> VideoFrame:
        """Return the key frame before *seconds*; no other picture is decoded."""
        self.container.seek(round((self.start + seconds) / self.time_base), stream=self.picture, backward=True)
        frame = next(self.container.decode(self.picture), None)
        if frame is None:
            raise UnreadableVideo(f"the video is incomplete: it has no picture before {seconds:g} s")
        return frame

    def _decode_until(self, key: float, seconds: float) -> VideoFrame | None:
        """Decode from the key frame before *key* on; return the last picture not later than *seconds*."""
        self.container.seek(round((self.start + key) / self.time_base), stream=self.picture, backward=True)
        latest = None
        for frame in self.container.decode(self.picture):
            if latest is not None and frame.time is not None and frame.time - self.start > seconds + _SLACK:
                break
            latest = frame
        return latest


@contextlib.contextmanager
def _open_video(path: File) -> Iterator[_OpenVideo]:
    with opened(path) as (container, picture):
        time_base = time_base_of(picture)
        start = float((picture.start_time or 0) * time_base)
        yield _OpenVideo(container, picture, time_base, start, seconds_of(container, picture) or 0.0)


def _scaled(image: Image.Image, width: int) -> Image.Image:
    """Return the image *width* pixels wide, or as it is if it is narrower."""
    if width >= image.width:
        return image
    return image.resize((width, max(1, round(image.height * width / image.width))), Image.Resampling.LANCZOS)
