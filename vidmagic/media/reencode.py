"""Join videos that differ: everything is decoded and encoded anew, in one size, at one rate, with one kind of sound."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
from av.filter import Graph
from av.video.frame import PictureType

from vidmagic.media.orientation import Turn
from vidmagic.media.probe import opened
from vidmagic.media.segment import Segment

if TYPE_CHECKING:
    from av import AudioFrame, VideoFrame, VideoStream
    from av.container import OutputContainer
    from av.filter.context import FilterContext

_HERTZ, _LAYOUT = 48_000, "stereo"
_PICTURE = {"preset": "veryfast", "crf": "17"}  # the eye sees no loss; a slower preset would save disk, not quality
_UPRIGHT = {
    Turn.FLIP_LEFT_RIGHT: [("hflip", "")],
    Turn.FLIP_TOP_BOTTOM: [("vflip", "")],
    Turn.ROTATE_180: [("hflip", ""), ("vflip", "")],
    Turn.ROTATE_270: [("transpose", "clock")],
    Turn.ROTATE_90: [("transpose", "cclock")],
    Turn.TRANSPOSE: [("transpose", "cclock_flip")],
    Turn.TRANSVERSE: [("transpose", "clock_flip")],
}
_NO_FRAME_YET = (av.BlockingIOError, av.EOFError)

Filter = tuple[str, str]


def reencode(segments: Sequence[Segment], target: OutputContainer) -> Iterator[float]:
    """Encode *segments* anew into the open container *target*; yield the seconds done.

    The size is that of the first, the rate that of the fastest. A picture of another shape gets black bars and is never
    stretched. Sound is brought to the length of its picture, and is silence where a segment has none.
    """
    rate = max(segment.rate for segment in segments)
    picture = _picture_track(target, segments[0], rate)
    sound = _SoundTrack(target) if any("audio" in segment.spans for segment in segments) else None
    shown = 0
    for segment in segments:
        for frame in pictures(segment, picture.width, picture.height, rate):
            frame.pts, frame.time_base, frame.pict_type = shown, 1 / rate, PictureType.NONE
            target.mux(picture.encode(frame))
            shown += 1
            yield float(shown / rate)
        if sound is not None:
            sound.add(segment, round(shown * _HERTZ / rate))
    target.mux(picture.encode())
    if sound is not None:
        sound.finish()


def _picture_track(target: OutputContainer, first: Segment, rate: Fraction) -> VideoStream:
    """Add and return the track of the picture; its sides are even, as the codec needs."""
    track = target.add_stream("libx264", rate=rate, options=_PICTURE)
    track.width, track.height = first.width + first.width % 2, first.height + first.height % 2
    track.pix_fmt = "yuv420p"
    return track


def pictures(segment: Segment, width: int, height: int, rate: Fraction) -> Iterator[VideoFrame]:
    """Yield the pictures of *segment* upright, fitted into a frame of this size with black bars, at this rate."""
    with opened(segment.path) as (container, picture):
        graph = Graph()
        filters = [*_filters(segment, width, height, rate), ("buffersink", "")]
        _connect(graph, graph.add_buffer(template=picture), filters)
        for frame in container.decode(picture):
            graph.vpush(frame)
            yield from _frames_of(graph)
        graph.vpush(None)
        yield from _frames_of(graph)


def _filters(segment: Segment, width: int, height: int, rate: Fraction) -> list[Filter]:
    return [
        *(_UPRIGHT[segment.turn] if segment.turn is not None else []),
        ("scale", "w=iw*max(sar\\,1):h=ih/min(sar\\,1)"),
        ("setsar", "1"),
        ("scale", f"w={width}:h={height}:force_original_aspect_ratio=decrease:flags=lanczos"),
        ("pad", f"w={width}:h={height}:x=(ow-iw)/2:y=(oh-ih)/2"),
        ("setsar", "1"),
        ("setpts", "PTS-STARTPTS"),
        ("fps", f"fps={rate}:start_time=0"),
        ("format", "yuv420p"),
    ]


class _SoundTrack:
    """The sound track of a reel; each segment gets as much of it as its picture is long."""

    def __init__(self, target: OutputContainer) -> None:
        self._target = target
        self._track = target.add_stream("aac", rate=_HERTZ, layout=_LAYOUT, bit_rate=192_000)
        self._queue = av.AudioFifo()
        self._added = 0
        self._encoded = 0

    def add(self, segment: Segment, until: int) -> None:
        """Add the sound of *segment*, or silence, until the track has *until* samples in all."""
        samples = until - self._added
        for frame in _sound(segment, samples) if "audio" in segment.spans else _silence(samples):
            frame.pts = None  # it is numbered anew
            self._queue.write(frame)
        self._added = until
        while (block := self._queue.read(self._track.codec_context.frame_size or 1024)) is not None:
            self._encode(block)

    def finish(self) -> None:
        """Encode what is left."""
        if (block := self._queue.read(0, partial=True)) is not None:
            self._encode(block)
        self._target.mux(self._track.encode())

    def _encode(self, block: AudioFrame) -> None:
        block.pts, block.time_base = self._encoded, Fraction(1, _HERTZ)
        self._encoded += block.samples
        self._target.mux(self._track.encode(block))


def _sound(segment: Segment, samples: int) -> Iterator[AudioFrame]:
    """Yield *samples* samples of a segment's sound from the start of its picture on."""
    start = float(segment.spans["video"].start)
    filters = [("asetpts", f"PTS-{start}/TB"), ("aresample", f"{_HERTZ}:async=1:first_pts=0"), *_uniform(samples)]
    with opened(segment.path) as (container, _):
        sound = container.streams.audio[0]
        graph = Graph()
        _connect(graph, graph.add_abuffer(template=sound), filters)
        with contextlib.suppress(av.EOFError):  # the sound is longer than needed
            for frame in container.decode(sound):
                graph.push(frame)
                yield from _frames_of(graph)
            graph.push(None)
        yield from _frames_of(graph)


def _silence(samples: int) -> Iterator[AudioFrame]:
    graph = Graph()
    _connect(graph, graph.add("anullsrc", f"r={_HERTZ}:cl={_LAYOUT}"), _uniform(samples))
    yield from _frames_of(graph)


def _uniform(samples: int) -> list[Filter]:
    """Return the filters that bring sound into one format and to one length."""
    sound = f"sample_fmts=fltp:sample_rates={_HERTZ}:channel_layouts={_LAYOUT}"
    return [("aformat", sound), ("apad", ""), ("atrim", f"end_sample={samples}"), ("abuffersink", "")]


def _connect(graph: Graph, source: FilterContext, filters: Iterable[Filter]) -> None:
    """Link a source and the filters after it into a chain."""
    for name, options in filters:
        link = graph.add(name, options or None)
        source.link_to(link)
        source = link
    graph.configure()


def _frames_of(graph: Graph) -> Iterator[Any]:  # pictures or sound, as the graph was given
    """Yield the frames that the graph has ready."""
    with contextlib.suppress(*_NO_FRAME_YET):
        while True:
            yield graph.pull()
