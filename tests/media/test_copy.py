"""A copy of a video: the same picture and sound, with a title and what made it; the file itself is left alone."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from tests.media.videos import write
from vidmagic.errors import InvalidRequest
from vidmagic.media.copy import comment_of
from vidmagic.media.probe import UnreadableVideo, probe
from vidmagic.media.recipe import Recipe
from vidmagic.media.recipe_box import CONTENT_CREDENTIALS, box_of, read_recipe
from vidmagic.media.video import Video

RECIPE = Recipe(
    "dmxapi/x", "A heron\nlands 鹭", {"duration": 6, "seed": 3}, seed=3, shot="pond", take=4, job="k3j2abcd"
)


def metadata(path: Path) -> dict[str, str]:
    """Return the metadata of a file as FFmpeg reads it."""
    with av.open(str(path)) as container:
        return dict(container.metadata)


def pictures(path: Path) -> list[bytes]:
    """Return all pictures of a video."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray().tobytes() for frame in container.decode(video=0)]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a video with a recipe."""
    path = write(tmp_path / "v.mp4", frames=12, rate=12, size=(64, 48))
    path.write_bytes(path.read_bytes() + box_of(RECIPE))
    return path


def test_a_copy_has_title_comment_and_recipe(source: Path, tmp_path: Path) -> None:
    """Other programs show the title and the comment; `open` reads the recipe of the copy too."""
    before = source.read_bytes()
    copy = Video(source).save(tmp_path / "to Anna.mp4")
    assert copy == tmp_path / "to Anna.mp4"
    assert (metadata(copy)["title"], metadata(copy)["comment"]) == ("pond 4", comment_of(RECIPE))
    assert comment_of(RECIPE) == "A heron\nlands 鹭\n\ndmxapi/x, duration 6, seed 3, shot pond, take 4"
    assert pictures(copy) == pictures(source)
    assert probe(copy).fps == probe(source).fps
    assert read_recipe(copy) == RECIPE
    assert source.read_bytes() == before
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["to Anna.mp4", "v.mp4"]


def test_what_the_video_knows_is_written(tmp_path: Path) -> None:
    """A video whose file has no recipe gives what is known of its origin; one of no origin is copied as it is."""
    path = write(tmp_path / "v.mp4", frames=6)
    (tmp_path / "out").mkdir()
    copy = Video(path, model="vidu/vidu2.0", prompt="a kite", params={"wm_url": "https://x.example/s"}).save(
        tmp_path / "out/k.mp4"
    )
    assert metadata(copy)["title"] == "a kite"
    assert "x.example" not in metadata(copy)["comment"]
    same = Video(path).save(tmp_path / "out")
    assert same == tmp_path / "out" / "v.mp4"
    assert same.read_bytes() == path.read_bytes()


def test_a_webm_has_a_title_too(tmp_path: Path) -> None:
    """A WebM is copied as a WebM, and carries no recipe."""
    path = write(tmp_path / "v.webm", frames=6, codec="libvpx-vp9")
    copy = Video(path, model="a/b", prompt="a kite").save(tmp_path / "k.webm")
    assert metadata(copy).get("title") == "a kite"
    assert pictures(copy) == pictures(path)


def test_a_signed_video_is_copied_byte_for_byte(source: Path, tmp_path: Path) -> None:
    """A title would make its signature invalid."""
    signature = struct.pack(">I4s16s", 28, b"uuid", CONTENT_CREDENTIALS) + b"sign"
    source.write_bytes(source.read_bytes() + signature)
    assert Video(source).save(tmp_path / "k.mp4").read_bytes() == source.read_bytes()


def test_nothing_is_overwritten(source: Path, tmp_path: Path) -> None:
    """A name that is taken, another suffix, a folder or a video that is not there: each is an error in words."""
    with pytest.raises(InvalidRequest, match=r"v\.mp4 exists"):
        Video(source).save(source)
    with pytest.raises(InvalidRequest, match=r"must end in \.mp4"):
        Video(source).save(tmp_path / "k.gif")
    with pytest.raises(InvalidRequest, match="does not exist; create it"):
        Video(source).save(tmp_path / "nowhere" / "k.mp4")
    with pytest.raises(UnreadableVideo):
        Video(tmp_path / "gone.mp4").save(tmp_path / "k.mp4")
    assert [path.name for path in tmp_path.glob("*.*")] == ["v.mp4"]


def test_a_damaged_video_is_copied_as_it_is(tmp_path: Path) -> None:
    """What cannot be written anew is still copied, and no half copy is left."""
    path = write(tmp_path / "v.mp4", frames=6)
    path.write_bytes(path.read_bytes()[:2000])
    copy = Video(path, model="a/b", prompt="x").save(tmp_path / "k.mp4")
    assert copy.read_bytes() == path.read_bytes()
    assert len(list(tmp_path.glob("*.*"))) == 2


def test_frames_and_rate(source: Path) -> None:
    """`frames` are full pictures from the first to the last, `fps` is the rate of the file."""
    video = Video(source)
    assert [picture.size for picture in video.frames(3)] == [(64, 48)] * 3
    assert len(video.frames(1)) == 1
    assert video.frames(2)[-1].tobytes() == video.last_frame().tobytes()
    assert video.fps == 12
    with pytest.raises(ValueError, match="at least 1"):
        video.frames(0)
