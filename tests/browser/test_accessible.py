"""Cards, players, lists and the form with a screen reader, a keyboard and low vision; axe-core checks them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.browser.lab import Lab, Page

Start = Callable[..., Lab]

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
CELLS = (
    "%load_ext vidmagic\n%config VideoMagics.sandbox_seconds = 0.5",
    "%%video hailuo --wait\nA red kite over the sea",
    "%%video hailuo\n[[sandbox: seconds=90]] A blue kite over a lake",
    "%video jobs",
    "%video models",
    "%video form vidu",
)
PLAYER, LIVE, JOBS, MODELS, FORM = 1, 2, 3, 4, 5
# Axe checks the output of one cell: the page around it is not ours.
RUN_AXE = """
const area = book.widgets[arg[0]].outputArea.node.querySelector('.jp-OutputArea-output');
const results = await axe.run(area, {runOnly: {type: 'tag', values: arg[1]}});
if (results.passes.length < 1) throw new Error('axe has checked nothing');
const where = fault => fault.nodes.map(n => `${n.html} ${n.failureSummary}`).join(' | ');
return results.violations.map(fault => `${fault.id}: ${fault.help}: ${where(fault)}`);
"""


@pytest.fixture
def page(lab: Start, tmp_path: Path) -> Page:
    """Open a notebook with one of each, all cells run; the second job is running."""
    server = lab(env={"VIDMAGIC_HOME": str(tmp_path / "home")})
    server.write("work.ipynb", *CELLS)
    opened = server.open("work.ipynb")
    opened.run_all()
    opened.until("book.widgets[2].outputArea.node.querySelector('.progress-bar') !== null")
    return opened


def violations(page: Page, cell: int) -> list[str]:
    """Return the violations that axe finds in the output of a cell."""
    page.area(cell).scroll_into_view_if_needed()
    if not page.js("return typeof axe !== 'undefined'"):
        page.browser_page.evaluate(AXE)
    problems: list[Any] = page.js(RUN_AXE, [cell, RULES])
    return [f"{cell}: {problem}" for problem in problems]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(page: Page, theme: Literal["light", "dark"]) -> None:
    """Card, player, list of jobs, list of models and form have names, roles and contrast, in both themes."""
    page.theme(theme)
    assert [problem for cell in (PLAYER, LIVE, JOBS, MODELS, FORM) for problem in violations(page, cell)] == []
    page.js("book.widgets[arg].outputArea.node.querySelector('td').append(document.createElement('button'))", MODELS)
    assert "button-name" in str(violations(page, MODELS))


def test_a_card_is_announced_and_cancelled_without_a_mouse(page: Page) -> None:
    """The bar has a name and a value, the state is announced politely, and Cancel is reached and pressed by keys."""
    card = page.area(LIVE)
    card.locator("[role=progressbar][aria-valuenow]").wait_for()
    assert card.get_by_role("progressbar", name="progress of job").count() == 1
    assert "hailuo: " in card.locator("[aria-live=polite]").first.inner_text()
    cancel = card.get_by_role("button", name="Cancel")
    cancel.focus()
    page.browser_page.keyboard.press("Space")
    page.until("book.widgets[2].outputArea.node.innerText.includes('cancelled')")
