"""What the sandbox takes as an image, a video or audio: links as they are, data URIs measured against the bounds."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.directives import Directives
from vidmagic.sandbox.render import Quality, render
from vidmagic.sandbox.request_media import Bounds, Medium, RequestMedia
from vidmagic.sandbox.task import Video

IMAGES = Bounds(("png", "jpeg", "webp"), 100_000, side=(32, 128), aspect=(0.4, 2.5), uris=("mm_file://",))
VIDEOS = Bounds(("mp4", "mov"), 1_000_000, seconds=(1, 3), side=(16, 128), pixels=(1, 6000), frame_rate=(9, 11))
AUDIO = Bounds(("wav", "mp3"), 1_000_000, seconds=(1, 3))
LINKS_ONLY = Bounds()


def uri(kind: str, content: bytes) -> str:
    """Return a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def picture(width: int = 64, height: int = 48, kind: str = "PNG") -> bytes:
    """Make an image."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


def video(folder: Path, seconds: float = 2, size: tuple[int, int] = (64, 48), *, audio: bool = True) -> bytes:
    """Make a video at 10 frames a second."""
    render(folder / "v.mp4", "x", seconds=seconds, width=size[0], height=size[1], audio=audio, quality=Quality(10, 48))
    return (folder / "v.mp4").read_bytes()


def wave(seconds: float = 2) -> bytes:
    """Make audio."""
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as container:
        track = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        frame = av.AudioFrame(format="s16", layout="mono", samples=round(8000 * seconds))
        frame.sample_rate = 8000
        container.mux(track.encode(frame))
        container.mux(track.encode())
    return file.getvalue()


def read(sandbox: Sandbox, kind: Any, value: object, bounds: Bounds) -> Medium:
    """Read one input."""
    return RequestMedia(sandbox.store).read(kind, value, "input[1]", bounds, ValueError)


def test_media_are_measured(sandbox: Sandbox, tmp_path: Path) -> None:
    """Size, length, frame rate and sound are those of the bytes; an image is stored, to be drawn."""
    image = read(sandbox, "image", uri("image/jpeg", picture(kind="JPEG")), IMAGES)
    assert (image.width, image.height) == (64, 48)
    assert (sandbox.folder / "images" / str(image.stored)).exists()
    seen = read(sandbox, "video", uri("video/mp4", video(tmp_path)), VIDEOS)
    assert (seen.width, seen.height, seen.sound, seen.stored) == (64, 48, True, None)
    assert (seen.seconds, seen.frame_rate) == (pytest.approx(2, abs=0.1), pytest.approx(10))
    assert not read(sandbox, "video", uri("video/mp4", video(tmp_path, audio=False)), VIDEOS).sound
    assert read(sandbox, "audio", uri("audio/wav", wave()), AUDIO).seconds == pytest.approx(2)


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
def test_a_link_is_taken_as_it_is(sandbox: Sandbox, kind: str) -> None:
    """Nothing is known of what is behind a link or behind a name of the service's own."""
    assert read(sandbox, kind, "https://example.com/a", LINKS_ONLY) == Medium()
    assert read(sandbox, kind, "mm_file://12", IMAGES) == Medium()


def test_a_link_to_a_video_of_the_sandbox_is_known(sandbox: Sandbox) -> None:
    """Its length and size are those of the task."""
    task = sandbox.store.accept("h3", "77", Directives("x"), Video("x", 2, 64, 48, 0, audio=True))
    link = f"{sandbox.files_url}/files/h3.{task.id}.mp4?Expires=1"
    assert read(sandbox, "video", link, VIDEOS) == Medium(None, 64, 48, 2, 0, sound=True)
    with pytest.raises(ValueError, match="is long"):
        read(sandbox, "video", link, Bounds(seconds=(3, 5)))


def test_what_is_outside_of_the_bounds_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    """Format, size, length, sides and shape count, and so does what the bytes really are."""
    flat = Bounds(("png",), 100_000, aspect=(0.4, 2.5))
    small = Bounds(("png",), 10)
    cases: list[tuple[str, object, Bounds, str]] = [
        ("image", uri("image/gif", picture(kind="GIF")), IMAGES, "is image/gif, not image/png"),
        ("image", uri("image/png", picture(kind="JPEG")), IMAGES, "it is JPEG"),
        ("image", uri("image/png", b"nothing"), IMAGES, "is not image"),
        ("image", uri("image/png", picture()), small, "bytes, more than 10"),
        ("image", uri("image/png", picture(200, 100)), IMAGES, "has a width: 200"),
        ("image", uri("image/png", picture(120, 40)), flat, "has an aspect ratio: 3"),
        ("image", "data:image/png;base64,%%%", IMAGES, "is not base64"),
        ("image", "mm_file://12", flat, "neither a link"),
        ("image", 5, IMAGES, "is not text"),
        ("image", uri("video/mp4", b"x"), IMAGES, "is video/mp4"),
        ("video", uri("video/mp4", video(tmp_path, 4)), VIDEOS, "is long"),
        ("video", uri("video/mp4", video(tmp_path, size=(96, 80))), VIDEOS, "has pixels"),
        ("video", uri("video/mp4", wave()), VIDEOS, "it is wav"),
        ("video", uri("video/mp4", b"\0" * 500), VIDEOS, "is not video"),
        ("video", uri("video/mp4", video(tmp_path)), LINKS_ONLY, "nothing but a link"),
        ("audio", uri("audio/mp3", wave()), AUDIO, "it is wav"),
        ("audio", uri("audio/wav", wave(5)), AUDIO, "is long"),
        ("audio", "file:///etc/passwd", AUDIO, "neither a link"),
    ]
    for kind, value, bounds, words in cases:
        with pytest.raises(ValueError, match=words):
            read(sandbox, kind, value, bounds)
