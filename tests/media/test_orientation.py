"""A video that is to be turned is shown upright everywhere: pictures, facts, player, reel."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.media import videos
from vidmagic.media.frames import filmstrip, frame, last_frame, poster, thumbnail
from vidmagic.media.probe import probe
from vidmagic.media.reel import join
from vidmagic.media.video import Video

COLOURS = {"red": (255, 0, 0), "green": (0, 255, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}

# The matrix of the file, and where its corners come to lie: top left, top right, bottom left, bottom right.
TURNS = {
    "not turned": ((1, 0, 0, 1), "red green blue white"),
    "quarter, clockwise": ((0, 1, -1, 0), "blue red white green"),
    "half": ((-1, 0, 0, -1), "white blue green red"),
    "quarter, counter-clockwise": ((0, -1, 1, 0), "green white red blue"),
    "mirrored": ((-1, 0, 0, 1), "green red white blue"),
    "upside down": ((1, 0, 0, -1), "blue white red green"),
    "transposed": ((0, 1, 1, 0), "red blue green white"),
    "transversed": ((0, -1, -1, 0), "white green blue red"),
}


def corners(image: Image.Image) -> str:
    """Return the colours of the four corners."""
    right, bottom = image.width - 8, image.height - 8
    pixels = [image.convert("RGB").getpixel(at) for at in ((8, 8), (right, 8), (8, bottom), (right, bottom))]
    return " ".join(
        min(COLOURS, key=lambda name: sum(abs(a - b) for a, b in zip(COLOURS[name], pixel, strict=True)))
        for pixel in pixels
    )


@pytest.fixture(params=TURNS.values(), ids=TURNS.keys())
def turned(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str, tuple[int, int]]:
    """Return a video of 320 × 180 pixels that is to be turned, its corners and its size as they are shown."""
    matrix, shown = request.param
    picture = Image.new("RGB", (320, 180), COLOURS["red"])
    picture.paste(COLOURS["green"], (160, 0, 320, 90))
    picture.paste(COLOURS["blue"], (0, 90, 160, 180))
    picture.paste(COLOURS["white"], (160, 90, 320, 180))
    path = videos.turned(videos.write(tmp_path / "video.mp4", frames=12, picture=picture), matrix)
    return path, shown, (320, 180) if matrix[0] else (180, 320)


def test_pictures_are_upright(turned: tuple[Path, str, tuple[int, int]]) -> None:
    """The last frame, from which the next video starts, and every other picture of full size."""
    path, shown, size = turned
    for picture in (last_frame(path), frame(path, 0.2)):
        assert (corners(picture), picture.size) == (shown, size)


def test_small_pictures_are_upright(turned: tuple[Path, str, tuple[int, int]], tmp_path: Path) -> None:
    """Poster, thumbnail and filmstrip."""
    path, shown, size = turned
    for name, data in (("poster", poster(path)), ("thumbnail", thumbnail(path))):
        (tmp_path / name).write_bytes(data)
        with Image.open(tmp_path / name) as small:
            assert corners(small) == shown
            assert (small.width > small.height) == (size[0] > size[1])
    assert corners(filmstrip(path, 1).convert("RGB")) == shown


def test_facts_and_player_have_the_upright_size(turned: tuple[Path, str, tuple[int, int]]) -> None:
    """Width and height are those of what is seen, and the player has room for it."""
    path, _, size = turned
    facts = probe(path)
    assert (facts.width, facts.height) == size
    page = Video(path)._repr_mimebundle_()[0]["text/html"]
    assert f'width="{size[0]}" height="{size[1]}"' in str(page)
    assert f"{size[0]}×{size[1]}" in str(page)


def test_a_reel_shows_it_upright(turned: tuple[Path, str, tuple[int, int]], tmp_path: Path) -> None:
    """A turned video that is encoded anew, beside another one, is upright."""
    path, shown, size = turned
    other = videos.write(tmp_path / "other.mp4", frames=12, size=(64, 64))
    for _ in join([path, other], tmp_path / "reel.mp4"):
        pass
    assert probe(tmp_path / "reel.mp4").width == size[0]
    assert corners(frame(tmp_path / "reel.mp4", 0.2)) == shown
