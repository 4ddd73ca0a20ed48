"""A `%%video` cell in a real JupyterLab: what a person sees, from the first bar to the reopened notebook."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import Flavour, Lab, Page
from tests.kernels.older import older
from tests.kernels.spec import CURRENT, Spec

Start = Callable[..., Lab]

LOAD = "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = {}"
# JupyterLab with the newest kernel, Notebook 7 with both: what differs between them differs here.
FRONT_ENDS = [
    pytest.param("lab", CURRENT, id="lab"),
    pytest.param("notebook", CURRENT, id="notebook"),
    pytest.param("lab", "older", id="lab-6.30"),
    pytest.param("notebook", "older", id="notebook-6.30"),
]
WIDTH = "(book.widgets[1].outputArea.node.querySelector('.progress-bar')?.style.width || '0')"
HAS_VIDEO = "book.widgets[arg].outputArea.node.querySelector('video') !== null"
CONTAINS_TEXT = "(book.widgets[1].outputArea.node.innerText || '').includes(arg)"


def spec(kernel: Spec | str) -> Spec:
    """Return the kernel; the older one is looked for only when a test needs it."""
    return older() if isinstance(kernel, str) else kernel


@pytest.fixture
def started(lab: Start, tmp_path: Path) -> Callable[..., Page]:
    """Open a notebook with these cells behind a first cell that loads the extension, which has run."""

    def open_notebook(*cells: str, seconds: float = 3.0, kernel: Spec = CURRENT, flavour: str = "lab") -> Page:
        server = lab(flavour=flavour, kernels=(kernel,), env={"VIDMAGIC_HOME": str(tmp_path / "home")})
        server.write("work.ipynb", LOAD.format(seconds), *cells, kernel=kernel)
        page = server.open("work.ipynb")
        page.run(0)
        return page

    return open_notebook


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
def test_a_first_cell_without_a_key_becomes_a_playing_video(started: Callable[..., Page], flavour: Flavour) -> None:
    """The card appears with a moving bar, names the sandbox, and ends as a video that plays."""
    page = started("%%video hailuo\nA red kite over the sea", flavour=flavour)
    page.start(1)
    page.until("book.widgets[1].outputArea.node.querySelector('.progress-bar') !== null")
    assert "No key is set" in page.text(1)
    first = page.js(f"return {WIDTH}")
    page.until(f"parseFloat({WIDTH}) > parseFloat(arg) + 5", first)
    page.until(HAS_VIDEO, 1)
    player = page.play(1)
    assert player.ready_state >= 2
    assert player.current_time > 0
    assert player.duration == pytest.approx(6, abs=0.2)
    assert [set(output["data"]) for output in page.outputs(1)] == [{"text/html", "text/plain"}]


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
def test_the_saved_notebook_plays_without_a_kernel_and_without_trust(
    started: Callable[..., Page], lab: Start, flavour: Flavour
) -> None:
    """Saved and reopened by somebody else, whose Jupyter does not trust it and starts no kernel, the video plays."""
    page = started("%%video hailuo --wait\nA red kite over the sea", flavour=flavour)
    page.run(1)
    page.save()
    page.close()
    stranger = lab(flavour=flavour, kernels=())
    again = stranger.open("work.ipynb")
    assert "widget-view" not in json.dumps([list(output.get("data", {})) for output in again.outputs(1)])
    player = again.play(1)
    assert player.ready_state >= 2
    assert player.current_time > 0


@pytest.mark.parametrize(("flavour", "kernel"), FRONT_ENDS)
def test_three_cells_run_side_by_side_while_a_fourth_computes(
    started: Callable[..., Page], flavour: Flavour, kernel: Spec | str
) -> None:
    """Each video ends in its own cell, and the kernel answers meanwhile."""
    kites = [f"%%video hailuo\nA {colour} kite" for colour in ("red", "blue", "green")]
    page = started(*kites, "sum(range(10))", seconds=8, flavour=flavour, kernel=spec(kernel))
    for cell in (1, 2, 3, 4):
        page.run(cell)
    assert "45" in page.text(4)
    assert all("<video" not in page.html(cell) for cell in (1, 2, 3))
    for cell in (1, 2, 3):
        page.until(HAS_VIDEO, cell)
    for cell, colour in ((1, "red"), (2, "blue"), (3, "green")):
        assert f"A {colour} kite" in page.text(cell)
        assert len(page.videos(cell)) == 1


@pytest.mark.parametrize(("flavour", "kernel"), FRONT_ENDS)
@pytest.mark.parametrize("flags", ["", "--wait"])
def test_cancel_works_at_once(started: Callable[..., Page], flavour: Flavour, kernel: Spec | str, flags: str) -> None:
    """A click on Cancel ends the job in a background cell and in one that waits, on old and new kernels."""
    page = started(f"%%video hailuo {flags}\nA red kite", seconds=60, flavour=flavour, kernel=spec(kernel))
    page.start(1)
    page.until(CONTAINS_TEXT, "queued")
    page.click(1, "Cancel")
    page.until(CONTAINS_TEXT, "cancelled", timeout=5)


@pytest.mark.parametrize(("flavour", "kernel"), FRONT_ENDS)
def test_interrupt_stops_the_waiting_and_not_the_job(
    started: Callable[..., Page], flavour: Flavour, kernel: Spec | str
) -> None:
    """■ in a waiting cell gives the kernel back, names the job, and the card still ends as the video."""
    page = started("%%video hailuo --wait\nA red kite", "'free again'", seconds=6, flavour=flavour, kernel=spec(kernel))
    page.start(1)
    page.until(CONTAINS_TEXT, "queued")
    page.interrupt()
    page.wait(1)  # a cell that is sent before the reply to the interrupted one is dropped by the kernel
    assert "%video resume" in page.text(1)
    page.run(2)
    assert "free again" in page.text(2)
    page.until(HAS_VIDEO, 1)


def test_an_error_is_short_and_stops_run_all(started: Callable[..., Page]) -> None:
    """A refused cell shows one to three lines as a real error, and the cells after it do not run."""
    page = started("%%video hailuo --duration 7\nA red kite", "'must not run'")
    page.run_all()
    (output,) = page.outputs(1)
    assert output["output_type"] == "error"
    assert 1 <= len(output["traceback"]) <= 3
    assert "duration must be 6 or 10 s, not 7" in page.text(1)
    assert page.outputs(2) == []
