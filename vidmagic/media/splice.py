"""Join videos that are encoded alike: their packets are copied, nothing is decoded."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from vidmagic.media.probe import opened
from vidmagic.media.segment import Segment, tracks

if TYPE_CHECKING:
    from av import AudioStream, Packet, VideoStream
    from av.container import OutputContainer
    from av.stream import Stream


def splice(segments: Sequence[Segment], target: OutputContainer) -> Iterator[float]:
    """Copy the packets of *segments* into the open container *target*; yield the seconds done.

    Picture and sound of a segment are moved by the same time, so they stay in sync. Where its sound is longer than its
    picture, the last frame stays on the screen until the sound ends, some hundredths of a second.
    """
    copies: dict[str, Stream] = {}
    done = 0.0
    for segment, shift in zip(segments, shifts(segments), strict=True):
        for sources, packet in _packets(segment):
            copies = copies or {source.type: _copy_of(source, target) for source in sources}
            ticks = math.ceil(shift / packet.time_base)  # upwards: a packet may be late by a tick, never early
            packet.pts, packet.dts = _later(packet.pts, ticks), _later(packet.dts, ticks)
            packet.stream = copies[packet.stream.type]
            target.mux(packet)
            yield done
        done += segment.seconds


def _copy_of(source: VideoStream | AudioStream, target: OutputContainer) -> Stream:
    """Add and return a track like *source*; as it is, for an encoder of that kind may not be there."""
    return target.add_stream_from_template(source, opaque=True)


def _later(time: int | None, ticks: int) -> int | None:
    return None if time is None else time + ticks


def _packets(segment: Segment) -> Iterator[tuple[list[VideoStream | AudioStream], Packet[Stream]]]:
    """Yield each packet with the tracks of its video; apart, so that a failed write is not blamed on the video."""
    with opened(segment.path) as (container, picture):
        sources = tracks(container, picture)
        yield from ((sources, packet) for packet in container.demux(sources) if packet.dts is not None)


def shifts(segments: Sequence[Segment]) -> Iterator[Fraction]:
    """Yield the seconds by which each segment is moved so that it follows the one before it."""
    shift = -segments[0].spans["video"].start
    yield shift
    for before, segment in itertools.pairwise(segments):
        shift += max(_gap(kind, before, segment) for kind in segment.spans)
        yield shift


def _gap(kind: str, before: Segment, segment: Segment) -> Fraction:
    """Return how much later than its predecessor one track of a segment must come so that nothing overlaps."""
    ended, begins = before.spans[kind], segment.spans[kind]
    return max(ended.end - begins.start, ended.last - begins.first)
