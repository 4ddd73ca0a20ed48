"""A notebook saved while a job runs: what whoever reopens it sees, and that the card of the first page stays alive."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.lab import Flavour, Lab, Page

Start = Callable[..., Lab]

LOAD = "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = 60"
CELL = "%%video hailuo {}\nA red kite over the sea"
CONTAINS_TEXT = "(book.widgets[1].outputArea.node.innerText || '').includes(arg)"
BAR = "book.widgets[1].outputArea.node.querySelector('.progress-bar')"
HAS_VIDEO = "book.widgets[1].outputArea.node.querySelector('video') !== null"
MOVES = f"parseFloat({BAR}.style.width) > arg"
PATIENCE = 3.0  # seconds after which a card no longer expects the page to put the widgets into its HTML


@pytest.fixture
def server(lab: Start, tmp_path: Path) -> Callable[..., Lab]:
    """Start a server with a journal of its own."""
    return lambda **options: lab(env={"VIDMAGIC_HOME": str(tmp_path / "journal")}, **options)


GONE = "Kernel gone. Run this cell again to pick the video up, free"


def begun(server: Lab, flags: str = "", seconds: float = 60) -> Page:
    """Open a notebook and begin a job of a minute, until its bar is there."""
    server.write("work.ipynb", LOAD.replace("60", f"{seconds:g}"), CELL.format(flags))
    page = server.open("work.ipynb")
    page.run(0)
    page.start(1)
    page.until(f"{BAR} !== null")
    return page


def cancel(page: Page) -> None:
    """Press Cancel and wait until the card says what came of it."""
    page.click(1, "Cancel")
    page.until(CONTAINS_TEXT, "cancelled", timeout=5)


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
@pytest.mark.parametrize("end", ["restarted", "killed", "shut down"])
def test_a_card_without_its_kernel_names_the_next_step(server: Callable[..., Lab], flavour: Flavour, end: str) -> None:
    """The card names the next step, with no bar and no button that does nothing; the cell run again goes on."""
    page = begun(server(flavour=flavour))
    if end == "restarted":
        page.restart_kernel()
    elif end == "killed":
        page.js("kernel.requestExecute({code: 'import os; os._exit(1)'}); return 1")
    else:
        page.js("await panel.sessionContext.shutdown(); return 1")
    page.until(CONTAINS_TEXT, GONE)
    assert page.area(1).locator("button:visible").count() == 0
    assert page.area(1).get_by_role("progressbar").count() == 0
    if end == "restarted":
        page.run(0)
        page.start(1)
        page.until(CONTAINS_TEXT, "not charged again")
        assert GONE not in page.text(1)


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
def test_a_page_loaded_in_mid_job_gets_the_player_and_so_does_the_file(
    server: Callable[..., Lab], flavour: Flavour
) -> None:
    """A tab that is closed and opened again while the job runs ends as any other: in that cell, and in the document."""
    author = server(flavour=flavour)
    page = begun(author, seconds=8)
    page.save()
    page.reload()
    page.area(1)
    page.until(f"{BAR} !== null")
    page.until(HAS_VIDEO)
    assert page.play(1).current_time > 0
    page.save()
    (output,) = json.loads((author.root / "work.ipynb").read_text("utf-8"))["cells"][1]["outputs"]
    assert "<video" in "".join(output["data"]["text/html"])
    assert set(output["data"]) == {"text/html", "text/plain"}


def test_a_page_opened_after_the_end_gets_the_player(server: Callable[..., Lab]) -> None:
    """A notebook that was closed while the job ran, and is opened when it has ended, becomes the player too."""
    author = server()
    page = begun(author, seconds=2)
    page.save()
    page.close()
    page = author.open("work.ipynb")
    page.area(1)
    page.until(HAS_VIDEO)
    assert page.play(1).current_time > 0


@pytest.mark.parametrize("flavour", ["lab", "notebook"])
def test_reopened_with_another_kernel_it_names_the_next_step(
    server: Callable[..., Lab], lab: Start, flavour: Flavour
) -> None:
    """Author and stranger find a sentence with the job's id and no dead widget, because none was saved."""
    author = server(flavour=flavour)
    page = begun(author)
    page.save()
    page.restart_kernel()
    page.close()
    saved = json.loads((author.root / "work.ipynb").read_text("utf-8"))
    assert [set(output["data"]) for output in saved["cells"][1]["outputs"]] == [{"text/html", "text/plain"}]
    for again in (author.open("work.ipynb"), lab(flavour=flavour, kernels=()).open("work.ipynb")):
        again.until(CONTAINS_TEXT, "Run this cell again to pick the video up, free")
        again.browser_page.wait_for_timeout(500)  # a widget manager that has found its kernel would speak up now
        assert "Error" not in again.text(1)
        assert again.area(1).locator("button").count() == 0


def test_saving_and_reloading_leave_the_card_alive(server: Callable[..., Lab]) -> None:
    """In the running notebook the bar moves and Cancel works, after saving and in a page that was loaded anew."""
    page = begun(server())
    page.save()
    page.browser_page.wait_for_timeout(PATIENCE * 1000)
    page.until(MOVES, 4)
    assert "%video resume" not in page.text(1)
    page.reload()
    page.area(1)
    page.until(f"{BAR} !== null")
    page.until(MOVES, 8)
    cancel(page)


def test_the_card_of_a_waiting_cell_is_alive(server: Callable[..., Lab]) -> None:
    """Also while the cell holds the kernel the widgets stay in the HTML, move, and react to Cancel."""
    page = begun(server(), "--wait")
    page.browser_page.wait_for_timeout(PATIENCE * 1000 + 1000)
    page.until(MOVES, 5)
    assert [set(output["data"]) for output in page.outputs(1)] == [{"text/html", "text/plain"}]
    cancel(page)


def test_a_page_without_anywidget_shows_ipywidgets(server: Callable[..., Lab]) -> None:
    """Where the page lacks anywidget the bar and Cancel come some seconds later and work as well."""
    page = begun(server(disabled=("anywidget",)))
    assert any("application/vnd.jupyter.widget-view+json" in output["data"] for output in page.outputs(1))
    cancel(page)


def test_a_saved_form_names_the_next_step(server: Callable[..., Lab]) -> None:
    """Reopened with another kernel, a form is a sentence and the cell that does the same, not a dead widget."""
    author = server()
    author.write("work.ipynb", "%load_ext vidmagic", "%video form hailuo")
    page = author.open("work.ipynb")
    page.run(0)
    page.run(1)
    page.until(CONTAINS_TEXT, "Generate")
    page.save()
    page.restart_kernel()
    page.close()
    again = author.open("work.ipynb")
    again.until(CONTAINS_TEXT, "A form lives as long as its kernel.")
    again.browser_page.wait_for_timeout(500)
    assert "Error" not in again.text(1)
    assert "%%video hailuo" in again.text(1)
