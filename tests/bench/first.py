"""From running a `%%video` cell to its card on the screen, in a real JupyterLab; beside a bare ipywidgets bar."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.bench.row import Row
from tests.bench.sample_video import sample_video
from tests.bench.service import Serving
from tests.browser import chromium
from tests.browser.lab import Lab
from tests.browser.page import Page

ROUNDS, LATER = 5, 8
OURS = [f"%%video hailuo -b\nA red kite, number {number}" for number in range(LATER + 1)]
BARE = [f"import ipywidgets\nipywidgets.FloatProgress(description='{number}')" for number in range(LATER + 1)]
# The clock runs in the page, from the command to the first frame in which the bar has a size.
_SHOWN = """
const begun = performance.now();
book.activeCellIndex = arg;
book.deselectAll();
app.commands.execute('notebook:run-cell');
await new Promise((end, fail) => {
    const look = () => {
        const bar = book.widgets[arg].outputArea.node.querySelector('.progress-bar, progress');
        if (bar && bar.getBoundingClientRect().height > 0) end();
        else if (performance.now() - begun > 20000) fail(new Error('no card'));
        else requestAnimationFrame(look);
    };
    look();
});
return performance.now() - begun;
"""


def measure() -> Iterator[Row]:
    """Yield medians in milliseconds: the first cell of a fresh kernel, and the cells after it."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Serving(sample_video(), 600) as service,
        sync_playwright() as playwright,
        closing(chromium.launch(playwright)) as browser,
    ):
        directory = Path(folder)
        journal = str(directory / "journal")
        env = {"VIDMAGIC_HOME": journal, "VIDMAGIC_DMXAPI_URL": service.url, "DMXAPI_API_KEY": "bench"}
        with closing(Lab(browser, directory / "work", directory / "home", env=env)) as lab:
            ours, bare = _times(lab, "ours", ["%load_ext vidmagic", *OURS]), _times(lab, "bare", ["1", *BARE])
    first, first_bare = (statistics.median(kernel[0] for kernel in times) for times in (ours, bare))
    later, later_bare = (statistics.median(time for kernel in times for time in kernel[1:]) for times in (ours, bare))
    yield Row("first", "first cell of a kernel to its card", first, "ms", "an ipywidgets bar", first_bare, "200 ms")
    yield Row("first", "later cells to their cards", later, "ms", "an ipywidgets bar", later_bare, "60 ms")


def _times(lab: Lab, name: str, cells: list[str]) -> list[list[float]]:
    """Return for each fresh kernel how long each cell after the first took."""
    times = []
    for number in range(ROUNDS):
        lab.write(f"{name}{number}.ipynb", *(cell.replace("kite,", f"kite {number},") for cell in cells))
        page = lab.open(f"{name}{number}.ipynb")
        page.run(0)
        times.append([_one(page, cell) for cell in range(1, len(cells))])
        page.close()
    return times


def _one(page: Page, cell: int) -> float:
    page.js("await book.scrollToItem(arg)", cell)
    page.browser_page.wait_for_timeout(150)  # earlier output is drawn by then
    return float(page.js(_SHOWN, cell))
