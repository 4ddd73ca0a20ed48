"""One video as a segment of a reel: how it is encoded, and when its picture and its sound run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vidmagic.escaping import plain
from vidmagic.media.probe import UnreadableVideo, opened, seconds_of

if TYPE_CHECKING:
    from av import AudioStream, VideoStream
    from av.container import InputContainer

_MISSING = 0.5  # seconds that may be missing at the end: files round the length they state
_FASTEST, _DEFAULT_RATE = Fraction(60), Fraction(24)  # frames a second: more is a false statement; none becomes 24


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """When the packets of one track run, in exact seconds: shown from `start` to `end`, stored from `first` to `last`.

    The two differ where pictures are stored out of order. Sound stored before time 0 only prepares the decoder.
    """

    start: Fraction
    end: Fraction
    first: Fraction
    last: Fraction


@dataclass(frozen=True, slots=True)
class Segment:
    """One video of a reel.

    `width` and `height` are pixels of the upright picture, `rate` is frames a second, `rotation` the degrees that set
    the picture upright. Segments with the same `encoding` can be joined as they are. `spans` holds a TimeSpan for
    "video", and for "audio" if there is sound.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    rotation: int
    encoding: tuple[object, ...]
    spans: dict[str, TimeSpan]

    @property
    def seconds(self) -> float:
        """The length of the picture track in seconds."""
        return float(self.spans["video"].end - self.spans["video"].start)


def read_segment(path: Path) -> Segment:
    """Return the segment that the file at *path* makes. Raises UnreadableVideo, also where the file ends too early."""
    with opened(path) as (container, picture):
        rotation = next(container.decode(picture)).rotation
        sound = next(iter(container.streams.audio), None)
        stated = seconds_of(container, picture)
        rate = min(Fraction(picture.average_rate or _DEFAULT_RATE).limit_denominator(1001), _FASTEST)
        width, height = picture.codec_context.width, picture.codec_context.height
        encoding = (_picture_encoding(picture), rate, rotation, _sound_encoding(sound))
    spans = _time_spans(path)
    if stated is not None and float(spans["video"].end - spans["video"].start) < stated - _MISSING:
        raise UnreadableVideo(f"{plain(path)} is incomplete: it ends before the {stated:g} s that it states")
    width, height = (height, width) if rotation % 180 else (width, height)
    return Segment(path, width, height, rate, rotation, encoding, spans)


def tracks(container: InputContainer, picture: VideoStream) -> list[VideoStream | AudioStream]:
    """Return the tracks of an open video that go into a reel: the picture, and the first sound if there is one."""
    return [picture, *container.streams.audio[:1]]


def _time_spans(path: Path) -> dict[str, TimeSpan]:
    """Return when each track runs, read from its packets without decoding them."""
    spans: dict[str, TimeSpan] = {}
    with opened(path) as (container, picture):
        for packet in container.demux(tracks(container, picture)):
            if packet.dts is None or packet.pts is None:  # the empty packet at the end of each track
                continue
            shown, stored = packet.pts * packet.time_base, packet.dts * packet.time_base
            end = shown + (packet.duration or 0) * packet.time_base
            earlier = spans.get(packet.stream.type)
            if earlier is None:
                spans[packet.stream.type] = TimeSpan(shown, end, stored, stored)
            else:
                start, end = min(earlier.start, shown), max(earlier.end, end)
                spans[packet.stream.type] = TimeSpan(start, end, earlier.first, stored)
        if "video" not in spans:
            raise UnreadableVideo(f"{plain(path)} has no picture that can be decoded")
    return spans


def _picture_encoding(picture: VideoStream) -> tuple[object, ...]:
    codec = picture.codec_context
    return codec.name, codec.width, codec.height, codec.pix_fmt, codec.extradata, codec.sample_aspect_ratio or 1


def _sound_encoding(sound: AudioStream | None) -> tuple[object, ...] | None:
    if sound is None:
        return None
    codec = sound.codec_context
    return codec.name, codec.rate, codec.layout.name, codec.extradata
