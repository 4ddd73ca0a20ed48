"""What the user gives as a video or as audio: files by their content, links, limits in numbers, hostile files."""

from __future__ import annotations

import base64
import contextlib
import io
import os
import random
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.media import sounds, videos
from tests.media.mp4_tables import box, mp4
from vidmagic.errors import InvalidRequest
from vidmagic.media import recording
from vidmagic.media.recording import read_recording
from vidmagic.media.video import Video
from vidmagic.spec.models import RecordingLimits
from vidmagic.spec.request import REFERENCE_AUDIO, REFERENCE_VIDEO, VIDEO, MediaInput

VIDEOS = RecordingLimits(
    ("mp4", "mov"), size=10**6, seconds=(2, 10), frame_rate=(23.976, 60), side=(128, 2048), pixels=(40_000, 2_000_000),
    aspect=(0.4, 2.5), local=True,
)  # fmt: skip
SOUNDS = RecordingLimits(("wav", "mp3"), size=10**6, seconds=(2, 15), local=True)
KINDS = {VIDEO: VIDEOS, REFERENCE_VIDEO: VIDEOS, REFERENCE_AUDIO: SOUNDS}


def refusal(value: object, limits: RecordingLimits | None = None, *, role: str = VIDEO, **more: Any) -> str:
    """Return the message with which *value* is refused."""
    with pytest.raises(InvalidRequest) as refused:
        read_recording(role, value, limits or KINDS[role], **more)
    return refused.value.message


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return three seconds of silence."""
    return sounds.write(tmp_path_factory.mktemp("sounds") / "quiet.wav")


# -- what is taken


def test_a_video_is_taken_as_it_is(short_video: Path) -> None:
    """Its bytes are sent unchanged, under their own type, and its facts are those of the file."""
    data = short_video.read_bytes()
    given = read_recording(VIDEO, short_video, VIDEOS)
    assert given == MediaInput(
        VIDEO, data=data, content_type="video/mp4", width=320, height=180, name=str(short_video), seconds=2.0,
        frame_rate=24.0,
    )  # fmt: skip
    assert given.link() == f"data:video/mp4;base64,{base64.b64encode(data).decode()}"


def test_every_way_to_give_a_file(short_video: Path) -> None:
    """A path, a Video, bytes, a file in memory and a data URI are the same input, but for its name."""
    data = short_video.read_bytes()
    held = io.BytesIO(data)
    held.name = "kite.mp4"
    coded = base64.b64encode(data).decode()
    values = {
        str(short_video): str(short_video), short_video: str(short_video), Video(short_video): str(short_video),
        data: "the video", memoryview(data): "the video", held: "kite.mp4",
        f"data:video/mp4;base64,{coded}": "the video", f"DATA:video/quicktime;base64,{coded}": "the video",
    }  # fmt: skip
    first = read_recording(VIDEO, short_video, VIDEOS)
    for value, name in values.items():
        assert read_recording(VIDEO, value, VIDEOS) == replace(first, name=name)


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".aac", ".m4a"])
def test_sound_is_known_by_its_content(suffix: str, tmp_path: Path) -> None:
    """Its length is counted where the file does not state it, and the file's name decides nothing."""
    path = sounds.write(tmp_path / f"sound{suffix}").rename(tmp_path / "x.txt")
    given = read_recording(REFERENCE_AUDIO, path, replace(SOUNDS, formats=(suffix[1:],)))
    assert given.content_type == f"audio/{suffix[1:]}"
    assert given.seconds == pytest.approx(3, abs=0.1)
    assert (given.width, given.height, given.frame_rate) == (0, 0, 0)


def test_containers_are_distinguished(tmp_path: Path) -> None:
    """MP4, MOV, WebM and Matroska are different formats."""
    for suffix, codec in ((".mov", "libx264"), (".webm", "libvpx-vp9"), (".mkv", "libx264")):
        path = videos.write(tmp_path / f"x{suffix}", codec=codec)
        limits = replace(VIDEOS, formats=(suffix[1:],))
        assert read_recording(VIDEO, path, limits).content_type == f"video/{suffix[1:]}"
        assert f"is {suffix[1:]}; the model takes mp4" in refusal(path, replace(VIDEOS, formats=("mp4",)))


def test_a_turned_video_has_the_sides_it_is_shown_with(short_video: Path, tmp_path: Path) -> None:
    """A portrait of a telephone, stored lying, is a portrait."""
    path = tmp_path / "turned.mp4"
    path.write_bytes(short_video.read_bytes())
    given = read_recording(VIDEO, videos.turned(path, (0, 1, -1, 0)), VIDEOS)
    assert (given.width, given.height) == (180, 320)


# -- what is refused, in numbers


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"size": 2000}, "at most 2,000 are allowed"),
        ({"formats": ("mov", "webm")}, "is mp4; the model takes mov or webm"),
        ({"seconds": (2.5, 10)}, "is 2 s long; 2.5 to 10 s are allowed"),
        ({"frame_rate": (30, 60)}, "has 24 pictures a second; 30 to 60 are allowed"),
        ({"side": (200, 2048)}, "is 320×180 pixels; 200 to 2,048 a side are allowed"),
        ({"pixels": (100_000, 10**6)}, "57,600 in all; 100,000 to 1,000,000 are allowed"),
        ({"aspect": (0.4, 1.5)}, "1.78:1; 0.4 to 1.5 are allowed as width by height"),
    ],
)
def test_a_limit_is_a_number_in_the_message(change: dict[str, Any], message: str, short_video: Path) -> None:
    """The message has the figure of the file and those of the limit; a file that was read before meets it too."""
    limits = replace(VIDEOS, **change)
    assert message in refusal(short_video, limits)
    before = read_recording(VIDEO, short_video, VIDEOS)
    assert message in refusal(before, limits)


def test_all_problems_at_once(short_video: Path) -> None:
    """One message names everything that is wrong with a file."""
    limits = replace(VIDEOS, seconds=(3, 10), side=(512, 2048))
    message = refusal(short_video, limits, role=REFERENCE_VIDEO)
    assert message.startswith("reference video: ")
    assert "2 s long" in message
    assert "320×180" in message


def test_what_a_file_does_not_state_is_not_zero() -> None:
    """A length or rate that is not known is refused where it is bounded, as what it is."""
    given = MediaInput(VIDEO, data=b"x", content_type="video/mp4", width=320, height=180, name="x.mp4")
    message = refusal(given)
    assert "x.mp4 does not state its length; 2 to 10 s are allowed" in message
    assert "it does not state its pictures a second" in message


def test_limits_are_inclusive(short_video: Path) -> None:
    """A file that is just as long, as large and as wide as allowed is taken."""
    size = short_video.stat().st_size
    exact = replace(
        VIDEOS, size=size, seconds=(2, 2), frame_rate=(24, 24), side=(180, 320), pixels=(57_600, 57_600),
        aspect=(320 / 180, 320 / 180),
    )  # fmt: skip
    assert read_recording(VIDEO, short_video, exact).data == short_video.read_bytes()
    assert f"{size:,} bytes; at most {size - 1:,}" in refusal(short_video, replace(exact, size=size - 1))


def test_one_kind_is_not_the_other(short_video: Path, wav: Path, tmp_path: Path) -> None:
    """Sound given as a video, and a video given as sound, are refused in words that help; so is a picture."""
    assert "is of the format wav; the model takes mp4 or mov" in refusal(wav)
    assert "is a video; give its sound as a file of its own" in refusal(short_video, role=REFERENCE_AUDIO)
    assert "has no picture" in refusal(videos.write(tmp_path / "s.mp4", bare=True))
    assert "not sound of a known format" in refusal(b"\x89PNG\r\n\x1a\n" + bytes(99), role=REFERENCE_AUDIO)
    flac = sounds.write(tmp_path / "x.flac")
    assert "is of the format flac; the model takes wav or mp3" in refusal(flac, role=REFERENCE_AUDIO)


@pytest.mark.parametrize("value", [None, 7, object(), ["a.mp4"], io.StringIO("x")], ids=lambda value: str(type(value)))
def test_other_objects_are_refused_by_name(value: object) -> None:
    """An object that is not a file is refused with the name of its type."""
    assert type(value).__name__ in refusal(value)


@pytest.mark.parametrize(
    "path",
    ["nowhere.mp4", "a\0b.mp4", "x" * 5000, "//host/x.mp4", r"\\host\x.mp4", "", "/dev/zero", "/proc/self/mem", "."],
)
def test_paths_are_read_as_those_of_images(path: str) -> None:
    """Devices, folders, network paths and impossible names are refused at once, in printable words."""
    message = refusal(path)
    assert message.isprintable()
    assert len(message) < 6000


def test_a_pipe_does_not_block_and_a_link_is_named(tmp_path: Path) -> None:
    """A pipe is refused at once; a symbolic link is refused with the name of its target, and without its content."""
    os.mkfifo(tmp_path / "pipe.mp4")
    assert "not a regular file" in refusal(tmp_path / "pipe.mp4")
    (tmp_path / "secret").write_text("BEGIN PRIVATE KEY")
    (tmp_path / "x.mp4").symlink_to("secret")
    message = refusal(tmp_path / "x.mp4")
    assert "secret)" in message
    assert "BEGIN" not in message


# -- links


def test_links_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A public https link is sent as typed, without its query in the name; nobody asks what is there."""
    url = "https://1.1.1.1/a.mp4?signature=s3cret"
    assert read_recording(VIDEO, url, VIDEOS) == MediaInput(VIDEO, url=url, name="https://1.1.1.1/a.mp4")
    assert "s3cret" not in refusal("http://1.1.1.1/a.mp4?token=s3cret")
    assert "public address" in refusal("https://127.0.0.1/a.mp4")
    local = "http://127.0.0.1:9/a.mp4"
    assert read_recording(VIDEO, local, VIDEOS, loopback=True).url == local
    assert "takes no links; give a file" in refusal(url, replace(VIDEOS, links=False))
    before = read_recording(VIDEO, url, VIDEOS)
    assert read_recording(VIDEO, before, VIDEOS) == before


@pytest.mark.parametrize(("jobs", "more"), [("", ""), ("link", ", or give a finished job")])
def test_a_service_may_take_links_only(jobs: Any, more: str, short_video: Path) -> None:
    """The message says what to do, and nothing is read for it."""
    limits = replace(VIDEOS, local=False, jobs=jobs)
    for value in (short_video, "nowhere.mp4", b"x", "data:video/mp4;base64,AAAA"):
        assert refusal(value, limits) == (
            f"video: the model takes video by https link only: put the file on a web server{more}"
        )


@pytest.mark.parametrize("uri", ["data:", "data:image/png;base64,AA", "data:video/mp4,x", "data:video/mp4;base64,!!!!"])
def test_other_data_uris_are_refused(uri: str) -> None:
    """A data URI must be one of a video or of audio, in base64."""
    assert "data URI" in refusal(uri)


def test_a_data_uri_is_bounded_before_it_is_decoded() -> None:
    """A text that would decode to more than is allowed is refused by its length."""
    text = "data:video/mp4;base64," + "A" * 4_000_000
    tracemalloc.start()
    assert "at most 1,000,000 are allowed" in refusal(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_000_000  # the text once more, and no bytes


# -- what was read before


def test_nothing_is_read_twice(short_video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input that was read is checked by what is known of it, in its new role."""
    before = read_recording(VIDEO, short_video, VIDEOS)
    monkeypatch.setattr(recording, "video_facts", lambda *_: pytest.fail("it was read again"))
    assert read_recording(REFERENCE_VIDEO, before, VIDEOS) == replace(before, role=REFERENCE_VIDEO)


def test_the_checked_bytes_are_the_sent_bytes(short_video: Path, tmp_path: Path) -> None:
    """A file that changes after it was read changes nothing in the request."""
    path = tmp_path / "x.mp4"
    path.write_bytes(short_video.read_bytes())
    given = read_recording(VIDEO, path, VIDEOS)
    path.write_bytes(b"something else")
    assert given.data == short_video.read_bytes()


# -- hostile files


@pytest.mark.parametrize(
    "data",
    [
        mp4(2**32 - 1),
        mp4(100_000_000),
        mp4(5_000, edits=[(5_000, 0)] * 2_000),
        mp4(10, fragment=50_000_000),
        mp4() + box(b"moov", b"".join(box(b"trak", b"") for _ in range(60_000))),
        mp4() + box(b"moov", b"".join(box(b"trak", b"") for _ in range(9)) + b"\0\0\0\7free"),
    ],
    ids=["most samples", "many samples", "edits", "fragment", "boxes", "damaged box"],
)
def test_what_a_file_claims_is_bounded(data: bytes) -> None:
    """A few bytes that state billions of pieces are refused at once, before FFmpeg would build them."""
    started = time.process_time()
    assert "damaged MP4" in refusal(data)
    assert time.process_time() - started < 5


def test_a_picture_too_large_is_never_decoded(tmp_path: Path) -> None:
    """A file of few bytes with a giant picture is refused by what it states."""
    path = videos.write(tmp_path / "giant.mp4", frames=1, size=(10_000, 6_000))
    assert "10000×6000; at most 50 million pixels" in refusal(path)


def test_damage_never_crashes(short_video: Path, wav: Path, tmp_path: Path) -> None:
    """Cut and scribbled files are taken or refused, never another exception."""
    dice = random.Random(11)
    whole = {VIDEO: short_video.read_bytes(), REFERENCE_AUDIO: sounds.write(tmp_path / "x.mp3").read_bytes()}
    for turn in range(80):
        role = (VIDEO, REFERENCE_AUDIO)[turn % 2]
        data = bytearray(whole[role][: dice.randrange(len(whole[role]))] if turn % 4 < 2 else whole[role])
        for _ in range(dice.randint(1, 40)):
            if data:
                data[dice.randrange(len(data))] = dice.randrange(256)
        with contextlib.suppress(InvalidRequest):
            read_recording(role, bytes(data), KINDS[role])


def test_a_cut_video_is_refused(short_video: Path) -> None:
    """A video that was not copied whole is not sent."""
    assert "damaged MP4" in refusal(short_video.read_bytes()[:-100])
