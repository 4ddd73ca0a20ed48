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
    """A cell and the video it became, while it plays."""
    with opened(f"%%video hailuo --duration 6\n{PROMPT}", seconds=1) as page:
        page.run(1)
        page.until("book.widgets[1].outputArea.node.querySelector('video') !== null")
        page.play(1)
        page.browser_page.wait_for_timeout(2500)
        page.shot(FOLDER / "cell.png")


def card_in_progress() -> None:
    """Two cards side by side in their cells, on their way."""
    cells = [f"%%video hailuo\n{PROMPT}", "%%video kling --sound\nA blue kite over a mountain lake"]
    with opened(*cells, seconds=12) as page:
        page.run(1)
        page.run(2)
        page.browser_page.wait_for_timeout(7000)
        page.shot(FOLDER / "cards.png")


def jobs_table() -> None:
    """What was made, with one job on its way and one whose answer was lost."""
    cells = [
        f"%%video hailuo --wait\n{PROMPT}",
        "%%video seedance --wait\nA green kite in the rain, seen from below",
        "import vidmagic\nvidmagic.start('[[sandbox: error500]]A kite in the fog', 'hailuo').events()",
        "%%video kling --wait\nA blue kite over a mountain lake",
        "vidmagic.start('[[sandbox: seconds=60]]A yellow kite over a city, evening', 'hailuo').id",
        "%video jobs",
    ]
    with opened(*cells, seconds=1) as page:
        for cell in range(1, 7):
            page.run(cell, timeout=60)
        page.browser_page.wait_for_timeout(2000)
        page.run(6)
        _shot_from(page, 6, FOLDER / "jobs.png", height=520)


def form_filled() -> None:
    """The form with a prompt, its price and the same request as a cell."""
    call = f"import vidmagic\nvidmagic.form(model='hailuo', resolution='1080P', prompt={PROMPT!r}, sandbox=True)"
    with opened(call, seconds=1) as page:
        page.run(1)
        page.area(1).get_by_role("button", name="Generate").wait_for()
        _shot_from(page, 1, FOLDER / "form.png", height=760)


def labelled_grid() -> None:
    """A sweep of two models and two words, in rows and columns."""
    with opened("%%video --model hailuo,seedance --wait\nA {{red|blue}} kite over the sea", seconds=1) as page:
        page.run(1, timeout=60)
        _shot_from(page, 1, FOLDER / "grid.png", height=620)


def comparison() -> None:
    """Two takes side by side, with the words that differ and one set of controls."""
    cells = [f"%%video hailuo --shot kite --wait\nA red kite over the sea, {light}" for light in ("at dawn", "at dusk")]
    with opened(*cells, "%video compare kite", seconds=1) as page:
        for cell in (1, 2, 3):
            page.run(cell, timeout=60)
        _shot_from(page, 3, FOLDER / "compare.png", height=480)


def gallery() -> None:
    """Six finished videos, some rated, as pictures with their buttons."""
    prompts = [
        "A red kite over the sea",
        "A heron on a pond",
        "A boat on a lake",
        "A calm sea",
        "A stormy sea",
        "A city",
    ]
    cells = [f"%%video hailuo --shot {prompt.split()[1]} --wait\n{prompt}" for prompt in prompts]
    rated = "%video rate heron:1 5 the very one --tag hero\n%video rate boat:1 3"
    with opened(*cells, rated, "%video gallery", seconds=1) as page:
        for cell in range(1, 9):
            page.run(cell, timeout=60)
        _shot_from(page, 8, FOLDER / "gallery.png", height=820)


def _shot_from(page: Page, cell: int, path: Path, *, height: int) -> None:
    """Take a picture with *cell* at its top."""
    page.size(1000, height)
    page.area(cell)
    page.js("book.widgets[arg].node.scrollIntoView(); document.activeElement.blur()", cell)
    page.browser_page.wait_for_timeout(1500)
    page.shot(path)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    cell_with_result()
    card_in_progress()
    jobs_table()
    form_filled()
    labelled_grid()
    comparison()
    gallery()
