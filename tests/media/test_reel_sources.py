"""Reels of videos that came from elsewhere: AV1, and videos that were cut without encoding them anew."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from tests.media import videos
from tests.media.test_reel import CLICK, clicking, clicks, flashes, joined, packets
from vidmagic.media.frames import frame, last_frame
from vidmagic.media.probe import probe
from vidmagic.media.segment import read_segment

CUT = 0.25  # seconds that are cut off: six pictures, which the next one cannot be decoded without


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    """Return a video whose first CUT seconds are hidden; it clicks and flashes CLICK - CUT seconds after its start."""
    return videos.cut(clicking(tmp_path / "whole.mp4"), tmp_path / "cut.mp4", CUT)


def pts_of_pictures(path: Path) -> list[int | None]:
    """Return the times of the packets of the picture, hidden ones included."""
    with av.open(str(path)) as container:
        return [packet.pts for packet in container.demux(video=0) if packet.dts is not None]


def test_the_cut_video_has_a_hidden_part(cut: Path) -> None:
    """The video of these tests is what it is meant to be: packets before its start, which no player shows."""
    assert min(time for time in pts_of_pictures(cut) if time is not None) < 0
    assert flashes(cut) == pytest.approx([CLICK - CUT], abs=0.05)


def test_a_cut_video_beside_another_one_keeps_picture_and_sound_in_step(cut: Path, tmp_path: Path) -> None:
    """Encoded anew, the click of a cut video comes with its flash, and so does that of the next one."""
    other = clicking(tmp_path / "other.mp4", size=(160, 90))
    out = joined(tmp_path / "reel.mp4", cut, other)
    assert flashes(out) == pytest.approx([CLICK - CUT, 2 - CUT + CLICK], abs=0.06)
    assert clicks(out) == pytest.approx(flashes(out), abs=0.03)


def test_cut_videos_that_are_alike_do_not_get_the_hidden_part_back(cut: Path, tmp_path: Path) -> None:
    """A reel of a cut video, also of nothing else, is as long as what was seen of it, and in step."""
    out = joined(tmp_path / "reel.mp4", cut, cut)
    assert not read_segment(cut).can_be_copied
    assert probe(out).duration == pytest.approx(2 * (2 - CUT), abs=0.1)
    assert flashes(out) == pytest.approx([CLICK - CUT, 2 - 2 * CUT + CLICK], abs=0.1)
    assert clicks(out) == pytest.approx(flashes(out), abs=0.03)


def test_pictures_of_a_cut_video_are_those_that_are_seen(tmp_path: Path) -> None:
    """Time 0 is where the shown part begins; the last frame is the last one shown."""
    path = videos.cut(videos.write(tmp_path / "whole.mp4", sound=True), tmp_path / "cut.mp4", 0.75)
    assert videos.number(frame(path, 0)) == pytest.approx(18, abs=1)
    assert videos.number(last_frame(path)) == pytest.approx(47, abs=1)
    assert probe(path).duration == pytest.approx(1.25, abs=0.05)


@pytest.fixture
def av1(tmp_path: Path) -> Path:
    """Return a second of AV1."""
    return videos.write(tmp_path / "av1.mp4", frames=24, codec="libsvtav1", sound=True)


def test_av1_is_read(av1: Path) -> None:
    """Facts and pictures of an AV1 video."""
    assert (probe(av1).codec, probe(av1).width) == ("av1", 320)
    assert videos.number(last_frame(av1)) == pytest.approx(23, abs=1)


def test_av1_videos_that_are_alike_are_copied(av1: Path, tmp_path: Path) -> None:
    """No encoder for AV1 is needed to join two of them."""
    out = joined(tmp_path / "reel.mp4", av1, av1)
    assert packets(out, "video") == packets(av1, "video") * 2
    assert videos.number(frame(out, 1.5)) == pytest.approx(12, abs=1)


def test_av1_beside_another_video_is_encoded_anew(av1: Path, tmp_path: Path) -> None:
    """A reel of AV1 and H.264 is H.264."""
    out = joined(tmp_path / "reel.mp4", av1, videos.write(tmp_path / "other.mp4", frames=24, sound=True))
    assert (probe(out).codec, probe(out).duration) == ("h264", pytest.approx(2, abs=0.1))
