"""Which kind of sound file some bytes are, by their beginning."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SoundFile:
    """One kind of sound file: its name in limits and messages, FFmpeg's name of its reader and of its sound."""

    name: str
    reader: str
    codec: str


WAV, MP3, AAC = SoundFile("wav", "wav", "pcm"), SoundFile("mp3", "mp3", "mp3"), SoundFile("aac", "aac", "aac")
M4A = SoundFile("m4a", "mp4", "")
_NOT_READ = {b"OggS": "ogg", b"fLaC": "flac", b"FORM": "aiff", b"#!AM": "amr", b"MThd": "midi"}


def sound_of(data: bytes) -> SoundFile | None:
    """Return what kind of sound file *data* is, whatever its name claims; None for another kind."""
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return WAV
    if data[4:8] == b"ftyp":
        return M4A
    at = _after_tag(data)
    if len(data) >= at + 2 and data[at] == 0xFF and data[at + 1] & 0xE0 == 0xE0:  # the frames of both begin alike
        layer = data[at + 1] >> 1 & 3
        return {0: AAC, 1: MP3}.get(layer)
    return None


def other_sound(data: bytes) -> str:
    """Return the name of a kind of sound file that is known and not read here; "" for anything else."""
    return _NOT_READ.get(data[:4], "")


def _after_tag(data: bytes) -> int:
    """Return where the sound begins, behind an ID3 tag."""
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    size = 0
    for byte in data[6:10]:
        size = size << 7 | byte & 0x7F
    return 10 + size
