"""A notebook carries each video once: in the cell that made it."""

from __future__ import annotations

from pathlib import Path

from tests.patience import ended
from vidmagic.engine.job import Job
from vidmagic.notebook.card.job_content import JobContent
from vidmagic.notebook.surfaces.carried import Carried, Cell
from vidmagic.session.session import Session


def shown(job: Job, cell: Cell) -> str:
    """Return what *cell* shows of a job."""
    return JobContent(job, cell=cell).end(quiet=False).html


def test_a_video_is_carried_once(session: Session) -> None:
    """The first cell carries it, also when it runs again; another cell links it, with a small picture."""
    job = ended(session.start("A red kite", "hailuo"))
    for run in (1, 2):
        assert "data:video/mp4" in shown(job, Cell("a", run))
    linked = shown(job, Cell("b", 3))
    assert "data:video/mp4" not in linked
    assert 'src="videos/' in linked
    assert 'poster="data:image/jpeg' in linked


def test_a_cell_that_shows_something_else_carries_it_no_longer() -> None:
    """A cell that made another video has lost the first one, which the next cell may then carry."""
    carried, one, two = Carried(), Path("one.mp4"), Path("two.mp4")
    assert carried.may_carry(one, Cell("a", 1))
    assert carried.may_carry(two, Cell("a", 1))
    assert not carried.may_carry(one, Cell("b", 2))
    assert carried.may_carry(two, Cell("a", 3))
    assert carried.may_carry(one, Cell("b", 4))
