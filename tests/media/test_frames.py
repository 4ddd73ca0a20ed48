"""Pictures out of a video: the right one, without decoding all."""

from __future__ import annotations

import io
from dataclasses import replace

import av
import pytest
from PIL import Image

from tests.media import videos
from vidmagic.media import frames
from vidmagic.media.probe import UnreadableVideo


@pytest.mark.parametrize("number", [0, 1, 11, 12, 13, 30, 46, 47])
def test_the_frame_at_a_time(short_video, number):
    """At the time of a frame, and until the next one, that very frame is returned, on and off key frames."""
    assert videos.number(frames.frame(short_video, number / 24)) == number
    assert videos.number(frames.frame(short_video, number / 24 + 0.03)) == number


def test_the_end_is_the_last_frame(short_video):
    """The last moment of a video shows its last frame, at full size."""
    assert videos.number(frames.frame(short_video, 2.0)) == 47
    assert videos.number(frames.last_frame(short_video)) == 47
    assert frames.last_frame(short_video).size == (320, 180)


@pytest.mark.parametrize("seconds", [-0.01, 2.01, 1e9, float("nan"), float("inf")])
def test_times_outside_are_refused(short_video, seconds):
    """A time outside the video is a ValueError with the bounds."""
    with pytest.raises(ValueError, match="outside the video, 0 to 2 s"):
        frames.frame(short_video, seconds)


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
@pytest.mark.parametrize("group", [1, 7, 1000])
def test_any_order_of_frames(tmp_path, preset, group):
    """Any frame is reached, also where few are key frames and where they are stored out of order."""
    short_video = videos.write(tmp_path / "video.mp4", group=group, preset=preset)
    assert videos.number(frames.last_frame(short_video)) == 47
    assert [videos.number(frames.frame(short_video, i / 24)) for i in (0, 5, 24, 41, 46)] == [0, 5, 24, 41, 46]


def test_a_single_frame(tmp_path):
    """A video of one frame has a last frame, a poster and a strip."""
    short_video = videos.write(tmp_path / "one.mp4", frames=1)
    assert videos.number(frames.last_frame(short_video)) == 0
    assert frames.poster(short_video)
    assert frames.filmstrip(short_video, 3)


def test_seeking_decodes_one_group_only(short_video, monkeypatch):
    """For the last frame no more than the frames since its key frame are decoded."""
    decoded = []
    until = frames._OpenVideo._decode_until

    class Counting:
        def __init__(self, container):
            self.container = container

        def seek(self, *args, **kwargs):
            return self.container.seek(*args, **kwargs)

        def decode(self, stream):
            for picture in self.container.decode(stream):
                decoded.append(picture)
                yield picture

    def counted(self, *args):
        return until(replace(self, container=Counting(self.container)), *args)

    monkeypatch.setattr(frames._OpenVideo, "_decode_until", counted)
    frames.last_frame(short_video)
    assert len(decoded) == 12


def test_the_poster_is_small(short_video, tall):
    """A poster is a JPEG of less than 40 kB, at most 480 pixels wide, never enlarged, even of noise."""
    for path, size in ((short_video, (320, 180)), (tall, None)):
        data = frames.poster(path)
        image = Image.open(io.BytesIO(data))
        assert image.format == "JPEG"
        assert len(data) < 40_000
        assert image.width <= 480
        assert size is None or image.size == size
        assert image.height == pytest.approx(image.width * (180 / 320 if path == short_video else 1280 / 720), abs=1)


def test_the_poster_is_from_within(short_video):
    """The poster is neither the first nor the last frame: a third into the video."""
    assert videos.number(Image.open(io.BytesIO(frames.poster(short_video)))) == 16
    assert Image.open(io.BytesIO(frames.poster(short_video, width=100))).size == (100, 56)


@pytest.mark.parametrize(("n", "numbers"), [(1, [24]), (2, [0, 47]), (5, [0, 12, 24, 36, 47])])
def test_a_filmstrip_is_evenly_spaced(short_video, n, numbers):
    """A filmstrip shows n frames from the first to the last."""
    strip = frames.filmstrip(short_video, n)
    assert strip.size == (244 * n - 4, 135)
    assert [videos.number(strip.crop((244 * i + 10, 10, 244 * i + 230, 120))) for i in range(n)] == numbers


def test_a_filmstrip_of_none_is_refused(short_video):
    """No pictures make no strip."""
    with pytest.raises(ValueError, match="at least 1"):
        frames.filmstrip(short_video, 0)


def test_an_incomplete_file_is_refused(short_video, tmp_path):
    """Of a cut file the frames that are there can be had; no earlier frame passes for the last."""
    front, cut = tmp_path / "front.mp4", tmp_path / "cut.mp4"
    with av.open(str(short_video)) as source, av.open(str(front), "w", options={"movflags": "+faststart"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    whole = front.read_bytes()
    cut.write_bytes(whole[: (whole.index(b"mdat") + len(whole)) // 2])
    assert videos.number(frames.frame(cut, 0.25)) == 6
    with pytest.raises(UnreadableVideo):
        frames.last_frame(cut)
