"""Stars, notes and tags: checked, stored in the journal and beside the video, and shown wherever the job is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

import vidmagic
from tests.patience import ended, until
from vidmagic.cli import main
from vidmagic.engine.job import Job
from vidmagic.engine.journal.search import JobFilter, count, find, search
from vidmagic.errors import InvalidRequest, JournalError
from vidmagic.sandbox import Sandbox
from vidmagic.session.ratings import LONGEST_NOTE, rating_text
from vidmagic.session.reports.job_table import choose, job_filter
from vidmagic.session.session import Session


def made(session: Session, prompt: str = "a red kite") -> Job:
    """Return a finished job."""
    job = session.start(prompt, "hailuo")
    job.result(20)
    return job


def sidecar(job: Job) -> dict[str, object]:
    """Return what the file beside the video of a job holds."""
    return dict(json.loads(Path(job.record.path).with_suffix(".json").read_text("utf-8")))


def test_a_rating_is_stored_in_the_journal_and_beside_the_video(session: Session) -> None:
    """What is given is stored, what is not stays, 0 stars, an empty note and no tags clear; `updated` never moves."""
    job = made(session)
    before = session.store.get(job.id)
    job.rate(4, note=" 手 hands melt ", tags=["hero", "#Night", "HERO"])
    assert (job.stars, job.note, job.tags) == (4, "手 hands melt", ("hero", "Night"))
    assert {name: sidecar(job)[name] for name in ("stars", "note", "tags")} == {
        "stars": 4, "note": "手 hands melt", "tags": ["hero", "Night"],
    }  # fmt: skip
    job.rate(5)
    assert (job.stars, job.note, job.tags) == (5, "手 hands melt", ("hero", "Night"))
    job.rate(note="", tags=[])
    job.rate(0)
    after = session.store.get(job.id)
    assert (after.stars, after.note, after.tags) == (None, "", ())
    assert after == before
    assert not {"stars", "note", "tags"} & sidecar(job).keys()


def test_every_handle_and_another_kernel_have_the_rating(session: Session, make_session: Callable[[], Session]) -> None:
    """A rating of one handle is that of all in this kernel, and of what any kernel reads from then on."""
    job = made(session)
    other = session.get(job.id)
    job.rate(2, tags="later")
    assert (other.stars, other.tags) == (2, ("later",))
    elsewhere = make_session()
    elsewhere.get(job.id).rate(3)
    assert (session.get(job.id).stars, session.get(job.id).tags) == (3, ("later",))


def test_a_running_job_keeps_its_rating(session: Session, sandbox: Sandbox) -> None:
    """Any job can be rated; what happens to it afterwards takes nothing back, and the sidecar has it too."""
    sandbox.seconds = 600
    job = session.start("a red kite", "hailuo")
    until(lambda: job.state in {"accepted", "running"}, 10)
    job.rate(3, note="quick")
    sandbox.finish_tasks()
    job.result(20)
    assert (job.stars, session.get(job.id).stars, sidecar(job)["stars"]) == (3, 3, 3)
    assert (job.note, sidecar(job)["note"]) == ("quick", "quick")


def test_a_rebuild_reads_the_rating(session: Session, home: Path) -> None:
    """A journal that is lost takes no rating with it: the sidecars have them."""
    job = made(session)
    job.rate(5, note="the one", tags=["hero"])
    (home / "jobs.db").unlink()
    assert main(["rebuild", "videos"]) == 0
    read_back = Session().store.get(job.id)
    assert (read_back.stars, read_back.note, read_back.tags) == (5, "the one", ("hero",))


@pytest.mark.parametrize("stars", [6, -1, True, 4.5, "four", "4.5", "", "9/10", [4], "\x1b[31m"])
def test_wrong_stars_are_refused(stars: object, session: Session) -> None:
    """Stars are whole numbers from 0 to 5 or none; the message has what was given, and nothing is stored."""
    job = made(session)
    with pytest.raises(InvalidRequest, match="1 to 5"):
        job.rate(stars, note="x")  # type: ignore[arg-type]
    assert session.get(job.id).note == ""


@pytest.mark.parametrize("tag", ["two words", "", "a,b", "x" * 41, "<b>", 7, "-x"])
def test_wrong_tags_are_refused(tag: object, session: Session) -> None:
    """A tag is one word of letters, digits, - and _."""
    job = made(session)
    with pytest.raises(InvalidRequest, match="cannot be a tag"):
        job.rate(4, tags=[tag])  # type: ignore[list-item]
    assert session.get(job.id).stars is None


def test_other_wrong_ratings_are_refused(session: Session) -> None:
    """Nothing at all, a note that is not text or too long, and a job that the journal has lost."""
    job = made(session)
    with pytest.raises(InvalidRequest, match="nothing to store"):
        job.rate()
    with pytest.raises(InvalidRequest, match="text, not int"):
        job.rate(note=5)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="2,001 characters"):
        job.rate(note="x" * (LONGEST_NOTE + 1))
    session.store.write(lambda db: db.execute("DELETE FROM job"))
    with pytest.raises(JournalError, match="no longer knows"):
        job.rate(3)


def test_a_rating_finds_jobs(session: Session) -> None:
    """By stars or more, by tag in any case, by words of prompt, note and tags, and those that are not rated."""
    kite, crane, boat = (made(session, prompt) for prompt in ("a red kite", "一只鹤", "a boat"))
    kite.rate(5, note="the wind is right", tags=["hero"])
    crane.rate(3, tags=["Café"])

    def ids(**filters: str) -> list[str]:
        return [record.id for record in choose(session.store, session.catalog, **filters)]

    assert ids(stars="4") == [kite.id]
    assert ids(stars="3") == [crane.id, kite.id]
    assert ids(stars="none") == [boat.id]
    assert ids(tag="HERO") == [kite.id]
    assert ids(tag="#CAFÉ") == [crane.id]
    assert ids(stars="3", tag="nothing") == []
    for words, expected in (
        (["wind"], [kite]), (["hero"], [kite]), (["café"], [crane]), (["kite", "right"], [kite]),
        (["kite", "boat"], []), (["鹤"], [crane]), (["100%"], []), ([], [boat, crane, kite]),
    ):  # fmt: skip
        assert [record.id for record in search(session.store, words, 10)] == [job.id for job in expected]
    assert count(session.store, JobFilter(stars=3)) == 2
    assert [record.id for record in find(session.store, JobFilter(), limit=1, offset=1)] == [crane.id]
    for wrong in ({"stars": "6"}, {"stars": "many"}, {"tag": "a b"}):
        with pytest.raises(InvalidRequest):
            job_filter(session.catalog, **wrong)


def test_python_finds_jobs_by_their_rating(monkeypatch: pytest.MonkeyPatch) -> None:
    """`vidmagic.jobs(stars=4, tag="hero")`, and a rating in the text of a list."""
    monkeypatch.setenv("VIDMAGIC_SANDBOX", "1")
    monkeypatch.setenv("VIDMAGIC_SANDBOX_SECONDS", "0.1")
    job = vidmagic.start("a red kite", "hailuo", sandbox=True)
    ended(job)
    job.rate(4, note="windy", tags=["hero"])
    assert [listed.id for listed in vidmagic.jobs(stars=4, tag="hero")] == [job.id]
    assert len(vidmagic.jobs(stars=5)) == 0
    assert "★★★★☆ windy #hero" in repr(vidmagic.jobs())
    assert rating_text(job.record) == "★★★★☆ windy #hero"
