"""WebM, Matroska and MOV are videos as MP4 is; the content decides, not the name."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from tests.media import videos
from vidmagic.media.boxes import Damaged
from vidmagic.media.container import check_whole, container_of, other_format
from vidmagic.media.frames import frame, last_frame, poster, thumbnail
from vidmagic.media.probe import UnreadableVideo, probe
from vidmagic.media.reel import join
from vidmagic.media.video import Video

KINDS = {
    ".mp4": ("libx264", "video/mp4", "h264"),
    ".mov": ("libx264", "video/mp4", "h264"),
    ".webm": ("libvpx-vp9", "video/webm", "vp9"),
    ".mkv": ("libx264", "video/x-matroska", "h264"),
}


@pytest.fixture(scope="module", params=KINDS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a second of video with sound in one container."""
    path = tmp_path_factory.mktemp("kinds") / f"video{request.param}"
    return videos.write(path, frames=24, sound=True, codec=KINDS[request.param][0])


def test_it_is_recognised_by_its_content(made: Path, tmp_path: Path) -> None:
    """The container, whatever the name of the file."""
    renamed = tmp_path / "anything.bin"
    renamed.write_bytes(made.read_bytes())
    with renamed.open("rb") as file:
        container = container_of(file)
        assert container is not None
        assert (container.suffix, container.media_type) == (made.suffix, KINDS[made.suffix][1])
        check_whole(file)
    assert probe(renamed).codec == KINDS[made.suffix][2]


def test_facts_and_pictures_are_read(made: Path) -> None:
    """Length, size, sound, the last frame, a frame in the middle, poster and thumbnail."""
    facts = probe(made)
    assert (facts.width, facts.height, facts.fps, facts.audio) == (320, 180, 24, True)
    assert facts.duration == pytest.approx(1, abs=0.05)
    assert videos.number(last_frame(made)) == pytest.approx(23, abs=1)
    assert videos.number(frame(made, 0.5)) == pytest.approx(12, abs=1)
    assert poster(made)[:2] == thumbnail(made)[:2] == b"\xff\xd8"


def test_the_player_states_its_type(made: Path) -> None:
    """An embedded video bears the type that browsers know it by."""
    page = str(Video(made)._repr_mimebundle_()[0]["text/html"])
    assert f'src="data:{KINDS[made.suffix][1]};base64,' in page
    assert "1 s · 320×180" in page


def test_it_goes_into_a_reel(made: Path, tmp_path: Path) -> None:
    """With a video of another kind, and by itself; the reel is an MP4 that browsers play."""
    other = videos.write(tmp_path / "other.mp4", frames=24)
    for parts in ([made, other], [made, made]):
        out = tmp_path / f"{len(set(parts))}.mp4"
        for _ in join(parts, out):
            pass
        assert (probe(out).codec, probe(out).duration) == ("h264", pytest.approx(2, abs=0.1))
        assert videos.number(frame(out, 0.5)) == pytest.approx(12, abs=1)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_a_part_of_it_is_no_video(made: Path, share: float) -> None:
    """A file that ends too early is noticed by its structure."""
    data = made.read_bytes()
    with pytest.raises(Damaged):
        check_whole(io.BytesIO(data[: int(len(data) * share)]))


@pytest.mark.parametrize("damage", [lambda data: data + b"xyz", lambda data: data[:4] + b"\x00" * 40 + data[44:]])
def test_more_than_it_is_no_video(made: Path, damage) -> None:
    """Bytes after the end, and a header of zeros, are noticed."""
    with pytest.raises(Damaged):
        check_whole(io.BytesIO(damage(made.read_bytes())))


def test_a_live_recording_of_unknown_length_is_taken(tmp_path: Path) -> None:
    """A WebM that was streamed states no length; it is played and its pictures are read."""
    path = tmp_path / "live.webm"
    with av.open(str(path), "w", options={"live": "1"}) as container:
        track = container.add_stream("libvpx-vp9", rate=24, options={"cpu-used": "8"})
        track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
        for _ in range(12):
            container.mux(track.encode(av.VideoFrame(64, 64, "yuv420p")))
        container.mux(track.encode())
    with path.open("rb") as file:
        check_whole(file)
    assert last_frame(path).size == (64, 64)
    assert "<video" in str(Video(path)._repr_mimebundle_()[0]["text/html"])


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (b"RIFF\x10\x00\x00\x00AVI LIST", ".avi"), (b"FLV\x01\x05", ".flv"), (b"OggS\x00\x02", ".ogv"),
        ((b"G" + bytes(187)) * 3, ".ts"), (b"\x00\x00\x01\xba\x44", ".mpg"), (b"RIFF\x10\x00\x00\x00WEBP", ""),
        (b"<html>", ""), (b"", ""), (b"GIF89a", ""), (b"\x89PNG\r\n", ""), (b"GET / HTTP", ""),
    ],
)  # fmt: skip
def test_other_formats_have_a_suffix(head: bytes, suffix: str) -> None:
    """What is a video and cannot be read here is named; what is none has no suffix."""
    assert other_format(io.BytesIO(head)) == suffix
    assert container_of(io.BytesIO(head)) is None


@pytest.mark.parametrize(
    "head", [b"", b"\x1a", b"\x1aE\xdf\xa3", b"\x1aE\xdf\xa3\xff", b"\x1aE\xdf\xa3\x01" + bytes(7)]
)
def test_half_a_header_is_nothing(head: bytes, tmp_path: Path) -> None:
    """A header that breaks off is recognised as nothing, without a traceback."""
    assert container_of(io.BytesIO(head)) is None
    path = tmp_path / "x.webm"
    path.write_bytes(head)
    with pytest.raises(UnreadableVideo):
        probe(path)
