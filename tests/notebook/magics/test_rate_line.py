"""`%video rate`: which video, how many stars, which note, which tags."""

from __future__ import annotations

import pytest

from tests.notebook.cells import Run, html
from tests.skeleton import PAYLOADS, skeleton
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.session.session import Session

Remarks = tuple[int | None, str, tuple[str, ...]]


def remarks(session: Session, job_id: str) -> Remarks:
    """Return what the journal holds."""
    record = session.store.get(job_id)
    return record.stars, record.note, record.tags


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('pond:2 4 "hand melts" --tag hero --tag night', (4, "hand melts", ("hero", "night"))),
        ("pond 2 4 hand melts", (4, "hand melts", ())),
        ("pond:2 4", (4, "", ())),
        ("pond:2 --tag hero", (None, "", ("hero",))),
        ("pond:2 the light is right", (None, "the light is right", ())),
        ("VIDEO 5 --tag=#hero", (5, "", ("hero",))),
        ("ID 1 '2 hands'", (1, "2 hands", ())),
    ],
)
def test_a_line_rates_a_take(line: str, expected: Remarks, run: Run, session: Session) -> None:
    """Stars, note and tags come in one line; a take, a variable or an id names the video; each part may be left out."""
    run("%%video hailuo --shot pond\na pond")
    job = run("%%video hailuo --shot pond -o VIDEO\na pond at dawn")
    shown = run(f"%video rate {line.replace('ID', job.id) if line.startswith('ID') else line}")
    assert remarks(session, job.id) == expected
    assert "pond 2" in repr(shown)
    assert "pond 2" in html(shown)


def test_a_rating_is_changed_and_cleared(run: Run, session: Session) -> None:
    """0 and none clear the stars, an empty note clears the note, --untag removes a tag; the rest stays."""
    job = run("%%video hailuo --shot pond\na pond")
    run('%video rate pond 4 "hand melts" --tag hero --tag night')
    run("%video rate pond none")
    assert remarks(session, job.id) == (None, "hand melts", ("hero", "night"))
    run('%video rate pond 2 "" --untag HERO')
    assert remarks(session, job.id) == (2, "", ("night",))
    assert "not rated" in repr(run("%video rate pond 0 --untag night"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("pond 2", "can be take 2, or 2 stars"),
        ("pond:2 6", "1 to 5"),
        ("pond:2 -1", "1 to 5"),
        ("pond:2 4.5", "1 to 5"),
        ("pond:2 9/10 good", "1 to 5"),
        ("pond:2", "nothing to store"),
        ("pond:3 4", "no pond:3"),
        ("pnd:2 4", "no variable, shot, job or file"),
        ('pond:2 4 --tag "two words"', "cannot be a tag"),
        ("", "VIDEO is missing"),
        ("pond:2 4 --stars 4", "no flag is called --stars"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused(line: str, message: str, run: Run, session: Session) -> None:
    """The message says what is wrong in the words of the line, and nothing is stored."""
    run("%%video hailuo --shot pond\na pond")
    job = run("%%video hailuo --shot pond\na pond at dawn")
    with pytest.raises((InvalidRequest, NoSuchJob), match=message):
        run(f"%video rate {line}")
    assert remarks(session, job.id) == (None, "", ())


def test_a_rating_is_shown_wherever_the_job_is(run: Run) -> None:
    """On the card, in the lists, in the history and in all that is stored; foreign text stays text."""
    job = run("%%video hailuo --shot pond\na pond")
    job.result(20)
    clean = {line: skeleton(html(run(line))) for line in ("%video jobs", "%video history", "%video takes pond")}
    job.rate(4, note="hands melt", tags=["hero"])
    for line in clean:
        assert all(text in html(run(line)) for text in ("★★★★☆", "hands melt", "#hero")), line
        assert "★★★★☆" in str(run(line))
    job.rate(note="x")
    shapes = {line: skeleton(html(run(line))) for line in clean}
    for payload in PAYLOADS:
        job.rate(note=payload)
        assert {line: skeleton(html(run(line))) for line in clean} == shapes
    assert [record.id for record in run("%video history hero").records] == [job.id]
