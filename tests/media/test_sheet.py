"""Several videos as one: where each lies, its labels, how long it runs, and that nothing grows without bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.media import videos
from vidmagic.errors import InvalidRequest
from vidmagic.media.frames import frame, last_frame
from vidmagic.media.label import font_for, label_lines
from vidmagic.media.new_file import new_file
from vidmagic.media.probe import probe
from vidmagic.media.sheet import Sheet, SheetVideo, make_page
from vidmagic.media.sheet_video import LARGEST_VIDEO, MOST_GIF_FRAMES, write_gif, write_video


def four(tmp_path: Path) -> Sheet:
    """Return two rows and two columns of videos of other lengths, sizes and rates."""
    files = [
        videos.write(tmp_path / "a.mp4", frames=30, rate=15, size=(320, 180)),
        videos.write(tmp_path / "b.mp4", frames=10, rate=10, size=(180, 320)),
        videos.write(tmp_path / "c.mp4", frames=24, rate=24, size=(320, 180), sound=True),
        videos.write(tmp_path / "d.mp4", frames=1, rate=10, size=(160, 90)),
    ]
    cells = [SheetVideo(file, at // 2, at % 2, f"take {at}") for at, file in enumerate(files)]
    return Sheet(tuple(cells), ("hailuo", "seedance · 黎明"), ("seed 1", "seed 2"))


def test_a_sheet_is_one_video_as_long_as_its_longest(tmp_path: Path) -> None:
    """Rows and columns with labels; the short ones hold their last picture; the shares rise to the end."""
    out = tmp_path / "grid.mp4"
    sheet = four(tmp_path)
    shares = list(write_video(sheet, out, {"title": "a grid", "comment": "of four"}))
    facts = probe(out)
    assert facts.duration == pytest.approx(2.0, abs=0.1)
    assert (facts.fps, facts.audio, facts.codec) == (24.0, False, "h264")
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1
    with av.open(str(out)) as container:
        assert container.metadata["title"] == "a grid"
    page = make_page(sheet, [(320, 180)], LARGEST_VIDEO)
    assert (facts.width, facts.height) == (page.width, page.height)
    x, y = page.corner(sheet.videos[1])
    early, late = frame(out, 0.9), last_frame(out)
    for picture in (early, late):  # b ended after a second; its bars are black, its middle is not
        assert max(picture.getpixel((x + 4, y + 90))) < 40
        assert max(picture.getpixel((x + page.tile[0] // 2, y + page.tile[1] // 2))) > 40


def test_labels_are_on_the_picture(tmp_path: Path) -> None:
    """Where a heading and a caption stand something bright is drawn, Chinese or not, and none covers a video."""
    sheet = four(tmp_path)
    page = make_page(sheet, [(320, 180)] * 4, LARGEST_VIDEO)
    image = page.background(sheet)
    boxes = [
        (page.left, 0, page.width, page.top), (0, page.top, page.left, page.height),
        (page.left, page.corner(sheet.videos[0])[1] + page.tile[1], page.width, page.corner(sheet.videos[2])[1]),
    ]  # fmt: skip
    assert all(image.crop(box).convert("L").getextrema()[1] > 150 for box in boxes)
    x, y = page.corner(sheet.videos[3])
    assert image.crop((x, y, x + page.tile[0], y + page.tile[1])).getextrema() == ((0, 0),) * 3


@pytest.mark.parametrize("count", [1, 2, 7, 24])
def test_the_size_is_bounded(count: int) -> None:
    """However many large videos there are, the whole fits, with even sides, and no video is enlarged."""
    cells = tuple(SheetVideo(Path(), at // 6, at % 6) for at in range(count))
    page = make_page(Sheet(cells, ("",) * -(-count // 6), ("",) * min(6, count)), [(3840, 2160)], LARGEST_VIDEO)
    assert page.width <= LARGEST_VIDEO[0]
    assert page.height <= LARGEST_VIDEO[1]
    assert page.width % 2 == page.height % 2 == page.tile[0] % 2 == page.tile[1] % 2 == 0
    small = make_page(Sheet(cells[:1], ("",), ("",)), [(160, 90)], LARGEST_VIDEO)
    assert small.tile == (160, 90)


def test_too_many_for_one_picture_are_refused() -> None:
    """A hundred in a row would be too small to see."""
    cells = tuple(SheetVideo(Path(), 0, at) for at in range(100))
    with pytest.raises(InvalidRequest, match="100 videos in 1 rows and 100 columns would be too small"):
        make_page(Sheet(cells, ("",), ("",) * 100), [(320, 180)], LARGEST_VIDEO)


def test_an_animated_picture_is_bounded_too(tmp_path: Path) -> None:
    """It repeats, is at most 800 pixels wide, and a long video gets fewer pictures a second."""
    long = videos.write(tmp_path / "long.mp4", frames=40, rate=2, size=(64, 36))
    out = tmp_path / "grid.gif"
    list(write_gif(Sheet((SheetVideo(long, 0, 0),), ("",), ("",)), out))
    with Image.open(out) as image:
        assert image.info["loop"] == 0
        assert getattr(image, "n_frames", 1) <= MOST_GIF_FRAMES
        assert image.width <= 800
    shares = list(write_gif(four(tmp_path), tmp_path / "four.gif"))
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("text", "lines"),
    [("one two", ["one two"]), ("", []), ("aaaa " * 50, 2), ("w" * 300, 2), ("一只红色的风筝在海上" * 20, 2)],
)
def test_labels_fit(text: str, lines: list[str] | int) -> None:
    """A label breaks between words or Chinese characters; what is too long ends in an ellipsis."""
    font = font_for([text], 14)
    made = label_lines(text, font, 120, 2)
    if isinstance(lines, list):
        assert made == lines
    else:
        assert len(made) == lines
        assert made[-1].endswith("…")
    assert all(font.getlength(line) <= 120 for line in made)


def test_a_file_gets_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    """An error leaves nothing, a file that is there stays, and is replaced only on demand."""
    target, refused = tmp_path / "new" / "x.gif", InvalidRequest("it exists")
    target.parent.mkdir()
    with pytest.raises(KeyboardInterrupt):
        _interrupted(target, refused)
    assert list(target.parent.iterdir()) == []
    with new_file(target, exists=refused) as part:
        part.write_bytes(b"whole")
    with pytest.raises(InvalidRequest, match="it exists"), new_file(target, exists=refused):
        pass
    with pytest.raises(InvalidRequest, match="it exists"):
        _late(target, refused)
    with new_file(target, exists=refused, overwrite=True) as part:
        part.write_bytes(b"new")
    assert target.read_bytes() == b"new"
    assert list(target.parent.iterdir()) == [target]


def _interrupted(target: Path, refused: InvalidRequest) -> None:
    with new_file(target, exists=refused) as part:
        part.write_bytes(b"half")
        raise KeyboardInterrupt


def _late(target: Path, refused: InvalidRequest) -> None:
    """Write a file whose name another one gets meanwhile."""
    target.unlink()
    with new_file(target, exists=refused) as part:
        part.write_bytes(b"ours")
        target.write_bytes(b"theirs")


def test_an_export_that_stops_closes_its_files(tmp_path: Path) -> None:
    """The iteration may end anywhere."""
    steps: Iterator[float] = write_video(four(tmp_path), tmp_path / "x.mp4", {})
    assert next(steps) > 0
    steps.close()  # type: ignore[attr-defined]
