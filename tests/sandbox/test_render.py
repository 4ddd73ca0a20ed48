"""A sandbox video is a real MP4: the length, size and orientation that were asked for."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Event

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from vidmagic.sandbox.render import QUALITY, render, render_cover


def _frames(path: Path) -> list[Image.Image]:
    with av.open(str(path)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


def _difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean)


@pytest.mark.parametrize(
    ("seconds", "width", "height"), [(1, 1366, 768), (5, 480, 854), (2.5, 704, 1280), (4, 640, 640)]
)
def test_the_video_is_as_ordered(tmp_path: Path, seconds: float, width: int, height: int) -> None:
    """Length (to one frame), width and height are exact, and the codec is one that every browser plays."""
    path = tmp_path / "video.mp4"
    render(path, "a red kite", seconds=seconds, width=width, height=height)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert video.duration is not None
        assert video.time_base is not None
        assert float(video.duration * video.time_base) == pytest.approx(seconds, abs=1 / QUALITY.frame_rate)
        assert container.duration is not None
        assert container.duration / av.time_base == pytest.approx(seconds, abs=1 / QUALITY.frame_rate)
        assert (video.width, video.height, video.pix_fmt) == (width, height, "yuv420p")
        assert (video.codec.name, video.profile) == ("h264", "Constrained Baseline")


def test_the_index_stands_in_front(tmp_path: Path) -> None:
    """A browser can start before it has the whole file: `moov` comes before `mdat`."""
    path = tmp_path / "video.mp4"
    render(path, "a red kite", seconds=1, width=320, height=180)
    content = path.read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_the_picture_moves(tmp_path: Path) -> None:
    """The first and the last frame differ."""
    path = tmp_path / "video.mp4"
    render(path, "a red kite", seconds=2, width=320, height=180)
    frames = _frames(path)
    assert len(frames) == 2 * QUALITY.frame_rate
    assert _difference(frames[0], frames[-1]) > 10


def test_prompt_and_seed_change_the_picture(tmp_path: Path) -> None:
    """Another prompt or another seed is another picture; the same ones are the same picture."""

    def picture(prompt: str, seed: int) -> Image.Image:
        render_cover(tmp_path / "a.jpeg", prompt, seconds=4, width=320, height=180, seed=seed)
        with Image.open(tmp_path / "a.jpeg") as image:
            return image.convert("RGB")

    base = picture("a kite", 0)
    assert _difference(base, picture("a kite", 0)) == 0
    assert _difference(base, picture("a kite", 1)) > 10
    assert _difference(base, picture("a ship", 0)) > 10


def test_it_goes_from_the_first_image_to_the_last(tmp_path: Path) -> None:
    """With two images the video begins with the one and ends with the other."""
    path = tmp_path / "video.mp4"
    first, last = Image.new("RGB", (400, 300), "red"), Image.new("L", (90, 160), 255)
    render(path, "", seconds=2, width=320, height=180, first=first, last=last)
    frames = _frames(path)
    assert _difference(frames[0].crop((0, 40, 320, 80)), Image.new("RGB", (320, 40), "red")) < 30
    assert _difference(frames[-1].crop((0, 40, 320, 80)), Image.new("RGB", (320, 40), "white")) < 30


def test_it_has_sound_when_asked(tmp_path: Path) -> None:
    """With `audio` there is an AAC track as long as the video, and it is not silent."""
    path = tmp_path / "video.mp4"
    render(path, "a bell", seconds=2.5, width=320, height=180, audio=True)
    with av.open(str(path)) as container:
        sound = container.streams.audio[0]
        samples = [bytes(frame.planes[0]) for frame in container.decode(sound)]
        assert sound.codec.name == "aac"
        assert len(samples) * 1024 / sound.rate == pytest.approx(2.5, abs=0.1)
        assert any(samples[len(samples) // 2])


@pytest.mark.parametrize(
    "prompt", ["", "一只小猫在愉快的玩耍", "x" * 2000, "word " * 400, "🦊 \x00\x1b[0m\n\n\tтекст", "a\u202eb"]
)
def test_any_prompt_can_be_drawn(tmp_path: Path, prompt: str) -> None:
    """No prompt is too long or too strange to be drawn."""
    render_cover(tmp_path / "a.jpeg", prompt, seconds=4, width=180, height=320)
    assert (tmp_path / "a.jpeg").stat().st_size > 1000


def test_a_large_video_costs_little(tmp_path: Path) -> None:
    """Ten seconds of 1920 × 1080 take seconds of one processor, not minutes as they would pixel by pixel."""
    start = time.process_time()
    render(tmp_path / "video.mp4", "a red kite over the sea", seconds=10, width=1920, height=1080)
    assert time.process_time() - start < 10


def test_work_can_be_stopped(tmp_path: Path) -> None:
    """With `stop` set, a video of an hour is not begun."""
    stop = Event()
    stop.set()
    render(tmp_path / "video.mp4", "a red kite", seconds=3600, width=320, height=180, stop=stop)
    assert not (tmp_path / "video.mp4").exists()
