"""Read the facts of a video or of sound that is in memory: what it is, how long, how large its picture."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import av

from vidmagic.media.boxes import Damaged
from vidmagic.media.container import MKV, MOV, MP4, WEBM, Container, check_whole, container_of, other_format
from vidmagic.media.orientation import shown_size
from vidmagic.media.pixels import MOST_PIXELS
from vidmagic.media.probe import DAMAGE, UnreadableVideo, seconds_of, turn_of_video
from vidmagic.media.sample_count import check_samples
from vidmagic.media.sound import AAC, M4A, MP3, SoundFile, other_sound, sound_of

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

_NAMES = {MP4: "mp4", MOV: "mov", WEBM: "webm", MKV: "mkv"}
_PADDING = 0.2  # seconds: encoders add less than that to the length which a file states
_OPTIONS = {"max_pixels": str(MOST_PIXELS)}


class OtherFormat(ValueError):
    """The file is of another format than any that is read here."""


@dataclass(frozen=True, slots=True)
class RecordingFacts:
    """What is in a video or sound file: its format as limits name it, its length in seconds, its picture in pixels.

    `seconds` and `frame_rate` are 0 where the file does not state them; sound has neither picture nor frame rate.
    """

    format: str
    seconds: float
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0


def video_facts(data: bytes) -> RecordingFacts:
    """Return the facts of a video file, of which at most one picture is decoded. Raises ValueError with what is wrong.

    A file that would make a reader build more than it holds is refused before any reader sees it.
    """
    file = io.BytesIO(data)
    container = container_of(file)
    if container is None:
        sound = sound_of(data)
        other = _other_container(file) or (sound.name if sound is not None else other_sound(data))
        raise OtherFormat(f"is of the format {other}" if other else "is not a video of a known format")
    _check_structure(file, container)
    with _opened(file, container.reader) as opened:
        picture = next(iter(opened.streams.video), None)
        codec = picture.codec_context if picture is not None else None
        if picture is None or codec is None or not (codec.width and codec.height):
            raise ValueError("has no picture that can be decoded")
        if codec.width * codec.height > MOST_PIXELS:
            raise ValueError(
                f"has pictures of {codec.width}×{codec.height}; at most {MOST_PIXELS / 1e6:g} million pixels"
            )
        codec.options = {**codec.options, **_OPTIONS}
        width, height = shown_size(codec.width, codec.height, turn_of_video(opened, picture))
        rate = float(picture.average_rate) if picture.average_rate else 0.0
        return RecordingFacts(_NAMES[container], seconds_of(opened, picture) or 0.0, width, height, rate)


def sound_facts(data: bytes) -> RecordingFacts:
    """Return the facts of a sound file; nothing is decoded. Raises ValueError with what is wrong."""
    kind = sound_of(data)
    if kind is None:
        other = other_sound(data) or _other_container(io.BytesIO(data))
        raise OtherFormat(f"is of the format {other}" if other else "is not sound of a known format")
    file = io.BytesIO(data)
    if kind is M4A:
        _check_structure(file, MP4)
    with _opened(file, kind.reader) as opened:
        if any(stream.average_rate for stream in opened.streams.video) and kind is M4A:
            raise ValueError("is a video; give its sound as a file of its own")
        track = next(iter(opened.streams.audio), None)
        if track is None or track.codec_context is None or not track.codec_context.name.startswith(kind.codec):
            raise ValueError(f"holds no {kind.name} sound that can be read")
        return RecordingFacts(kind.name, _sound_seconds(opened, track, kind))


def _other_container(file: io.BytesIO) -> str:
    container = container_of(file)
    return _NAMES[container] if container is not None else other_format(file).removeprefix(".")


def _check_structure(file: io.BytesIO, container: Container) -> None:
    try:
        check_whole(file)
        if container in {MP4, MOV}:
            check_samples(file)
    except Damaged as damage:
        raise ValueError(f"is a damaged {container.name} file: {damage}") from damage
    file.seek(0)


@contextlib.contextmanager
def _opened(file: io.BytesIO, reader: str) -> Iterator[InputContainer]:
    """Open a file with FFmpeg; whatever goes wrong until it is closed is raised as ValueError."""
    try:
        with av.open(file, "r", format=reader, options=_OPTIONS) as opened:
            yield opened
    except UnreadableVideo as problem:
        raise ValueError(problem.message) from problem
    except DAMAGE as damage:
        if type(damage) is ValueError:  # ours, or as good
            raise
        why = getattr(damage, "strerror", None) or str(damage) or type(damage).__name__
        raise ValueError(f"cannot be read: {why.lower()}") from damage


def _sound_seconds(opened: InputContainer, track: AudioStream, kind: SoundFile) -> float:
    """Return the length of the sound; MP3 and AAC are counted by their frames, for they state it only sometimes."""
    stated = track.duration if track.duration is not None else opened.duration
    scale = track.time_base if track.duration is not None else 1 / av.time_base
    length = float(stated * scale) if stated is not None and scale is not None else 0.0
    if kind not in {MP3, AAC}:
        return length
    counted = sum(packet.duration * (packet.time_base or 0) for packet in opened.demux(track) if packet.duration)
    return length if abs(float(counted) - length) < _PADDING else float(counted)
