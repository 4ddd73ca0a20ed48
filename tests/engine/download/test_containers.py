"""A result is saved under the suffix of what it is: MP4, MOV, WebM, Matroska, or a format that cannot be shown here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.download.downloads import NAME, VIDEO_PATH, check_saved, files
from tests.faults.answers import video_answer
from tests.faults.server import Answer, FaultServer
from tests.media import videos
from vidmagic.engine.download.download import Download
from vidmagic.errors import Paused, Unreachable

AVI = b"RIFF\x10\x00\x00\x00AVI LIST" + bytes(500)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp4", "libx264"), (".mov", "libx264"), (".webm", "libvpx-vp9"), (".mkv", "libx264")]
)
def test_the_content_decides_the_suffix(
    server: FaultServer, getting: Download, folder: Path, suffix: str, codec: str
) -> None:
    """Whatever the server calls the file, it is saved, byte for byte, under its true suffix."""
    data = videos.write(folder.parents[1] / f"video{suffix}", frames=6, codec=codec).read_bytes()
    server.then(Answer(body=data, headers={"Content-Type": "video/mp4"}))
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, data, NAME + suffix)


def test_half_a_webm_is_fetched_again(server: FaultServer, getting: Download, folder: Path, tmp_path: Path) -> None:
    """A WebM that ends too early, in a reply that states no length, is noticed by its structure."""
    data = videos.write(tmp_path / "video.webm", frames=24, codec="libvpx-vp9").read_bytes()
    server.then(Answer(body=data[:-100], headers={"Content-Length": ""}), video_answer(data))
    with pytest.raises(Unreachable, match="damaged"):
        getting.attempt([server.url + VIDEO_PATH])
    check_saved(getting.attempt([server.url + VIDEO_PATH]), folder, data, NAME + ".webm")


def test_a_video_that_cannot_be_shown_is_stored_all_the_same(
    server: FaultServer, getting: Download, folder: Path
) -> None:
    """The job pauses with a message that names the file; a resume stores no second one."""
    server.then(Answer(body=AVI))
    for _ in range(2):
        with pytest.raises(Paused, match=r"AVI file.*it is stored as .*avi") as paused:
            getting.attempt([server.url + VIDEO_PATH])
        assert paused.value.charged == "yes"
        assert files(folder) == [NAME + ".avi"]
        assert (folder / (NAME + ".avi")).read_bytes() == AVI
