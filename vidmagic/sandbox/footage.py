"""A rehearsal film: a real MP4 with the prompt's words on a moving picture.

The picture is drawn small and scaled up by libswscale, a few frames a second, because a rehearsal must not
cost more than a moment of one processor. H.264 baseline, yuv420p, index in front: every browser plays it.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from threading import Event

import av
from PIL import Image

from .scenery import Picture, drift, journey
from .titles import finish, titles

FRAME_RATE = 10
SOUND_RATE = 44_100
ENCODING = {"preset": "ultrafast", "crf": "25", "profile": "baseline"}
_SHORT_SIDE = 432


def render(
    path: Path,
    prompt: str,
    *,
    seconds: float,
    width: int,
    height: int,
    first: Image.Image | None = None,
    last: Image.Image | None = None,
    audio: bool = False,
    seed: int = 0,
    stop: Event | None = None,
) -> None:
    """Write the film to `path`: `seconds` long, `width` × `height` pixels (even numbers).

    With `first` and `last` it moves from the one image to the other. With `audio` it has a quiet AAC chord.
    Setting `stop` from another thread ends the work early; the file is then of no use.
    """
    reel = _Reel(prompt, _drawing_size(width, height), seconds, seed, first, last)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as film:
        video = film.add_stream("libx264", rate=FRAME_RATE, options=ENCODING)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        sound = film.add_stream("aac", rate=SOUND_RATE, layout="mono") if audio else None
        for image in reel.frames():
            if stop is not None and stop.is_set():
                return
            frame = av.VideoFrame.from_image(image)
            film.mux(video.encode(frame.reformat(width, height, "yuv420p", interpolation="BILINEAR")))
        film.mux(video.encode())
        if sound is not None:
            for chord in _chord(seconds, seed):
                film.mux(sound.encode(chord))
            film.mux(sound.encode())


def still(
    path: Path,
    prompt: str,
    *,
    seconds: float,
    width: int,
    height: int,
    first: Image.Image | None = None,
    last: Image.Image | None = None,
    seed: int = 0,
    at: float = 0.0,
) -> None:
    """Write one picture of the same film as a JPEG; `at` is its place in the film, 0 to 1."""
    reel = _Reel(prompt, _drawing_size(width, height), seconds, seed, first, last)
    reel.frame(at).resize((width, height)).save(path, "JPEG", quality=85)


@dataclass(frozen=True, slots=True)
class _Reel:
    """Everything that one film's frames are drawn from; `size` is that of the drawing, in pixels."""

    prompt: str
    size: tuple[int, int]
    seconds: float
    seed: int
    first: Image.Image | None
    last: Image.Image | None

    def frames(self) -> Iterator[Image.Image]:
        """Draw the whole film, frame by frame."""
        count = round(self.seconds * FRAME_RATE)
        picture, words = self._picture(), titles(self.prompt, self.size)
        for number in range(count):
            place = number / max(1, count - 1)
            yield finish(picture(place), words, place)

    def frame(self, place: float) -> Image.Image:
        """Draw one frame; `place` is 0 at the beginning of the film and 1 at its end."""
        return finish(self._picture()(place), titles(self.prompt, self.size), place)

    def _picture(self) -> Picture:
        given = [image for image in (self.first, self.last) if image is not None]
        if given:
            return journey(given[0], given[-1], self.size)
        return drift(f"{self.prompt}\0{self.seed}", self.size, self.seconds)


def _drawing_size(width: int, height: int) -> tuple[int, int]:
    shrink = min(1.0, _SHORT_SIDE / min(width, height))
    return max(2, round(width * shrink)), max(2, round(height * shrink))


def _chord(seconds: float, seed: int) -> Iterator[av.AudioFrame]:
    """Yield `seconds` of three soft tones that swell and fade, in frames of 1024 samples."""
    tones = [2 * math.pi * (110 + seed % 7 * 10) * ratio / SOUND_RATE for ratio in (1, 1.5, 2.5)]
    # All tones are whole multiples of 5 Hz: one second of them repeats without a click.
    second = array("f", (0.06 * sum(math.sin(tone * at) for tone in tones) for at in range(SOUND_RATE)))
    loop = second + second[:1024]
    total = round(seconds * SOUND_RATE)
    for start in range(0, total, 1024):
        count = min(1024, total - start)
        samples = loop[start % SOUND_RATE :][:count]
        if min(start, total - start - count) < SOUND_RATE:
            swell = ((index, min(start + index, total - start - index) / SOUND_RATE) for index in range(count))
            samples = array("f", (samples[index] * min(1.0, gain) for index, gain in swell))
        frame = av.AudioFrame(format="fltp", layout="mono", samples=count)
        frame.planes[0].update(samples.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        yield frame
