"""The videos of a saved notebook become links and videos again, and nothing else of the file changes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.media import videos
from vidmagic.errors import InvalidRequest
from vidmagic.media.display import DisplayOptions
from vidmagic.media.player import html
from vidmagic.media.video import Video
from vidmagic.notebook.slim import slim as slim_module
from vidmagic.notebook.slim.slim import slim
from vidmagic.notebook.views.compare import compare

PROMPT = 'A red kite\nover the sea: \u98ce\u7b5d $5 "quoted" </figure> src="data:video/mp4;base64,AAAA"'


@pytest.fixture
def video() -> Path:
    """Write a video into the folder of videos beside the notebook."""
    Path("videos").mkdir()
    return videos.write(Path("videos/a kite.mp4"), frames=12)


def notebook(path: Path, *outputs: str, ensure_ascii: bool = False, indent: int | None = 1) -> Path:
    """Write a notebook whose cells show this HTML, as Jupyter does, with more in it that must stay."""
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": ['src="data:video/mp4;base64,AAAA"\n', "x"]},
        *(
            {
                "cell_type": "code",
                "execution_count": 1,
                "metadata": {"b": 1.50, "a": [1e3, None]},
                "outputs": [
                    {
                        "data": {"text/html": output.splitlines(keepends=True), "text/plain": output},
                        "metadata": {},
                        "output_type": "display_data",
                    }
                ],
                "source": output,
            }
            for output in outputs
        ),
    ]
    saved = {"cells": cells, "metadata": {"z": "é", "a": {}}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(saved, indent=indent, ensure_ascii=ensure_ascii) + "\n", encoding="utf-8")
    return path


def player(path: Path, **more: Any) -> str:
    """Return the player that a cell shows."""
    return html(Video(path, prompt=PROMPT, **more), DisplayOptions(embed="always"))


@pytest.mark.parametrize(("ensure_ascii", "indent"), [(False, 1), (True, 4), (False, None)])
def test_there_and_back_gives_the_same_bytes(video: Path, ensure_ascii: bool, indent: int | None) -> None:
    """Keys, spaces, numbers and the last line stay: embedded again, the file is what it was, byte for byte."""
    twice = compare([Video(video, display=DisplayOptions(embed="always"))] * 2)
    shown = [player(video), twice._repr_mimebundle_()["text/html"]]
    saved = notebook(Path("work.ipynb"), *shown, ensure_ascii=ensure_ascii, indent=indent)
    before = saved.read_bytes()
    slimmed = slim(saved)
    assert (slimmed.count, slimmed.before, slimmed.left) == (3, len(before), ())
    assert slimmed.after == saved.stat().st_size < len(before)
    linked = json.loads(saved.read_bytes())
    for cell, output in zip(linked["cells"][1:], shown, strict=True):
        assert "".join(cell["outputs"][0]["data"]["text/html"]).count('src="videos/a%20kite.mp4"') == output.count(
            "<video"
        )
        assert cell["outputs"][0]["data"]["text/plain"] == cell["source"] == output
    assert "reload it from the disk" in str(slimmed)
    assert slim(saved).count == 0
    assert slim(saved, embed=True).count == 3
    assert saved.read_bytes() == before


def test_the_linked_player_is_the_one_that_a_cell_links(video: Path) -> None:
    """What stands there afterwards is what the cell would have shown with `--no-embed`."""
    saved = notebook(Path("work.ipynb"), player(video))
    slim(saved)
    shown = "".join(json.loads(saved.read_bytes())["cells"][1]["outputs"][0]["data"]["text/html"])
    assert shown == html(Video(video, prompt=PROMPT), DisplayOptions(embed="never"))


def test_a_missing_video_is_written_first(video: Path) -> None:
    """What only the notebook has is written beside it before the notebook lets go of it."""
    data, saved = video.read_bytes(), notebook(Path("work.ipynb"), player(video))
    video.unlink()
    video.parent.rmdir()
    assert slim(saved).count == 1
    assert video.read_bytes() == data
    assert [path.name for path in video.parent.iterdir()] == [video.name]


def test_another_video_on_the_disk_leaves_the_embedded_one(video: Path) -> None:
    """A file that was changed is not what the notebook carries: that stays, and the message says so."""
    saved = notebook(Path("work.ipynb"), player(video))
    before = saved.read_bytes()
    video.write_bytes(video.read_bytes() + b"x")
    slimmed = slim(saved)
    assert slimmed.count == 0
    assert "videos/a kite.mp4 is another video on the disk" in str(slimmed)
    assert saved.read_bytes() == before


@pytest.mark.parametrize("name", ["../out.mp4", "/tmp/vidmagic-out.mp4", "videos/run.py"])
def test_a_foreign_notebook_writes_nothing_elsewhere(video: Path, tmp_path: Path, name: str) -> None:
    """The links of a notebook may be anybody's: a file is written only as a video, in the notebook's folder."""
    shown = player(video).replace("videos/a%20kite.mp4", name)
    folder = tmp_path / "foreign" / "deep"
    folder.mkdir(parents=True)
    saved = notebook(folder / "work.ipynb", shown)
    assert "would lie outside" in str(slim(saved))
    assert not (folder / name).exists()


def test_only_a_video_is_embedded(video: Path) -> None:
    """The way back reads no file that is not a video, and names one that is gone."""
    Path("secret.mp4").write_text("a key")
    shown = html(Video(video), DisplayOptions(embed="never"))
    saved = notebook(Path("work.ipynb"), *(shown.replace("videos/a%20kite.mp4", n) for n in ("secret.mp4", "gone.mp4")))
    slimmed = slim(saved, embed=True)
    assert slimmed.count == 0
    assert "secret.mp4 is not a video" in str(slimmed)
    assert "gone.mp4 is missing" in str(slimmed)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "{}", '{"cells": 1, "nbformat": 4}', '{"worksheets": [], "nbformat": 3}', b"\xff\xfe"]
)
def test_what_is_not_a_notebook_is_refused(content: str | bytes) -> None:
    """The file stays as it is, and the error names it."""
    path = Path("work.ipynb")
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = path.read_bytes()
    with pytest.raises(InvalidRequest, match=r"work\.ipynb is not a notebook"):
        slim(path)
    assert path.read_bytes() == before
    with pytest.raises(InvalidRequest, match=r"gone\.ipynb cannot be read: no such file"):
        slim(Path("gone.ipynb"))


def test_a_notebook_that_is_saved_meanwhile_is_not_overwritten(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What JupyterLab saved while the videos were read stays; the line can be run again."""
    saved = notebook(Path("work.ipynb"), player(video))
    check = slim_module.check_notebook

    def save(text: str, name: str) -> None:
        saved.write_text(text + " ")
        check(text, name)

    monkeypatch.setattr(slim_module, "check_notebook", save)
    with pytest.raises(InvalidRequest, match="was saved meanwhile"):
        slim(saved)
    assert "data:video" in saved.read_text()


def test_a_crash_leaves_the_notebook_whole(video: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is replaced in one step: where that fails, the old one is there, and no part of the new one."""
    saved = notebook(Path("work.ipynb"), player(video))
    before = saved.read_bytes()

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(InvalidRequest, match="cannot be written: no space left"):
        slim(saved)
    assert saved.read_bytes() == before
    assert sorted(path.name for path in Path().iterdir()) == ["videos", "work.ipynb"]
