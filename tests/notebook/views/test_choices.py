"""Takes that are picked from a comparison, and blind comparisons: what is hidden, chosen, stored and listed."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.media import videos
from tests.notebook.cells import Run
from tests.skeleton import text
from vidmagic.engine.journal.recovery import salvage
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.views.compare import Comparison
from vidmagic.session.session import Session


def takes(run: Run, *shots: str) -> list[Any]:
    """Make a take of each shot, each of another prompt."""
    return [run(f"%%video hailuo -w --shot {shot}\nA kite number {at}") for at, shot in enumerate(shots)]


def bundle(comparison: Comparison) -> str:
    """Return what a page shows of a comparison, as text."""
    return text(comparison._bundle()["text/html"])


def test_a_button_picks_the_take(run: Run, session: Session) -> None:
    """Each take of a shot has a button, which does what `%video pick` does; the pick is named so."""
    takes(run, "kite", "kite", "lake")
    shown = run("%video compare kite:1 kite:2 lake:1")
    assert shown.button_labels() == ["Pick kite 1", "Pick kite 2", "Pick lake 1"]
    shown.press(1)
    assert session.shots.find("kite").picked.take.number == 2
    assert shown.button_labels()[:2] == ["Pick kite 1", "★ picked: kite 2"]
    with pytest.raises(InvalidRequest, match="only in a blind comparison"):
        shown.choose("A")


def test_blind_hides_which_is_which_until_one_is_chosen(run: Run, session: Session) -> None:
    """Names, words, files and ids are hidden; a choice shows them, is stored, and picks the take of the one shot."""
    jobs = takes(run, "kite", "kite", "kite")
    shown = run("%video compare kite --blind")
    hidden = shown._bundle()["text/html"]
    for secret in ("kite 1", "number", "videos/", *(job.id for job in jobs)):
        assert secret not in text(hidden) + repr(shown)
    assert all(job.id not in hidden and job.video.path.name not in hidden for job in jobs)
    assert shown.button_labels() == ["Choose A", "Choose B", "Choose C"]
    chosen = shown.choose("b")
    assert chosen is shown.videos[1]
    picked = session.shots.find("kite").picked
    assert picked.id == chosen.job_id
    assert f"You chose B, {picked.take}." in bundle(shown)
    assert f"{picked.take} ★" in bundle(shown)
    with pytest.raises(InvalidRequest, match="the choice has been made"):
        shown.choose("A")
    row = run("%video compare --choices").table.rows[0]
    assert row[1:] == (chosen.job_id, ", ".join(video.job_id for video in shown.videos), str(picked.take))


def test_a_choice_among_several_shots_or_files_picks_nothing(run: Run, session: Session, tmp_path: Path) -> None:
    """It is stored all the same; a file goes by its name."""
    takes(run, "kite", "lake")
    run("%video compare kite:1 lake:1 --blind").choose("A")
    assert session.shots.find("kite").picked is None
    file = videos.write(tmp_path / "mine.mp4", frames=2)
    run(f"%video compare {file} kite:1 --blind").choose("A")
    rows = run("%video compare --choices").table.rows
    assert [row[3] for row in rows] == ["", ""]
    assert "mine.mp4" in rows[0][2]


@pytest.mark.parametrize("more", ["--blind", "kite:1 --blind", "kite --blind --grid model×words"])
def test_what_cannot_be_blind_is_refused(run: Run, more: str) -> None:
    """Nothing, one video, and a grid, whose headings would name them."""
    takes(run, "kite", "kite")
    with pytest.raises(InvalidRequest):
        run(f"%video compare {more}")


def test_a_wrong_name_is_refused(run: Run) -> None:
    """The names are those that are shown; nothing is stored."""
    takes(run, "kite", "kite")
    with pytest.raises(InvalidRequest, match="no video here is called 'C'; there are A and B"):
        run("%video compare kite --blind").choose("C")
    assert run("%video compare --choices").table.rows == ()


def test_videos_are_shuffled(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is drawn anew for each comparison."""
    jobs = takes(run, "kite", "kite")
    monkeypatch.setattr("random.sample", lambda given, count: list(given)[::-1])
    shown = run("%video compare kite --blind")
    assert [video.job_id for video in shown.videos] == [job.id for job in jobs[::-1]]


def test_choices_survive_a_damaged_journal(run: Run, session: Session, tmp_path: Path) -> None:
    """They are copied with the jobs, once however often that is done."""
    takes(run, "kite", "kite")
    run("%video compare kite --blind").choose("A")
    copy = tmp_path / "jobs.db"
    copy.write_bytes(session.store.path.read_bytes())
    with sqlite3.connect(copy) as db:
        db.row_factory = sqlite3.Row
        db.execute("DELETE FROM choice")
        for _ in range(2):
            salvage(session.store.path, db)
        assert db.execute("SELECT count(*) FROM choice").fetchone()[0] == 1
    db.close()
