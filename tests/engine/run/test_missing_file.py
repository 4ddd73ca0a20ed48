"""A finished job stays finished: its file may be missing, and nothing that is tried then makes it another job."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.tiny import ACCEPTED, Make, start, state
from tests.faults.answers import Answer
from tests.faults.server import FaultServer
from tests.patience import ended, until
from vidmagic.engine.job import Job
from vidmagic.errors import DownloadFailed
from vidmagic.session.session import Session

REFUSALS = {
    "the service failed it": state("failed", why="expired"),
    "the key is refused": Answer(401, b"{}"),
    "a link that is refused": None,
}


@pytest.fixture
def moved(tiny: Make, service: FaultServer, done: Answer) -> tuple[Session, Job, Path]:
    """Return a session, a finished job, and where its file was moved to."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    session = tiny()
    job = start(session)
    path = job.result(10).path
    return session, job, path.rename(path.with_name("moved.mp4"))


@pytest.mark.parametrize("why", REFUSALS)
def test_a_failed_download_changes_nothing(
    moved: tuple[Session, Job, Path], service: FaultServer, done: Answer, why: str
) -> None:
    """Where the service gives the video no more, the job is done, charged, and says what can be done; nothing is sent.

    The file that is moved back is shown again.
    """
    session, job, elsewhere = moved
    answer = REFUSALS[why]
    service._scripts["/poll"] = [done if answer is None else answer]
    service._scripts["/film.mp4"] = [Answer(403)]
    for again in (session.resume(job.id), start(session), start(session)):
        with pytest.raises(DownloadFailed, match="is missing") as raised:
            ended(again).result(10)
        assert (again.id, again.state, again.charged, raised.value.charged) == (job.id, "done", "yes", "yes")
        assert "Move it back" in raised.value.hint
        assert "--again" in raised.value.hint
    stored = session.store.get(job.id)
    assert (stored.state, stored.charged, stored.links) == ("done", "yes", None)
    assert service.count("POST", "/submit") == 1
    elsewhere.rename(job.record.path)
    assert start(session).result(10).path == Path(job.record.path)
    assert session.get(job.id).error is None


def test_a_missing_key_changes_nothing(
    moved: tuple[Session, Job, Path], service: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without its key the job is done all the same, and says which variable to set."""
    session, job, _ = moved
    monkeypatch.delenv("TINY_API_KEY")
    again = ended(session.resume(job.id))
    assert (again.state, again.charged) == ("done", "yes")
    assert "TINY_API_KEY" in again.error.message
    assert service.count("POST", "/submit") == 1


def test_a_cancelled_download_changes_nothing(moved: tuple[Session, Job, Path], service: FaultServer) -> None:
    """Another download that is cancelled leaves a job that is done."""
    session, job, _ = moved
    service._scripts["/poll"] = [state("at it")]
    again = session.resume(job.id)
    until(lambda: service.count("GET", "/poll") > 2)
    assert (again.state, session.store.get(job.id).state) == ("ready", "done")
    again.cancel()
    assert (ended(again).state, again.charged) == ("done", "yes")


def test_a_handle_reports_a_missing_file(moved: tuple[Session, Job, Path]) -> None:
    """Whoever looks at the job without asking the service learns that its file is missing."""
    session, job, elsewhere = moved
    listed = session.get(job.id)
    assert "is missing" in listed.error.message
    with pytest.raises(DownloadFailed, match="is missing"):
        listed.result(0)
    elsewhere.rename(job.record.path)
    assert listed.result(0).path.is_file()


def test_another_download_is_no_generation_time(moved: tuple[Session, Job, Path], done: Answer) -> None:
    """When the video is fetched again, how long the service took for it stays what it was."""
    session, job, _ = moved
    before = session.store.get(job.id)
    again = ended(session.resume(job.id))
    after = session.store.get(job.id)
    assert (again.state, again.error, Path(after.path).is_file()) == ("done", None, True)
    assert (after.ready, after.accepted) == (before.ready, before.accepted)
