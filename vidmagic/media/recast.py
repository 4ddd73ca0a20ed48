"""Join films that differ: everything is decoded and coded anew, in one size, at one rate, with one kind of sound."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import av
from av.filter import Graph
from av.video.frame import PictureType

from vidmagic.media.clip import Clip
from vidmagic.media.probe import opened

_HERTZ, _LAYOUT = 48_000, "stereo"
_PICTURE = {"preset": "veryfast", "crf": "17"}  # the eye sees no loss; a slower preset would save disk, not quality
_UPRIGHT = {-90: [("transpose", "clock")], 90: [("transpose", "cclock")], 180: [("hflip", ""), ("vflip", "")]}
_NOT_YET = (av.BlockingIOError, av.EOFError)

Step = tuple[str, str]


def recast(clips: Sequence[Clip], target: Any) -> Iterator[float]:
    """Code *clips* anew into the open container *target*; yield the seconds done.

    The size is that of the first, the rate that of the fastest. A picture of another shape gets black bars and is never
    stretched. Sound is brought to the length of its picture, and is silence where a clip has none.
    """
    rate = max(clip.rate for clip in clips)
    picture = _picture_track(target, clips[0], rate)
    sound = _Sound(target) if any("audio" in clip.spans for clip in clips) else None
    shown = 0
    for clip in clips:
        for frame in _pictures(clip, _fitting(clip, picture, rate)):
            frame.pts, frame.time_base, frame.pict_type = shown, 1 / rate, PictureType.NONE
            target.mux(picture.encode(frame))
            shown += 1
            yield float(shown / rate)
        if sound is not None:
            sound.follow(clip, round(shown * _HERTZ / rate))
    target.mux(picture.encode())
    if sound is not None:
        sound.end()


def _picture_track(target: Any, first: Clip, rate: Fraction) -> Any:
    """Add the track of the picture; its sides are even, as the codec needs."""
    track = target.add_stream("libx264", rate=rate, options=_PICTURE)
    track.width, track.height = first.width + first.width % 2, first.height + first.height % 2
    track.pix_fmt = "yuv420p"
    return track


def _fitting(clip: Clip, track: Any, rate: Fraction) -> list[Step]:
    """Return the steps that bring a picture upright, into the middle of the track's frame, and to its rate."""
    width, height = track.width, track.height
    return [
        *_UPRIGHT.get(180 if clip.rotation == -180 else clip.rotation, []),
        ("scale", "w=iw*max(sar\\,1):h=ih/min(sar\\,1)"),
        ("setsar", "1"),
        ("scale", f"w={width}:h={height}:force_original_aspect_ratio=decrease:flags=lanczos"),
        ("pad", f"w={width}:h={height}:x=(ow-iw)/2:y=(oh-ih)/2"),
        ("setsar", "1"),
        ("setpts", "PTS-STARTPTS"),
        ("fps", f"fps={rate}:start_time=0"),
        ("format", "yuv420p"),
    ]


def _pictures(clip: Clip, steps: Iterable[Step]) -> Iterator[Any]:
    with opened(clip.path) as (film, picture):
        graph = Graph()
        _chain(graph, graph.add_buffer(template=picture), [*steps, ("buffersink", "")])
        for frame in film.decode(picture):
            graph.vpush(frame)
            yield from _pulled(graph)
        graph.vpush(None)
        yield from _pulled(graph)


class _Sound:
    """The sound of a reel, that follows its picture."""

    def __init__(self, target: Any) -> None:
        self._target = target
        self._track = target.add_stream("aac", rate=_HERTZ, layout=_LAYOUT, bit_rate=192_000)
        self._waiting = av.AudioFifo()
        self._given = 0
        self._coded = 0

    def follow(self, clip: Clip, until: int) -> None:
        """Add the sound of *clip*, or silence, so that *until* samples have been given in all."""
        for frame in _sounds(clip, until - self._given) if "audio" in clip.spans else _silence(until - self._given):
            frame.pts = None  # it is counted anew
            self._waiting.write(frame)
        self._given = until
        while (block := self._waiting.read(self._track.codec_context.frame_size or 1024)) is not None:
            self._code(block)

    def end(self) -> None:
        """Code what is left."""
        if (rest := self._waiting.read(0, partial=True)) is not None:
            self._code(rest)
        self._target.mux(self._track.encode())

    def _code(self, block: Any) -> None:
        block.pts, block.time_base = self._coded, Fraction(1, _HERTZ)
        self._coded += block.samples
        self._target.mux(self._track.encode(block))


def _sounds(clip: Clip, samples: int) -> Iterator[Any]:
    """Yield *samples* samples of a clip's sound from the moment on at which its picture begins."""
    start = float(clip.spans["video"].start)
    steps = [("asetpts", f"PTS-{start}/TB"), ("aresample", f"{_HERTZ}:async=1:first_pts=0"), *_alike(samples)]
    with opened(clip.path) as (film, _):
        sound = film.streams.audio[0]
        graph = Graph()
        _chain(graph, graph.add_abuffer(template=sound), steps)
        with contextlib.suppress(av.EOFError):  # there is more than is needed
            for frame in film.decode(sound):
                graph.push(frame)
                yield from _pulled(graph)
            graph.push(None)
        yield from _pulled(graph)


def _silence(samples: int) -> Iterator[Any]:
    graph = Graph()
    _chain(graph, graph.add("anullsrc", f"r={_HERTZ}:cl={_LAYOUT}"), _alike(samples))
    yield from _pulled(graph)


def _alike(samples: int) -> list[Step]:
    """Return the steps that bring sound into one form and to one length."""
    form = f"sample_fmts=fltp:sample_rates={_HERTZ}:channel_layouts={_LAYOUT}"
    return [("aformat", form), ("apad", ""), ("atrim", f"end_sample={samples}"), ("abuffersink", "")]


def _chain(graph: Graph, source: Any, steps: Iterable[Step]) -> None:
    """Link a source and the filters after it, one behind the other."""
    for name, options in steps:
        link = graph.add(name, options or None)
        source.link_to(link)
        source = link
    graph.configure()


def _pulled(graph: Graph) -> Iterator[Any]:
    """Yield what comes out of the graph now."""
    with contextlib.suppress(*_NOT_YET):
        while True:
            yield graph.pull()
