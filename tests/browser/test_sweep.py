"""A sweep in a real JupyterLab: one live card for all, and all videos side by side in the saved notebook."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.browser.lab import Lab

LOAD = "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = {}"
CELL = "%%video hailuo --shot kite\nA {{red|blue}} kite"
CELL_HTML = "book.widgets[1].outputArea.node"


def test_one_card_for_all_which_ends_as_the_videos(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """A bar and a line for each job while they run; then both videos play, and no widget is in the notebook."""
    server = lab(env={"VIDMAGIC_HOME": str(tmp_path / "home")})
    server.write("work.ipynb", LOAD.format(3.0), CELL)
    page = server.open("work.ipynb")
    page.run(0)
    page.start(1)
    page.until(f"{CELL_HTML}.querySelector('.progress-bar') !== null")
    assert "0 of 2 done" in page.text(1)
    assert len(page.outputs(1)) == 1
    page.until(f"{CELL_HTML}.querySelectorAll('video').length === 2")
    assert [set(output["data"]) for output in page.outputs(1)] == [{"text/html", "text/plain"}]
    assert page.play(1).current_time > 0


def test_cancel_stops_all(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """The button ends every job, and the card says so of each."""
    server = lab(env={"VIDMAGIC_HOME": str(tmp_path / "home")})
    server.write("work.ipynb", LOAD.format(60), CELL)
    page = server.open("work.ipynb")
    page.run(0)
    page.start(1)
    page.until(f"(({CELL_HTML}.querySelector('button') || {{}}).innerText || '').includes('Cancel all')")
    page.click(1, "Cancel all")
    page.until(f"{CELL_HTML}.innerText.split('no longer followed here').length === 3")
