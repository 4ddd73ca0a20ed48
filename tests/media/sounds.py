"""Small sound files."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

_CODECS = {".wav": ("pcm_s16le", "wav"), ".mp3": ("mp3", "mp3"), ".aac": ("aac", "adts"), ".m4a": ("aac", "ipod"),
           ".flac": ("flac", "flac")}  # fmt: skip
_TYPES = {"flt": "float32", "fltp": "float32", "s16": "int16", "s16p": "int16", "s32": "int32", "s32p": "int32"}
HERTZ = 32_000  # a multiple of 1000, so that a second is a whole number of frames
_FRAME = 1000


def write(path: Path, *, seconds: float = 3.0) -> Path:
    """Write so many seconds of silence; the suffix of *path* chooses the format."""
    codec, container = _CODECS[path.suffix]
    with av.open(str(path), "w", format=container) as out:
        track = out.add_stream(codec, rate=HERTZ, layout="mono")
        kind = track.codec_context.format.name
        for number in range(round(seconds * HERTZ / _FRAME)):
            silence = av.AudioFrame.from_ndarray(np.zeros((1, _FRAME), _TYPES[kind]), kind, "mono")
            silence.sample_rate, silence.pts = HERTZ, number * _FRAME
            out.mux(track.encode(silence))
        out.mux(track.encode())
    return path
