"""One video out of several: nothing lost, nothing stretched, picture and sound in step."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.media import videos
from vidmagic.errors import InvalidRequest
from vidmagic.media.frames import frame
from vidmagic.media.probe import UnreadableVideo, probe
from vidmagic.media.reel import join, same_encoding
from vidmagic.media.segment import read_segment

CLICK = 0.5  # seconds after the start of a video at which its sound clicks


def joined(out: Path, *paths: Path) -> Path:
    """Join videos to the end."""
    assert list(join(paths, out))[-1] == 1.0
    return out


def packets(path: Path, kind: str) -> list[bytes]:
    """Return the coded pictures, or the coded sound."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.dts is not None]


def clicking(path: Path, *, rate: int = 24, hertz: int = 44_100, layout: str = "mono", **how: object) -> Path:
    """Write a video of two seconds that turns white, and clicks, CLICK seconds after its start."""
    size = how.get("size", (320, 180))
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=rate, options={"preset": str(how.get("preset", "ultrafast"))})
        track = container.add_stream("aac", rate=hertz, layout=layout)
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        for number in range(2 * rate):
            shade = 235 if 0 <= number - CLICK * rate < rate / 4 else 16
            container.mux(video.encode(av.VideoFrame.from_image(Image.new("RGB", size, (shade,) * 3))))
        container.mux(video.encode())
        wave = np.zeros(2 * hertz, "float32")
        wave[int(CLICK * hertz) : int((CLICK + 0.25) * hertz)] = 0.8 * np.sin(np.arange(int(0.25 * hertz)) / 5)
        for at in range(0, len(wave) - 1023, 1024):
            planes = np.repeat(wave[None, at : at + 1024], 2 if layout == "stereo" else 1, axis=0)
            sound = av.AudioFrame.from_ndarray(np.ascontiguousarray(planes), "fltp", layout)
            sound.sample_rate, sound.pts, sound.time_base = hertz, at, Fraction(1, hertz)
            container.mux(track.encode(sound))
        container.mux(track.encode())
    return path


def flashes(path: Path) -> list[float]:
    """Return when the picture turns white, in seconds."""
    with av.open(str(path)) as container:
        bright = [(frame.time, videos.number(frame.to_image()) > 40) for frame in container.decode(video=0)]
    return [now for (_, before), (now, lit) in itertools.pairwise(bright) if lit and not before]


def clicks(path: Path) -> list[float]:
    """Return when the sound begins after silence, in seconds."""
    loud: list[float] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            wave = np.abs(frame.to_ndarray()).max(axis=0)
            loud += list(frame.time + np.flatnonzero(wave > 0.3) / frame.sample_rate)
    return [now for before, now in zip([-1.0, *loud], loud, strict=False) if now - before > 0.2]


def quarter_turned(path: Path) -> Path:
    """Write into the video's header that it is to be turned by a quarter, as a telephone does."""
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # the matrix: ISO/IEC 14496-12, section 8.3.2
    one = 0x10000
    data[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 180 * one, 0, 0x40000000)
    path.write_bytes(data)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Return where the reel goes."""
    return tmp_path / "reel.mp4"


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
@pytest.mark.parametrize("sound", [True, False])
def test_videos_that_are_alike_are_copied_bit_by_bit(tmp_path, out, preset, sound):
    """Every packet of picture and sound is in the reel as it was, in order, also where pictures are out of order."""
    a = videos.write(tmp_path / "a.mp4", preset=preset, sound=sound)
    b = videos.write(tmp_path / "b.mp4", preset=preset, sound=sound, frames=30)
    joined(out, a, b, a)
    assert packets(out, "video") == [*packets(a, "video"), *packets(b, "video"), *packets(a, "video")]
    if sound:
        assert packets(out, "audio") == [*packets(a, "audio"), *packets(b, "audio"), *packets(a, "audio")]
    assert probe(out).duration == pytest.approx(2 + 1.25 + 2, abs=0.06)
    assert [videos.number(frame(out, at)) for at in (0.01, 1.9, 2.3, 5.2)] == pytest.approx([0, 45, 6, 47], abs=1)


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])
def test_a_copy_keeps_picture_and_sound_in_step(tmp_path, out, preset):
    """In every video of a copied reel the click comes with the flash, and seams do not add up."""
    path = clicking(tmp_path / "a.mp4", preset=preset)
    joined(out, *[path] * 4)
    assert packets(out, "video") == packets(path, "video") * 4
    assert len(flashes(out)) == len(clicks(out)) == 4
    assert clicks(out) == pytest.approx(flashes(out), abs=0.03)
    assert flashes(out) == pytest.approx([CLICK + 2 * i for i in range(4)], abs=0.1)


def test_videos_that_differ_are_in_step_too(tmp_path, out):
    """Sizes, rates and sounds of all kinds become one, with the click at the flash and silence where none was."""
    a = clicking(tmp_path / "a.mp4")
    mute = videos.write(tmp_path / "mute.mp4", rate=12, frames=12, size=(180, 320))
    b = clicking(tmp_path / "b.mp4", rate=30, hertz=22_050, layout="stereo", size=(200, 200))
    joined(out, a, mute, b, a)
    assert clicks(out) == pytest.approx([CLICK, 3 + CLICK, 5 + CLICK], abs=0.03)
    with av.open(str(out)) as container:
        lengths = [float(track.duration * track.time_base) for track in container.streams]
    assert lengths == pytest.approx([7, 7], abs=0.03)
    facts = probe(out)
    assert (facts.width, facts.height, facts.fps, facts.codec, facts.audio) == (320, 180, 30, "h264", True)
    with av.open(str(out)) as container:
        quiet = [np.abs(frame.to_ndarray()).max() for frame in container.decode(audio=0) if 2.1 < frame.time < 2.9]
    assert max(quiet) < 0.01


def test_silent_videos_make_a_silent_reel(tmp_path, out):
    """Where not a video has a sound the reel has no track for one."""
    joined(out, videos.write(tmp_path / "a.mp4"), videos.write(tmp_path / "b.mp4", size=(160, 90)))
    assert not probe(out).audio


def test_a_picture_of_another_shape_gets_bars(tmp_path, out):
    """A portrait video among landscapes stands upright in the middle, unstretched, with black beside it."""
    card = Image.new("RGB", (180, 320), "white")
    joined(out, videos.write(tmp_path / "a.mp4"), videos.write(tmp_path / "b.mp4", size=(180, 320), picture=card))
    assert _white(frame(out, 3.0)) == pytest.approx((109, 0, 211, 180), abs=4)


def test_the_first_video_gives_the_shape(tmp_path, out):
    """A reel that begins upright is upright, and a landscape in it has its bars above and below."""
    card = Image.new("RGB", (320, 180), "white")
    joined(out, videos.write(tmp_path / "a.mp4", size=(180, 320)), videos.write(tmp_path / "b.mp4", picture=card))
    assert (probe(out).width, probe(out).height) == (180, 320)
    assert _white(frame(out, 3.0)) == pytest.approx((0, 109, 180, 211), abs=4)


def test_a_turned_video_is_turned(tmp_path, out):
    """A video that its header turns by a quarter stands upright in the reel, and counts as upright."""
    card = Image.new("RGB", (320, 180), "black")
    card.paste("white", (0, 0, 160, 180))
    turned = quarter_turned(videos.write(tmp_path / "a.mp4", picture=card))
    assert (read_segment(turned).width, read_segment(turned).height) == (180, 320)
    joined(out, turned, videos.write(tmp_path / "b.mp4", size=(180, 320)))
    assert (probe(out).width, probe(out).height) == (180, 320)
    assert _white(frame(out, 1.0)) == pytest.approx((0, 0, 180, 160), abs=4)


def test_odd_sizes_are_made_even(tmp_path, out):
    """A video with an odd side, which the codec cannot write, is widened by one pixel."""
    odd = tmp_path / "odd.mp4"
    with av.open(str(odd), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 161, 91, "yuv444p"
        for _ in range(24):
            container.mux(video.encode(av.VideoFrame.from_image(Image.new("RGB", (161, 91), "white"))))
        container.mux(video.encode())
    joined(out, odd, videos.write(tmp_path / "b.mp4"))
    assert (probe(out).width, probe(out).height, probe(out).duration) == (162, 92, 3.0)


def test_frames_keep_their_times_at_another_rate(tmp_path, out):
    """At the rate of the fastest video a slower one shows each picture as long as before."""
    slow = videos.write(tmp_path / "slow.mp4", rate=8, frames=16)
    joined(out, slow, videos.write(tmp_path / "fast.mp4", size=(160, 90)))
    assert probe(out).fps == 24
    assert [videos.number(frame(out, at / 8 + 0.06)) for at in range(16)] == pytest.approx(list(range(16)), abs=0.6)


def test_a_single_video_is_a_reel(tmp_path, out):
    """One video is copied as it is."""
    a = videos.write(tmp_path / "a.mp4", sound=True)
    assert packets(joined(out, a), "video") == packets(a, "video")


def test_progress_goes_up_and_ends_at_one(tmp_path, out):
    """The fractions never fall, stay below one while there is work, and end at one."""
    seen = list(join([videos.write(tmp_path / "a.mp4"), videos.write(tmp_path / "b.mp4", rate=12)], out))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0 > seen[-2]
    assert len(seen) > 20


def _truncated(path: Path) -> Path:
    """Cut a video whose index stands in front in the middle of its pictures."""
    data = joined(path.with_name("front.mp4"), videos.write(path)).read_bytes()
    path.write_bytes(data[: (data.index(b"mdat") + len(data)) // 2])
    return path


def _no_video(path: Path) -> Path:
    path.write_bytes(b"not a video" * 100)
    return path


def _missing(path: Path) -> Path:
    return path


def _bare(path: Path) -> Path:
    return videos.write(path, bare=True)


@pytest.mark.parametrize("damage", [_truncated, _no_video, _missing, _bare])
@pytest.mark.parametrize("size", [(320, 180), (160, 90)])
def test_damaged_videos_are_named_and_leave_nothing(tmp_path, out, damage, size):
    """A video that is cut, foreign, missing or without a picture is named, and neither reel nor part is left."""
    whole = videos.write(tmp_path / "whole.mp4", size=size)
    bad = damage(tmp_path / "bad.mp4")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(UnreadableVideo, match=r"bad\.mp4"):
        joined(out, whole, bad)
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize(("rate", "after"), [(24, 10), (12, 120)], ids=["copied", "coded anew"])
def test_who_stops_leaves_nothing(tmp_path, out, rate, after):
    """A reel that is given up half way leaves no file."""
    a = videos.write(tmp_path / "a.mp4")
    steps: Iterator[float] = join([a, videos.write(tmp_path / "b.mp4", rate=rate)], out)
    before = sorted(tmp_path.iterdir())
    for _ in range(after):
        next(steps)
    assert sorted(tmp_path.iterdir()) != before
    steps.close()
    assert sorted(tmp_path.iterdir()) == before


def test_no_file_is_overwritten(tmp_path, out):
    """A file of that name stays as it is, whether a foreign one, a video or another reel."""
    a, b = videos.write(tmp_path / "a.mp4"), videos.write(tmp_path / "b.mp4", frames=30)
    for make in (
        lambda: out.write_bytes(b"mine"),
        lambda: videos.write(out),
        lambda: (out.unlink(), joined(out, a, b)),
    ):
        make()
        before = out.read_bytes()
        with pytest.raises(InvalidRequest, match="exists and is not the reel of these videos"):
            joined(out, b, a)
        assert out.read_bytes() == before


def test_a_file_that_comes_meanwhile_stays(tmp_path, out):
    """Also a file that appears under the name while the reel is made is left alone."""
    steps = join([videos.write(tmp_path / "a.mp4")], out)
    next(steps)
    out.write_bytes(b"mine")
    with pytest.raises(InvalidRequest, match="exists"):
        list(steps)
    assert out.read_bytes() == b"mine"
    assert not list(tmp_path.glob(".*.part"))


def test_the_same_reel_again_costs_nothing(tmp_path, out):
    """The same videos under the same name are recognised by their bytes, and nothing is written."""
    a, b = videos.write(tmp_path / "a.mp4"), videos.write(tmp_path / "b.mp4", frames=30)
    before = joined(out, a, b).stat()
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(a.read_bytes())
    assert list(join([copy, b], out)) == [1.0]
    assert out.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("name", ["reel", "reel.mov", "nowhere/reel.mp4"])
def test_names_that_cannot_be(tmp_path, short_video, name):
    """A name without .mp4, or in a folder that is not there, is refused before anything is read."""
    with pytest.raises(InvalidRequest):
        joined(tmp_path / name, short_video)


def test_a_reel_of_nothing_is_refused(out):
    """A reel needs a video."""
    with pytest.raises(InvalidRequest, match="at least one"):
        joined(out)


def test_a_name_is_a_name(tmp_path, monkeypatch):
    """A colon in the name makes it no address."""
    monkeypatch.chdir(tmp_path)
    assert joined(Path("a:b.mp4"), videos.write(tmp_path / "a.mp4")).is_file()


def test_what_agrees(tmp_path):
    """Length, and where the file lies, do not matter for a copy; size, rate and sound do."""
    a, longer, *others = [
        read_segment(videos.write(tmp_path / f"{number}.mp4", **how))
        for number, how in enumerate([{}, {"frames": 60}, {"rate": 25}, {"size": (160, 90)}, {"sound": True}])
    ]
    assert same_encoding([a, longer])
    assert not any(same_encoding([a, other]) for other in others)


def _white(image: Image.Image) -> tuple[int, int, int, int]:
    """Return the box of what is bright."""
    return image.convert("L").point(lambda level: 255 * (level > 128)).getbbox() or (0, 0, 0, 0)
