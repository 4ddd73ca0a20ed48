"""One video as a segment of a reel: how it is encoded, and when its picture and its sound run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from vidmagic.escaping import plain
from vidmagic.media.orientation import Turn, shown_size, turn_of
from vidmagic.media.probe import UnreadableVideo, opened, seconds_of

if TYPE_CHECKING:
    from av import AudioStream, VideoStream
    from av.container import InputContainer

_MISSING = 0.5  # seconds that may be missing at the end: files round the length they state
_CUT_SOUND = Fraction(1, 5)  # seconds; less of it only prepares the decoder
_COPIED = {"h264", "hevc", "mpeg4", "av1", "libdav1d"}, {"aac", "mp3"}  # picture and sound that any MP4 may hold
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

    `width` and `height` are pixels of the upright picture, `rate` is frames a second, `turn` what sets the picture
    upright. Segments with the same `encoding` can be joined as they are if each `can_be_copied`: not what was cut
    without encoding it anew, whose hidden part would come back. `spans` holds a TimeSpan for "video", and for "audio"
    if there is sound.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    turn: Turn | None
    encoding: tuple[object, ...]
    spans: dict[str, TimeSpan]
    can_be_copied: bool

    @property
    def seconds(self) -> float:
        """The length of the picture track in seconds."""
        return float(self.spans["video"].end - self.spans["video"].start)


def read_segment(path: Path) -> Segment:
    """Return the segment that the file at *path* makes. Raises UnreadableVideo, also where the file ends too early."""
    with opened(path) as (container, picture):
        first = next(container.decode(picture), None)
        turn = turn_of(first) if first is not None else None
        sound = next(iter(container.streams.audio), None)
        stated = seconds_of(container, picture)
        rate = min(Fraction(picture.average_rate or _DEFAULT_RATE).limit_denominator(1001), _FASTEST)
        width, height = shown_size(picture.codec_context.width, picture.codec_context.height, turn)
        encoding = (_picture_encoding(picture), rate, turn, _sound_encoding(sound))
        can_be_copied = "mp4" in container.format.name and _may_be_in_mp4(picture, sound)
    spans, hidden = _time_spans(path)
    begin, end = spans["video"].start, max(span.end for span in spans.values())
    if stated is not None and float(end - begin) < stated - _MISSING:
        raise UnreadableVideo(f"{plain(path)} is incomplete: it ends before the {stated:g} s that it states")
    can_be_copied = can_be_copied and not hidden
    return Segment(path, width, height, rate, turn, encoding, spans, can_be_copied)


def tracks(container: InputContainer, picture: VideoStream) -> list[VideoStream | AudioStream]:
    """Return the tracks of an open video that go into a reel: the picture, and the first sound if there is one."""
    return [picture, *container.streams.audio[:1]]


def _time_spans(path: Path) -> tuple[dict[str, TimeSpan], bool]:
    """Return when each track runs, read from its packets without decoding them, and whether something is hidden.

    Packets before or after the part that the file shows (its edit list) are only there to be decoded. Those of sound
    have a place of their own in a reel all the same.
    """
    spans: dict[str, TimeSpan] = {}
    hidden = {"video": Fraction(), "audio": Fraction()}
    with opened(path) as (container, picture):
        for packet in container.demux(tracks(container, picture)):
            if packet.pts is None:  # the empty packet at the end of each track
                continue
            length = (packet.duration or 0) * packet.time_base
            if packet.is_discard:
                hidden[packet.stream.type] += length
                if packet.stream.type == "video":
                    continue
            shown = packet.pts * packet.time_base
            stored = shown if packet.dts is None else packet.dts * packet.time_base
            end = shown + length
            earlier = spans.get(packet.stream.type)
            if earlier is None:
                spans[packet.stream.type] = TimeSpan(shown, end, stored, stored)
            else:
                start, end = min(earlier.start, shown), max(earlier.end, end)
                spans[packet.stream.type] = TimeSpan(start, end, earlier.first, stored)
        if "video" not in spans:
            raise UnreadableVideo(f"{plain(path)} has no picture that can be decoded")
    return spans, hidden["video"] > 0 or hidden["audio"] > _CUT_SOUND


def _may_be_in_mp4(picture: VideoStream, sound: AudioStream | None) -> bool:
    pictures, sounds = _COPIED
    return picture.codec_context.name in pictures and (sound is None or sound.codec_context.name in sounds)


def _picture_encoding(picture: VideoStream) -> tuple[object, ...]:
    codec = picture.codec_context
    return codec.name, codec.width, codec.height, codec.pix_fmt, codec.extradata, codec.sample_aspect_ratio or 1


def _sound_encoding(sound: AudioStream | None) -> tuple[object, ...] | None:
    if sound is None:
        return None
    codec = sound.codec_context
    return codec.name, codec.rate, codec.layout.name, codec.extradata
