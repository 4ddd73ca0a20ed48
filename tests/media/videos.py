"""Small videos whose every frame shows its number by its grey level."""

from __future__ import annotations

import struct
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
    codec: str = "libx264",
) -> Path:
    """Write a video of `frames` at `rate` a second, a key frame every `group`; frame i is grey level 16 + STEP × i.

    The x264 preset "ultrafast" stores frames in their order, "medium" does not. `picture` is shown all along in place
    of the grey; `sound` adds a silent track; `bare` leaves the picture out. The suffix of *path* chooses the container,
    `codec` the encoder of the picture.
    """
    options = {"libx264": {"preset": preset}, "libsvtav1": {"preset": "10"}, "libvpx-vp9": {"cpu-used": "8"}}[codec]
    with av.open(str(path), "w") as container:
        video = None if bare else container.add_stream(codec, rate=rate, options={**options, "g": str(group)})
        hertz, encoder = (48_000, "libopus") if path.suffix == ".webm" else (44_100, "aac")
        track = container.add_stream(encoder, rate=hertz, layout="mono") if sound or bare else None
        if video is not None:
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            for number in range(frames):
                image = picture or Image.new("RGB", size, (16 + STEP * number,) * 3)
                container.mux(video.encode(av.VideoFrame.from_image(image)))
            container.mux(video.encode())
        if track is not None:
            for number in range(frames * hertz // rate // 1024):
                silence = av.AudioFrame.from_ndarray(np.zeros((1, 1024), "float32"), "fltp", "mono")
                silence.sample_rate, silence.pts, silence.time_base = hertz, number * 1024, Fraction(1, hertz)
                container.mux(track.encode(silence))
            container.mux(track.encode())
    return path


def turned(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write into the header of an MP4 how its picture is to be turned: a, b, c, d of its matrix, each 1, 0 or -1."""
    a, b, c, d = (0x10000 * entry for entry in matrix)
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # the matrix: ISO/IEC 14496-12, section 8.3.2
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(data)
    return path


def cut(source: Path, target: Path, start: float) -> Path:
    """Leave out the first *start* seconds without encoding anew, as `ffmpeg -ss … -c copy` does.

    The packets from the key frame before on stay in the file, hidden by an edit list.
    """
    options = {"avoid_negative_ts": "disabled"}
    with av.open(str(source)) as container, av.open(str(target), "w", options=options) as out:
        sources = [*container.streams.video[:1], *container.streams.audio[:1]]
        copies = {stream.type: out.add_stream_from_template(stream) for stream in sources}
        container.seek(round(start * av.time_base))
        for packet in container.demux(sources):
            if packet.dts is None:
                continue
            ticks = round(start / packet.time_base)
            if packet.stream.type == "audio" and packet.pts < ticks:
                continue
            packet.pts, packet.dts = packet.pts - ticks, packet.dts - ticks
            packet.stream = copies[packet.stream.type]
            out.mux(packet)
    return target


def number(image: Image.Image) -> int:
    """Return which frame of a video this is."""
    return round((image.convert("L").resize((1, 1)).getpixel((0, 0)) - 16) / STEP)
