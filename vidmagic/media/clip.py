"""A film as a piece of a reel: how it is coded, and from when to when its picture and its sound run."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from vidmagic.escaping import plain
from vidmagic.media.probe import UnreadableVideo, opened, seconds_of

_LOST = 0.5  # seconds that may be missing at the end: files round what they say of their length
_FASTEST, _USUAL = Fraction(60), Fraction(24)  # frames a second: more is a false statement; none is guessed so


@dataclass(frozen=True, slots=True)
class Span:
    """When the packets of one track run, in exact seconds: shown from `start` to `end`, stored from `first` to `last`.

    The two differ where pictures are stored out of order. Sound stored before time 0 only warms the decoder up.
    """

    start: Fraction
    end: Fraction
    first: Fraction
    last: Fraction


@dataclass(frozen=True, slots=True)
class Clip:
    """One film: its upright size in pixels, its frames a second, and the `rotation` in degrees that sets it upright.

    Films with the same `form` can be joined as they are. `spans` holds a Span for "video", and for "audio" if there is
    sound.
    """

    path: Path
    width: int
    height: int
    rate: Fraction
    rotation: int
    form: tuple[object, ...]
    spans: dict[str, Span]

    @property
    def seconds(self) -> float:
        """How long the picture runs."""
        return float(self.spans["video"].end - self.spans["video"].start)


def examine(path: Path) -> Clip:
    """Read what a reel must know of a film. Raises UnreadableVideo, also where the file breaks off."""
    with opened(path) as (film, picture):
        rotation = next(film.decode(picture)).rotation
        sound = next(iter(film.streams.audio), None)
        stated = seconds_of(film, picture)
        rate = min(Fraction(picture.average_rate or _USUAL).limit_denominator(1001), _FASTEST)
        width, height = picture.codec_context.width, picture.codec_context.height
        form = (_picture_form(picture), rate, rotation, _sound_form(sound))
    spans = _spans(path)
    if stated is not None and float(spans["video"].end - spans["video"].start) < stated - _LOST:
        raise UnreadableVideo(f"{plain(path)} breaks off before its end")
    width, height = (height, width) if rotation % 180 else (width, height)
    return Clip(path, width, height, rate, rotation, form, spans)


def tracks(film: Any, picture: Any) -> list[Any]:
    """Return the tracks of a film that go into a reel: the picture, and the first sound if there is one."""
    return [picture, *film.streams.audio[:1]]


def _spans(path: Path) -> dict[str, Span]:
    """Walk through the packets without decoding them."""
    spans: dict[str, Span] = {}
    with opened(path) as (film, picture):
        for packet in film.demux(tracks(film, picture)):
            if packet.dts is None or packet.pts is None:  # the empty packet at the end of each track
                continue
            shown, stored = packet.pts * packet.time_base, packet.dts * packet.time_base
            end = shown + (packet.duration or 0) * packet.time_base
            known = spans.get(packet.stream.type)
            if known is not None:
                shown, end, first = min(known.start, shown), max(known.end, end), known.first
            spans[packet.stream.type] = Span(shown, end, stored if known is None else first, stored)
        if "video" not in spans:
            raise UnreadableVideo(f"{plain(path)} has no picture that can be decoded")
    return spans


def _picture_form(picture: Any) -> tuple[object, ...]:
    codec = picture.codec_context
    return codec.name, codec.width, codec.height, codec.pix_fmt, codec.extradata, codec.sample_aspect_ratio or 1


def _sound_form(sound: Any) -> tuple[object, ...] | None:
    if sound is None:
        return None
    codec = sound.codec_context
    return codec.name, codec.rate, codec.layout.name, codec.extradata
