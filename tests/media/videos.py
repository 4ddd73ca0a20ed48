"""Small MP4 files whose every frame tells its number by its grey level."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

STEP = 4


def write(
    path: Path,
    *,
    frames: int = 48,
    rate: int = 24,
    size: tuple[int, int] = (320, 180),
    group: int = 12,
    preset: str = "ultrafast",
    picture: Image.Image | None = None,
    sound: bool = False,
    bare: bool = False,
) -> Path:
    """Write a video of `frames` at `rate` a second, a key frame every `group`; frame i is grey level 16 + STEP × i.

    The x264 preset "ultrafast" stores frames in their order, "medium" does not. `picture` is shown all along in place
    of the grey; `sound` adds a silent track; `bare` leaves the picture out.
    """
    with av.open(str(path), "w", format="mp4") as container:
        video = (
            None if bare else container.add_stream("libx264", rate=rate, options={"preset": preset, "g": str(group)})
        )
        track = container.add_stream("aac", rate=44_100, layout="mono") if sound or bare else None
        if video is not None:
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            for number in range(frames):
                image = picture or Image.new("RGB", size, (16 + STEP * number,) * 3)
                container.mux(video.encode(av.VideoFrame.from_image(image)))
            container.mux(video.encode())
        if track is not None:
            for number in range(frames * 44_100 // rate // 1024):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), "float32"), "fltp", "mono")
                silence.sample_rate, silence.pts, silence.time_base = 44_100, number * 1024, Fraction(1, 44_100)
                container.mux(track.encode(silence))
            container.mux(track.encode())
    return path


def number(image: Image.Image) -> int:
    """Return which frame of a video this is."""
    return round((image.convert("L").resize((1, 1)).getpixel((0, 0)) - 16) / STEP)
