"""A cell of a shot that runs again shows the earlier takes, small, below the new one."""

from __future__ import annotations

from tests.notebook.cells import Run
from tests.skeleton import skeleton, text
from vidmagic.notebook.card.job_content import JobContent
from vidmagic.notebook.surfaces.html_surface import html_bundle, saved_bundle
from vidmagic.notebook.surfaces.widget_card import frame_html
from vidmagic.notebook.views.earlier_takes import MOST, earlier_takes
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session


def test_a_new_take_shows_the_ones_before(run: Run, session: Session) -> None:
    """The first take has none below it; a later one has the earlier ones, each with a small picture and its name."""
    first = run("%%video hailuo --shot kite\nA red kite")
    assert earlier_takes(session, first) == ""
    assert earlier_takes(session, run("%%video hailuo\nA green kite")) == ""
    second = run("%%video hailuo --shot kite\nA blue kite")
    run("%video pick kite:1")
    shown = earlier_takes(session, second)
    assert text(shown) == "earlier takes · %video takes kitekite 1 ★ pick"
    assert [tag for tag, _ in skeleton(shown)].count("img") == 1
    assert len(shown) < 4000


def test_they_stand_in_the_live_card_and_in_the_saved_player(run: Run, session: Session) -> None:
    """Both the card that a page draws and the output that is saved have them; a quiet end has not."""
    job = run("%%video hailuo --shot kite\nA red kite")
    content = JobContent(job, "<p>earlier</p>")
    assert "<p>earlier</p>" in frame_html(content.controls(), "")
    for bundle in (html_bundle, saved_bundle):
        assert "<p>earlier</p>" in bundle(content.state(), content.controls().below)["text/html"]
    assert content.end(quiet=False).html.endswith("<p>earlier</p>")
    assert "earlier" not in content.end(quiet=True).html


def test_there_are_few_of_them_and_the_pick_is_among_them(session: Session) -> None:
    """Of a long shot the newest takes are shown, and its pick however old it is."""
    options = RunOptions(shot="kite", again=True)
    jobs = [session.start("[[sandbox: refuse]] a kite", "hailuo", options) for _ in range(MOST + 4)]
    session.shots.pick("kite", 1)
    shown = text(earlier_takes(session, jobs[-1]))
    assert "kite 1 ★ pick" in shown
    assert shown.count("kite ") == MOST
    assert "3 more" in shown
    assert "kite 10" not in shown
