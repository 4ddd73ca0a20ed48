"""Write a sheet of videos as one video or one animated picture, with its labels burnt in."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from vidmagic.media.reencode import pictures
from vidmagic.media.segment import Segment, read_segment
from vidmagic.media.sheet import Page, Sheet, make_page

LARGEST_VIDEO, FASTEST_VIDEO = (1920, 1080), Fraction(30)
LARGEST_GIF, FASTEST_GIF, MOST_GIF_FRAMES = (800, 800), Fraction(10), 150
_ENCODING = {"preset": "veryfast", "crf": "20"}
_COLOURS = 128
_SAMPLES = 8  # pictures from which the colours of an animated picture are chosen
_SAMPLE_SIZE = (160, 160)  # pixels


def write_video(sheet: Sheet, part: Path, tags: Mapping[str, str]) -> Iterator[float]:
    """Write *sheet* as an MP4 without sound to *part*, with *tags* in its header; yield the share done.

    It is as long as its longest video: the others hold their last picture. It is at most 1920 × 1080 pixels and 30
    frames a second. Raises UnreadableVideo, and InvalidRequest for a sheet of too many videos.
    """
    segments, page = _read(sheet, LARGEST_VIDEO)
    rate = min(max(segment.rate for segment in segments), FASTEST_VIDEO)
    count = _frames(segments, rate)
    options = {"movflags": "+faststart"}  # the index in front: a browser shows the video before it has all of it
    with av.open(str(part.absolute()), "w", format="mp4", options=options) as container:
        container.metadata.update(tags)
        track = container.add_stream("libx264", rate=rate, options=_ENCODING)
        track.width, track.height, track.pix_fmt = page.width, page.height, "yuv420p"
        for number, image in enumerate(_composed(sheet, segments, page, rate)):
            frame = av.VideoFrame.from_image(image)
            frame.pts, frame.time_base = number, 1 / rate
            container.mux(track.encode(frame))
            yield min(0.99, (number + 1) / count)
        container.mux(track.encode())


def write_gif(sheet: Sheet, part: Path) -> Iterator[float]:
    """Write *sheet* as an animated picture that repeats to *part*; yield the share done.

    It is at most 800 pixels a side and 10 frames a second, fewer where it would have more than 150 of them.
    """
    segments, page = _read(sheet, LARGEST_GIF)
    seconds = max(segment.seconds for segment in segments)
    rate = min(FASTEST_GIF, Fraction(MOST_GIF_FRAMES) / Fraction(seconds).limit_denominator(1000))
    colours = yield from _colours(sheet, segments, page, seconds)
    count = _frames(segments, rate)
    images = []
    for image in _composed(sheet, segments, page, rate):
        images.append(image.quantize(palette=colours, dither=Image.Dither.NONE))
        yield min(0.95, 0.1 + 0.85 * len(images) / count)
    images[0].save(
        part, "GIF", save_all=True, append_images=images[1:], duration=round(1000 / rate), loop=0, optimize=False
    )


def _colours(
    sheet: Sheet, segments: Sequence[Segment], page: Page, seconds: float
) -> Generator[float, None, Image.Image]:
    """Choose the colours of an animated picture from a few pictures over its whole length."""
    rate = Fraction(_SAMPLES) / Fraction(max(seconds, 0.1)).limit_denominator(1000)
    montage = Image.new("RGB", (_SAMPLE_SIZE[0] * (_SAMPLES + 2), _SAMPLE_SIZE[1]))
    for number, image in enumerate(_composed(sheet, segments, page, rate)):
        montage.paste(image.resize(_SAMPLE_SIZE), (number * _SAMPLE_SIZE[0], 0))
        yield min(0.1, 0.1 * number / _SAMPLES)
    return montage.quantize(_COLOURS)


def _read(sheet: Sheet, largest: tuple[int, int]) -> tuple[list[Segment], Page]:
    segments = [read_segment(video.path) for video in sheet.videos]
    return segments, make_page(sheet, [(segment.width, segment.height) for segment in segments], largest)


def _frames(segments: Sequence[Segment], rate: Fraction) -> int:
    return max(1, round(max(segment.seconds for segment in segments) * rate))


def _composed(sheet: Sheet, segments: Sequence[Segment], page: Page, rate: Fraction) -> Iterator[Image.Image]:
    """Yield the sheet again and again, each time with the next picture of each video that has one.

    It is one image that changes: use it before the next.
    """
    image = page.background(sheet)
    playing = {
        video: pictures(segment, *page.tile, rate) for video, segment in zip(sheet.videos, segments, strict=True)
    }
    while playing:
        has_moved = False
        for video, frames in list(playing.items()):
            frame = next(frames, None)
            if frame is None:
                del playing[video]  # its last picture stays
                continue
            image.paste(frame.to_image(), page.corner(video))
            has_moved = True
        if has_moved:
            yield image
