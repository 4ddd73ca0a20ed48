"""Comparisons as files: what is written, what is refused, and that nothing is half written or overwritten."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import vidmagic
from tests.media import videos
from tests.skeleton import PAYLOADS, skeleton, tags, text
from vidmagic.errors import InvalidRequest
from vidmagic.media.video import Video
from vidmagic.notebook.card.tile import Tile
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState
from vidmagic.notebook.views.export import sheet_of
from vidmagic.notebook.views.export_page import write_page
from vidmagic.notebook.views.progress import show_progress
from vidmagic.session.sweep.layout import grid_layout

Run = Callable[[str], Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return two short videos that every test may read."""
    folder = tmp_path_factory.mktemp("videos")
    return [videos.write(folder / f"{name}.mp4", frames=8, size=(160, 90)) for name in ("a", "b")]


def test_a_sweep_is_exported_in_its_grid(run: Run) -> None:
    """`%video export SWEEP grid.mp4` writes one video with the rows and columns of the card; again it is refused."""
    run("%%video hailuo,seedance --wait -o both\nA {{red|blue}} kite")
    made = run("%video export both grid.mp4")
    assert isinstance(made, Video)
    assert made.path == Path.cwd() / "grid.mp4"
    assert made.duration == pytest.approx(6, abs=0.3)
    before = made.path.read_bytes()
    with pytest.raises(InvalidRequest, match=r"grid.mp4 exists") as refused:
        run("%video export both grid.mp4")
    assert "--force" in refused.value.hint
    assert made.path.read_bytes() == before
    page = run("%video export both --grid words×model grid.html")
    assert "grid.html · " in repr(page)
    assert [
        heading in text(page.path.read_text().removeprefix("<!doctype html>"))
        for heading in ("red", "seedance", "words × model")
    ] == [True] * 3


def test_export_writes_over_a_file_only_on_demand(run: Run, files: list[Path]) -> None:
    """`--force` replaces a file in one step, but never one of the videos."""
    Path("x.gif").write_bytes(b"old")
    picture = run(f"%video export {files[0]} {files[1]} x.gif --force")
    with Image.open(picture) as image:
        assert getattr(image, "n_frames", 1) > 1
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["x.gif"]
    with pytest.raises(InvalidRequest, match="is one of the videos"):
        run(f"%video export {files[0]} {files[1]} {files[0]} --force")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{a} {b} grid.webm", "the name must end in .mp4, .gif or .html"),
        ("{a} {b} none/grid.mp4", "the folder .* does not exist"),
        ("{a}", "FILE is missing"),
        ("", "VIDEO and FILE are missing"),
        ("{a} {b} grid.mp4 --grid model×seed", "a grid needs two factors, and here nothing differs"),
        ("nothing grid.mp4", "nothing"),
    ],
)
def test_what_cannot_be_exported_is_refused(run: Run, files: list[Path], line: str, message: str) -> None:
    """A name of another kind, no folder, no file, no factors, no such video; nothing is written."""
    with pytest.raises(vidmagic.VidmagicError, match=message):
        run(f"%video export {line.format(a=files[0], b=files[1])}")
    assert list(Path.cwd().iterdir()) == []


def test_one_video_is_copied(run: Run) -> None:
    """An .mp4 of one video is that video, with its title as ordinary metadata; nothing is encoded anew."""
    job = run("%%video hailuo --wait\nA red kite")
    made = run(f"%video export {job.id} kite.mp4")
    assert (made.width, made.height, made.duration) == (job.video.width, job.video.height, job.video.duration)
    assert sorted(path.name for path in Path.cwd().iterdir()) == ["kite.mp4", "videos"]


def test_export_from_python(files: list[Path]) -> None:
    """`vidmagic.export` does the same."""
    made = vidmagic.export(*files, path="both.mp4", columns=1)
    assert isinstance(made, Video)
    assert made.height > made.width / 1.2
    with pytest.raises(InvalidRequest, match="exists"):
        vidmagic.export(*files, path="both.mp4")
    assert vidmagic.export(*files, path="both.mp4", force=True).path == Path("both.mp4")


def test_the_page_carries_all_it_needs(files: list[Path], tmp_path: Path) -> None:
    """Videos and pictures are in it, it may load nothing, and it names no file of this machine."""
    page = tmp_path / "page.html"
    tiles = [Tile(Video(file), f"take {at}") for at, file in enumerate(files)]
    list(write_page(tiles, page, heading="A kite", layout=None, columns=None))
    written = page.read_text("utf-8")
    sources = [
        facts["src"] for tag, pairs in tags(written.removeprefix("<!doctype html>")) if "src" in (facts := dict(pairs))
    ]
    assert len(sources) == 2
    assert all(source.startswith("data:video/mp4;base64,") for source in sources)
    assert "default-src 'none'" in written
    assert str(files[0].parent) not in written
    assert files[0].name not in written


@pytest.mark.parametrize("payload", PAYLOADS)
def test_text_from_outside_adds_no_tag(files: list[Path], tmp_path: Path, payload: str) -> None:
    """A prompt or a heading changes the words of the page only."""

    def made(foreign: str) -> Any:
        factors = [{"model": foreign, "seed": "1"}, {"model": "y", "seed": foreign}]
        tiles = [Tile(Video(file), foreign, foreign) for file in files]
        page = tmp_path / "page.html"
        list(write_page(tiles, page, heading=foreign, layout=grid_layout(factors, "model×seed"), columns=None))
        return skeleton(page.read_text("utf-8").removeprefix("<!doctype html>"))

    assert made(payload) == made("x")


def test_a_sheet_follows_the_layout(files: list[Path]) -> None:
    """Several videos of one cell stand below each other, in rows that share a heading; without a grid a square."""
    tiles = [Tile(Video(files[0]), str(at), f"pond {at}") for at in range(4)]
    factors = [{"model": model, "seed": seed} for model, seed in ("a1", "b1", "b2", "a1")]
    sheet = sheet_of(tiles, grid_layout(factors, "model×seed"), None)
    assert (sheet.rows, sheet.columns) == (("a", "", "b"), ("seed 1", "seed 2"))
    assert [(video.row, video.column, video.caption) for video in sheet.videos] == [
        (0, 0, "pond 0"), (1, 0, "pond 3"), (2, 0, "pond 1"), (2, 1, "pond 2"),
    ]  # fmt: skip
    assert sheet_of(tiles, None, None).columns == ("", "")
    assert len(sheet_of(tiles, None, 3).rows) == 2


class _Interrupted:
    """A surface whose page is interrupted as soon as it shows something."""

    is_output = True
    messages = 1

    def open(self, state: CardState) -> None:
        raise KeyboardInterrupt

    def update(self, state: CardState) -> None: ...

    def close(self, end: CardEnd) -> None: ...


def test_an_interrupt_between_two_steps_closes_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """■ while the bar is drawn leaves no half file: the work ends at once, not when somebody collects it."""
    ends: list[str] = []

    def work() -> Iterator[float]:
        try:
            yield from (0.1, 0.2, 0.3)
        finally:
            ends.append("closed")

    monkeypatch.setattr("vidmagic.notebook.views.progress._PATIENCE", -1.0)
    with pytest.raises(KeyboardInterrupt):
        show_progress(work(), _Interrupted(), "writing")  # type: ignore[arg-type]
    assert ends == ["closed"]
