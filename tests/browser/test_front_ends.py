"""Places where a card has less, or more, than one live cell: no widget manager, a reloaded page, many videos."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Flavour, Lab, Page
from tests.kernels.older import older
from tests.kernels.spec import CURRENT, Spec

Start = Callable[..., Lab]

LOAD = "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = {}"
HAS_VIDEO = "book.widgets[arg].outputArea.node.querySelector('video') !== null"
CONTAINS_TEXT = "(book.widgets[1].outputArea.node.innerText || '').includes(arg)"
WIDGETS = "@jupyter-widgets/jupyterlab-manager"
# How long each frame took, in ms, while the notebook is scrolled from top to bottom within two seconds.
SCROLL = """
const pane = [book.node, ...book.node.querySelectorAll('*')].find(
    node => node.scrollHeight > node.clientHeight + 200 && getComputedStyle(node).overflowY !== 'visible');
const times = [];
let last = performance.now(), begun = last;
return await new Promise(done => requestAnimationFrame(function step(now) {
    times.push(now - last);
    last = now;
    pane.scrollTop = (pane.scrollHeight - pane.clientHeight) * Math.min(1, (now - begun) / 2000);
    now - begun < 2000 ? requestAnimationFrame(step) : done(times.slice(1));
}));
"""


@pytest.fixture
def opened(lab: Start, tmp_path: Path) -> Callable[..., Page]:
    """Open a notebook with these cells behind one that loads the extension, which has run."""

    def open_notebook(*cells: str, seconds: float = 2.0, kernel: Spec = CURRENT, **options: Any) -> Page:
        server = lab(kernels=(kernel,), env={"VIDMAGIC_HOME": str(tmp_path / "home")}, **options)
        server.write("work.ipynb", LOAD.format(seconds), *cells, kernel=kernel)
        page = server.open("work.ipynb")
        page.run(0)
        return page

    return open_notebook


def test_without_a_widget_manager_the_card_is_html(opened: Callable[..., Page]) -> None:
    """In a JupyterLab that shows no widgets a bar and a sentence stand in the cell, and the video replaces them."""
    page = opened("%%video hailuo\nA red kite over the sea", seconds=4, disabled=(WIDGETS,))
    page.start(1)
    page.until("book.widgets[1].outputArea.node.querySelector('progress') !== null")
    page.until(CONTAINS_TEXT, "%video resume")
    assert "VBox" not in page.text(1)
    page.until(HAS_VIDEO, 1)
    assert page.play(1).current_time > 0
    assert "%video resume" not in page.text(1)


@pytest.mark.parametrize(
    ("flavour", "kernel"),
    [pytest.param("lab", CURRENT, id="lab"), pytest.param("notebook", "older", id="notebook-6.30")],
)
def test_a_page_reloaded_in_mid_job_sees_its_end(
    opened: Callable[..., Page], flavour: Flavour, kernel: Spec | str
) -> None:
    """Saved and reloaded while a job runs, the card goes on where it was, and says where the video is."""
    spec = older() if isinstance(kernel, str) else kernel
    page = opened("%%video hailuo\nA red kite over the sea", seconds=7, kernel=spec, flavour=flavour)
    page.run(1)
    page.until(CONTAINS_TEXT, "queued")
    page.save()
    page.reload()
    page.until("book.widgets[1].outputArea.node.querySelector('.progress-bar') !== null", timeout=6)
    page.until(CONTAINS_TEXT, "done")
    assert ".mp4" in page.text(1)


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
def test_twenty_videos_scroll(opened: Callable[..., Page], tmp_path: Path, flavour: Flavour) -> None:
    """Twenty videos stand in one notebook, each in its cell, and the page draws while it is scrolled."""
    page = opened("%%video hailuo --out kite --wait\nA red kite", *["kite.video"] * 19, seconds=1, flavour=flavour)
    page.run_all()
    page.save()
    size = (tmp_path / "work" / "work.ipynb").stat().st_size
    times = page.js(SCROLL)
    players = sum("<video" in json.dumps(page.outputs(cell)) for cell in range(1, 21))
    assert players == 20
    assert len(times) > 10
    cuts = statistics.quantiles(times, n=20)
    times_text = f"median {cuts[9]:.0f} ms, 95 % {cuts[18]:.0f} ms, longest {max(times):.0f} ms"
    print(f"\n20 videos, {size / 1e6:.1f} MB notebook: {len(times)} frames in 2 s, {times_text}")  # noqa: T201  figures
