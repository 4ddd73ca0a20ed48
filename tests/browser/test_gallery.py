"""The gallery in a real JupyterLab: a thumbnail plays under the pointer and under the keyboard's focus."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.browser.lab import Lab

MAKE = """
import vidmagic
jobs = [vidmagic.start(f"a kite {n}", "hailuo", sandbox=True) for n in range(2)]
for job in jobs: job.result()
"""
SHOW = "vidmagic.gallery('kite')"
LINK = "book.widgets[1].outputArea.node.querySelectorAll('.vidmagic-gallery a')[arg]"
PLAYS = f"(v => v !== null && v.currentTime > 0 && !v.paused && v.muted)({LINK}.querySelector('video'))"
NONE_PLAYS = "book.widgets[1].outputArea.node.querySelector('video') === null"


def test_a_thumbnail_plays_under_the_pointer_and_the_focus(lab: Callable[..., Lab], tmp_path: Path) -> None:
    """One plays at a time, muted, and stops when the pointer or the focus leaves; the saved page has pictures only."""
    (tmp_path / "work").mkdir(exist_ok=True)
    server = lab(env={"VIDMAGIC_HOME": str(tmp_path / "journal"), "VIDMAGIC_SANDBOX_SECONDS": "0.2"})
    server.write("work.ipynb", MAKE, SHOW)
    page = server.open("work.ipynb")
    page.run(0, timeout=60)
    page.run(1)
    links = page.area(1).locator(".vidmagic-gallery a")
    assert links.count() == 2
    links.nth(0).hover()
    page.until(PLAYS, 0)
    links.nth(1).hover()
    page.until(PLAYS, 1)
    assert page.area(1).locator("video").count() == 1
    page.browser_page.mouse.move(0, 0)
    page.until(NONE_PLAYS)
    links.nth(0).focus()
    page.until(PLAYS, 0)
    page.save()
    links.nth(0).blur()
    page.until(NONE_PLAYS)
    saved = json.loads((server.root / "work.ipynb").read_text("utf-8"))
    [output] = saved["cells"][1]["outputs"]
    assert "<video" not in "".join(output["data"]["text/html"])
    assert set(output["data"]) == {"text/html", "text/plain"}
