"""The gallery: pages of thumbnails, chosen by words, rating, tag, model, shot and age."""

from __future__ import annotations

import pytest

from tests.engine.journal.journals import record
from tests.notebook.cells import Run, html
from tests.skeleton import PAYLOADS, skeleton
from vidmagic.engine.journal.rows import insert
from vidmagic.errors import InvalidRequest, NoSuchJob
from vidmagic.notebook.views.gallery import PAGE, gallery
from vidmagic.session.session import Session

MANY = 10_000


def test_ten_thousand_videos_are_shown_by_the_page(session: Session) -> None:
    """A page has 24 of them whatever there is; pages, newest first, hold each video once; a missing page is refused."""
    rows = [record(prompt=f"kite {at}", state="done", path=f"/gone/{at}.mp4", created=at + 1.0) for at in range(MANY)]
    session.store.write(lambda db: [insert(db, row) for row in rows])
    first = gallery(session, ["kite"])
    assert (first.total, first.pages, len(first.records)) == (MANY, 417, PAGE)
    assert skeleton(html(first))
    last = first.page(417)
    assert [row.prompt for row in first.records[:2]] == ["kite 9999", "kite 9998"]
    assert [row.prompt for row in last.records][-1] == "kite 0"
    assert len(last.records) == MANY - 416 * PAGE
    assert gallery(session, limit="30").page(2).total == 30
    assert len(gallery(session, limit="30").page(2).records) == 6
    for number in (418, 0):
        with pytest.raises(InvalidRequest):
            first.page(number)


def test_the_line_filters(run: Run) -> None:
    """Each filter leaves the videos that it names; only finished ones are shown, with a link that plays."""
    one = run("%%video hailuo --shot pond\na pond")
    two = run("%%video seedance\na crane 鹭")
    one.rate(4, tags=["hero"])
    for line, expected in (
        ("", [two, one]), ("crane", [two]), ("鹭", [two]), ("--stars 4", [one]), ("--stars none", [two]),
        ("--tag HERO", [one]), ("--model seedance", [two]), ("--shot pond", [one]), ("--since 1d", [two, one]),
        ("--limit 1", [two]), ("hero", [one]), ("pond --stars 5", []),
    ):  # fmt: skip
        assert [job.id for job in run(f"%video gallery {line}").jobs] == [job.id for job in expected], line
    shown = html(run("%video gallery --stars 4"))
    assert skeleton(shown).count(("a", ("href", "target", "rel", "style", "aria-label"))) == 1
    assert all(text in shown for text in ("data:image/jpeg", "★★★★☆", "#hero", f'href="videos/{one.video.path.name}"'))
    assert "No such video" in repr(run("%video gallery zeppelin"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--stars 6", "1 to 5"), ("--stars many", "1 to 5"), ("--tag 'a b'", "cannot be a tag"), ("--limit 0", "limit"),
        ("--since yesterday", "since must be"), ("--model nosuch", "nosuch"), ("--shot nosuch", "nosuch"),
        ("--page 2", "page 2 does not exist"), ("--page x", "--page must be"),
        ("--sort name", "no flag is called --sort"),
    ],
)  # fmt: skip
def test_wrong_filters_are_refused(line: str, message: str, run: Run) -> None:
    """A value that cannot be meant is refused in the words of the line."""
    with pytest.raises((InvalidRequest, NoSuchJob), match=message):
        run(f"%video gallery {line}")


def test_foreign_text_stays_text(session: Session) -> None:
    """Prompts, notes and names of models change nothing of the page's structure."""
    shapes = set()
    for at, payload in enumerate(["plain", *PAYLOADS]):
        row = record(prompt=payload, note=payload, model=payload, state="done", path="/gone.mp4", created=at + 1.0)
        session.store.write(lambda db, row=row: insert(db, row))
        shapes.add(tuple(skeleton(html(gallery(session, limit="1")))))
    assert len(shapes) == 1
