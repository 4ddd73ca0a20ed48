"""Take the pictures of the README from real runs: `python -m tests.browser.pictures`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser import chromium
from tests.browser.lab import Lab, Page

FOLDER = Path(__file__).parents[2] / "notebooks" / "pictures"
PROMPT = "A red kite over the sea, morning light [Push in]"


@contextmanager
def opened(*cells: str, seconds: float) -> Iterator[Page]:
    """Open a notebook with these cells in a JupyterLab; the extension is loaded."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as player:
        browser = chromium.launch(player)
        root = Path(scratch)
        with closing(Lab(browser, root / "work", root / "home", env={"VIDMAGIC_HOME": str(root / "journal")})) as lab:
            lab.write("kite.ipynb", "%load_ext vidmagic", *cells)
            page = lab.open("kite.ipynb", size=(1000, 760))
            page.run(0)
            page.js(f"await kernel.requestExecute({{code: '%config VideoMagics.sandbox_seconds = {seconds}'}}).done")
            page.js("app.commands.execute('application:toggle-left-area')")
            yield page
        browser.close()


def cell_with_result() -> None:
    """A cell and the video it became, at a moment of the film."""
    with opened(f"%%video hailuo --duration 6\n{PROMPT}", seconds=1) as page:
        page.run(1)
        page.until("book.widgets[1].outputArea.node.querySelector('video') !== null")
        page.play(1)
        page.browser_page.wait_for_timeout(2500)
        page.shot(FOLDER / "cell.png")


def card_in_progress() -> None:
    """Two cards side by side in their cells, on their way."""
    cells = [f"%%video hailuo\n{PROMPT}", "%%video sora --aspect-ratio 16:9\nA blue kite over a mountain lake"]
    with opened(*cells, seconds=12) as page:
        page.run(1)
        page.run(2)
        page.browser_page.wait_for_timeout(7000)
        page.shot(FOLDER / "cards.png")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    cell_with_result()
    card_in_progress()
