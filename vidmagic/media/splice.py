"""Join films that are coded alike: their packets are copied, nothing is decoded."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from vidmagic.media.clip import Clip, tracks
from vidmagic.media.probe import opened


def splice(clips: Sequence[Clip], target: Any) -> Iterator[float]:
    """Copy the packets of *clips* into the open container *target*; yield the seconds done.

    Picture and sound of a clip are moved by the same time, so they stay in step. Where its sound is longer than its
    picture, the last frame stands for the rest, some hundredths of a second.
    """
    copies: dict[str, Any] = {}
    done = 0.0
    for clip, shift in zip(clips, shifts(clips), strict=True):
        for sources, packet in _packets(clip):
            copies = copies or {source.type: target.add_stream_from_template(source) for source in sources}
            ticks = math.ceil(shift / packet.time_base)  # upwards: a packet may be late by a tick, never early
            packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks
            packet.stream = copies[packet.stream.type]
            target.mux(packet)
            yield done
        done += clip.seconds


def _packets(clip: Clip) -> Iterator[tuple[list[Any], Any]]:
    """Yield each packet with the tracks of its film; apart, so that a fault in writing is not taken for one in it."""
    with opened(clip.path) as (film, picture):
        sources = tracks(film, picture)
        yield from ((sources, packet) for packet in film.demux(sources) if packet.dts is not None)


def shifts(clips: Sequence[Clip]) -> Iterator[Fraction]:
    """Yield the seconds by which each clip is moved so that it follows the one before it."""
    shift = -clips[0].spans["video"].start
    yield shift
    for before, clip in itertools.pairwise(clips):
        shift += max(_apart(kind, before, clip) for kind in clip.spans)
        yield shift


def _apart(kind: str, before: Clip, clip: Clip) -> Fraction:
    """Return how much later than its predecessor one track of a clip must come so that nothing overlaps."""
    ended, begins = before.spans[kind], clip.spans[kind]
    return max(ended.end - begins.start, ended.last - begins.first)
