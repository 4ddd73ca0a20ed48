"""The facts of a video file, and how other files are refused."""

from __future__ import annotations

import random
import shutil

import pytest

from tests.media import videos
from vidmagic.errors import VidmagicError
from vidmagic.media.frames import last_frame, poster
from vidmagic.media.probe import Facts, UnreadableVideo, probe


def test_facts(short_video, tall):
    """Length, size in pixels and bytes, rate, codec and sound are those of the file."""
    assert probe(short_video) == Facts(2.0, 320, 180, 24.0, "h264", audio=True, size=short_video.stat().st_size)
    assert probe(str(tall)) == Facts(0.5, 720, 1280, 12.0, "h264", audio=False, size=tall.stat().st_size)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0",
        b"<html>404</html>",
        b"\0\0\0\x18ftypisom" + bytes(12),
        b"\0\0\0\x18ftypisom" + bytes(12) + b"\xff" * 999,
        b"\xff" * 99,
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile /etc/hostname\n",
    ],
)
def test_what_is_no_video_is_refused(content, tmp_path, capfd):
    """Other content, also a playlist that would fetch something, is UnreadableVideo, quietly."""
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    for read in (probe, poster, last_frame):
        with pytest.raises(UnreadableVideo, match=r"x\.mp4"):
            read(path)
    assert capfd.readouterr() == ("", "")


def test_missing_files_and_odd_paths(tmp_path):
    """A missing file, a folder and an impossible path are UnreadableVideo as well."""
    for path in (tmp_path / "gone.mp4", tmp_path, "a\0b.mp4", "\ud800.mp4", "http://127.0.0.1:9/x.mp4"):
        with pytest.raises(VidmagicError) as refused:
            probe(path)
        assert refused.value.message.isprintable()


def test_sound_alone_is_no_video(tmp_path):
    """A file without a picture is refused in words."""
    with pytest.raises(UnreadableVideo, match="has no picture"):
        probe(videos.write(tmp_path / "sound.mp4", bare=True))


def test_a_name_with_a_scheme_is_a_file(short_video, tmp_path, monkeypatch):
    """A file called like an address is opened as a file."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(short_video, "concat:a|b.mp4")
    assert probe("concat:a|b.mp4").duration == 2.0


def test_damage_never_crashes(short_video, tmp_path):
    """Cut and scribbled files give facts or UnreadableVideo, never another exception."""
    whole = short_video.read_bytes()
    dice = random.Random(7)
    for turn in range(60):
        data = bytearray(whole[: dice.randrange(len(whole))] if turn % 2 else whole)
        for _ in range(dice.randint(1, 40)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        (tmp_path / "x.mp4").write_bytes(data)
        for read in (probe, poster, last_frame):
            try:
                read(tmp_path / "x.mp4")
            except UnreadableVideo:
                continue
