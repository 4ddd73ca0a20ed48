"""Render the video of a sandbox job: a real MP4 with the prompt on a moving picture.

The picture is drawn small and scaled up by libswscale, a few frames a second, so that a sandbox job costs less than a
second of one processor. H.264 baseline, yuv420p, index in front: every browser plays it.
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

from .captions import caption_layer, compose
from .scenes import Picture, crossfade, drifting_lights

SOUND_RATE = 44_100
_ENCODING = {"preset": "ultrafast", "crf": "25", "profile": "baseline"}


@dataclass(frozen=True, slots=True)
class Quality:
    """How finely a video is drawn: frames a second, and the short side of the drawing in pixels, scaled up after."""

    frame_rate: int = 10
    short_side: int = 432


QUALITY = Quality()


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
    frame_rate: int = 0,
    quality: Quality = QUALITY,
    stop: Event | None = None,
) -> None:
    """Write the video to *path*: *seconds* long, *width* × *height* pixels (even numbers).

    With *first* and *last* it moves from the one image to the other. With *audio* it has a quiet AAC chord.
    *frame_rate* repeats what is drawn to so many frames a second; 0 repeats nothing.
    Setting *stop* from another thread ends the work early; the file is then of no use.
    """
    drawing = _Drawing(prompt, _drawing_size(width, height, quality), seconds, seed, first, last)
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        track = container.add_stream("libx264", rate=frame_rate or quality.frame_rate, options=_ENCODING)
        track.width, track.height, track.pix_fmt = width, height, "yuv420p"
        track.codec_context.thread_count = 1
        sound = container.add_stream("aac", rate=SOUND_RATE, layout="mono") if audio else None
        for number, image in enumerate(drawing.frames(quality.frame_rate)):
            if stop is not None and stop.is_set():
                return
            frame = av.VideoFrame.from_image(image).reformat(width, height, "yuv420p", interpolation="BILINEAR")
            for _ in range(_times(number, quality.frame_rate, frame_rate)):
                frame.pts = None
                container.mux(track.encode(frame))
        container.mux(track.encode())
        if sound is not None:
            for chord in _chord(seconds, seed):
                container.mux(sound.encode(chord))
            container.mux(sound.encode())


def render_cover(
    path: Path,
    prompt: str,
    *,
    seconds: float,
    width: int,
    height: int,
    first: Image.Image | None = None,
    last: Image.Image | None = None,
    seed: int = 0,
    quality: Quality = QUALITY,
) -> None:
    """Write the first picture of the same video to *path* as a JPEG."""
    drawing = _Drawing(prompt, _drawing_size(width, height, quality), seconds, seed, first, last)
    drawing.frame(0.0).resize((width, height)).save(path, "JPEG", quality=85)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Everything that the frames of one video are drawn from; `size` is that of the drawing, in pixels."""

    prompt: str
    size: tuple[int, int]
    seconds: float
    seed: int
    first: Image.Image | None
    last: Image.Image | None

    def frames(self, frame_rate: int) -> Iterator[Image.Image]:
        """Draw the whole video, frame by frame."""
        count = round(self.seconds * frame_rate)
        picture, layer = self._picture(), caption_layer(self.prompt, self.size)
        for number in range(count):
            progress = number / max(1, count - 1)
            yield compose(picture(progress), layer, progress)

    def frame(self, progress: float) -> Image.Image:
        """Draw one frame; *progress* is 0 at the beginning of the video and 1 at its end."""
        return compose(self._picture()(progress), caption_layer(self.prompt, self.size), progress)

    def _picture(self) -> Picture:
        images = [image for image in (self.first, self.last) if image is not None]
        if images:
            return crossfade(images[0], images[-1], self.size)
        return drifting_lights(f"{self.prompt}\0{self.seed}", self.size, self.seconds)


def _times(number: int, drawn: int, shown: int) -> int:
    """Return how often the drawn frame *number* is shown, at *drawn* and *shown* frames a second; 0 shows it once."""
    return 1 if not shown else -(-(number + 1) * shown // drawn) - -(-number * shown // drawn)


def _drawing_size(width: int, height: int, quality: Quality) -> tuple[int, int]:
    shrink = min(1.0, quality.short_side / min(width, height))
    return max(2, round(width * shrink)), max(2, round(height * shrink))


def _chord(seconds: float, seed: int) -> Iterator[av.AudioFrame]:
    """Yield *seconds* of three soft tones that swell and fade, in frames of 1024 samples."""
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
