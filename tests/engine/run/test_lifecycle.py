"""One job from its request to its file: every state in order, nothing lost, nothing sent twice."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny import ACCEPTED, Make, start, state
from tests.faults.answers import Answer, no_answer, video_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import latency, limit_body
from tests.media.recipes import check_file
from tests.patience import ended, until
from vidmagic.engine.job import Job
from vidmagic.engine.journal.store import Store
from vidmagic.errors import Cancelled, JournalError
from vidmagic.spec.events import Event, Queued, Ready, Running, Saved

# -- the way through


def test_every_state_in_order(tiny: Make, service: FaultServer, done: Answer, videos: Path) -> None:
    """A job goes from accepted to running, ready and done, and the video is on disk, whole, beside its sidecar."""
    service.on("/submit", ACCEPTED).on("/poll", state("queued"), state("at it", percent=40), done)
    job = start(tiny())
    video = job.result(10)
    assert list(job.events()) == [
        Queued(),
        Queued("queued"),
        Running(40, "at it"),
        Ready((f"{service.url}/film.mp4?Signature=a%2Fb",)),
        Saved(str(video.path), video.size, job.record.sha256, job.record.file_sha256),
    ]
    assert (job.state, job.charged, job.task_id, job.error) == ("done", "yes", "task-1", None)
    assert (video.path.parent, video.width, video.height) == (videos, 64, 48)
    assert sorted(path.suffix for path in videos.iterdir()) == [".json", ".mp4"]
    assert service.count("POST", "/submit") == 1


def test_stored_before_published(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When a handle receives an event, the journal has it already."""
    service.on("/submit", ACCEPTED).on("/poll", state("queued"), state("at it"), done)
    session, in_journal = tiny(), []
    receive = Job.receive

    def noted(self: Job, record: Any, event: Event) -> None:
        in_journal.append((record.state, session.store.get(record.id).state))
        receive(self, record, event)

    monkeypatch.setattr(Job, "receive", noted)
    start(session).result(10)
    assert [published for published, _ in in_journal] == ["sending", "accepted", "accepted", "running", "ready", "done"]
    assert all(published == stored for published, stored in in_journal)


def test_sending_is_stored_before_the_first_byte(tiny: Make, service: FaultServer, done: Answer) -> None:
    """When the service sees the request, the journal says `sending`."""
    session, seen = tiny(), []

    def accept(_: object) -> Answer:
        seen.extend(record.state for record in session.store.find())
        return ACCEPTED

    service.on("/submit", accept).on("/poll", done)
    start(session).result(10)
    assert seen == ["sending"]


def test_a_journal_that_takes_no_note_sends_nothing(
    tiny: Make, service: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the note in the journal not one byte leaves, and the job is `new` and not charged."""

    def full(self: Store, job_id: str) -> None:
        raise JournalError("disk full")

    monkeypatch.setattr(Store, "mark_sending", full)
    job = ended(start(tiny()))
    assert (job.state, job.charged, type(job.error)) == ("new", "no", JournalError)
    assert service.seen == []


def test_the_link_is_not_in_the_journal_afterwards(tiny: Make, service: FaultServer, done: Answer, home: Path) -> None:
    """A signed link is a secret: neither the finished row nor the sidecar nor an event's repr holds it."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    job = start(tiny())
    video = job.result(10)
    assert job.record.links is None
    assert "Signature" not in Path(video.path).with_suffix(".json").read_text()
    assert "Signature" not in repr(list(job.events()))


# -- the result


def test_an_expired_link_is_asked_for_again(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A refused link costs one more poll, never a submit."""
    service._scripts["/film.mp4"] = [Answer(403, b"<Error/>"), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/poll", done)
    start(tiny()).result(10)
    assert (service.count("POST", "/submit"), service.count("GET", "/poll")) == (1, 2)


def test_a_fresh_link_is_waited_for(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A service that stumbles over the fresh link is asked until it gives one."""
    service._scripts["/film.mp4"] = [Answer(403), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/poll", done, Answer(500), no_answer(), state("queued"), done)
    job = start(tiny())
    job.result(10)
    assert (service.count("GET", "/poll"), job.state) == (5, "done")


def test_links_that_stay_refused_pause(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A video that cannot be fetched is paid for: the job is paused, and the same request fetches it, never buys it."""
    service._scripts["/film.mp4"] = [*[Answer(403)] * 4, video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/poll", done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged) == ("paused", "yes")
    assert service.count("GET", "/film.mp4") == 4
    start(session).result(10)
    assert service.count("POST", "/submit") == 1


def test_a_download_that_breaks_goes_on(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A broken download goes on where it stopped."""
    half = Answer(body=video_bytes, headers={"ETag": '"v1"'}).but(limit_body(len(video_bytes) // 2))
    service._scripts["/film.mp4"] = [half, video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/poll", done)
    job = start(tiny())
    job.result(10)
    check_file(job.record, video_bytes)
    assert "range" in service.seen[-1].headers


def test_a_disk_that_takes_nothing_pauses(tiny: Make, service: FaultServer, done: Answer, videos: Path) -> None:
    """A folder that cannot be made pauses the job; when it can, the video is fetched without another submit."""

    def accept(_: object) -> Answer:
        videos.rmdir()  # made and tried before the submit
        videos.write_text("in the way")
        return ACCEPTED

    service.on("/submit", accept).on("/poll", done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged) == ("paused", "yes")
    assert str(videos) in job.error.hint
    videos.unlink()
    assert session.resume(job.id).result(10).path.is_file()
    assert service.count("POST", "/submit") == 1


def test_a_video_that_is_gone_is_fetched_again(tiny: Make, service: FaultServer, done: Answer) -> None:
    """The same request after the file was deleted fetches it again, free of charge, also from a second kernel."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    start(tiny()).result(10).path.unlink()
    again = start(tiny())
    assert again.result(10).path.is_file()
    assert (again.reused, again.charged) == (True, "yes")
    assert any("fetched again" in note for note in again.notes)
    assert service.count("POST", "/submit") == 1


# -- cancel


def test_cancel_before_it_was_sent(tiny: Make, service: FaultServer) -> None:
    """A job that is cancelled between two tries was never sent and is not charged; its request may be sent again."""
    service.on("/submit", Answer(429, headers={"Retry-After": "60"}))
    session = tiny()
    job = start(session)
    until(lambda: job.status_text)
    job.cancel()
    ended(job)
    assert (job.state, job.charged, type(job.error)) == ("cancelled", "no", Cancelled)
    assert not start(session).reused


def test_cancel_while_it_is_being_sent(tiny: Make, service: FaultServer) -> None:
    """The answer to a submit is never cut: its id is stored, then the service is asked to stop."""
    service.on("/submit", ACCEPTED.but(latency(0.3))).on("/cancel", Answer(200)).on("/poll", state("queued"))
    job = start(tiny())
    until(lambda: service.count("POST", "/submit"))
    job.cancel()
    ended(job)
    assert (job.state, job.task_id, job.charged) == ("cancelled", "task-1", "yes")
    assert service.count("POST", "/cancel") == 1


@pytest.mark.parametrize("answer", [state("queued"), state("at it")], ids=["accepted", "running"])
@pytest.mark.parametrize("can", [True, False])
def test_cancel_while_it_runs(tiny: Make, service: FaultServer, answer: Answer, can: bool) -> None:
    """The service is asked to stop; where it cannot, the message says that the job goes on there."""
    service.on("/submit", ACCEPTED).on("/poll", answer).on("/cancel", Answer(200 if can else 404))
    job = start(tiny())
    until(lambda: service.count("GET", "/poll") > 1)
    job.cancel()
    ended(job)
    assert (job.state, job.charged) == ("cancelled", "yes")
    assert ("stopped at the service" in job.error.message) == can


def test_a_cancel_takes_no_charge_back(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A job that the service has accepted is charged, also after it was cancelled here, and after it went on."""
    service.on("/submit", ACCEPTED).on("/poll", state("queued")).on("/cancel", Answer(404))
    session = tiny()
    job = start(session)
    until(lambda: service.count("GET", "/poll"))
    job.cancel()
    assert ended(job).charged == "yes"
    service._scripts["/poll"] = [done]
    resumed = session.resume(job.id)
    resumed.result(10)
    assert (resumed.state, resumed.charged) == ("done", "yes")


def test_cancel_wakes_a_waiting_job(tiny: Make, service: FaultServer) -> None:
    """A job that waits for a minute is cancelled long before that."""
    service.on("/submit", ACCEPTED).on("/poll", Answer(429, headers={"Retry-After": "60"})).on("/cancel", Answer(200))
    job = start(tiny())
    until(lambda: service.count("GET", "/poll"))
    time.sleep(0.1)
    job.cancel()
    ended(job)


def test_cancel_while_it_downloads(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A video that is made and not fetched yet is charged; the same request fetches it."""
    service._scripts["/film.mp4"] = [Answer(500, toxics=(latency(0.2),)), Answer(500), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/poll", done)
    session = tiny()
    job = start(session)
    until(lambda: service.count("GET", "/film.mp4"))
    job.cancel()
    ended(job)
    assert (job.state, job.charged) == ("cancelled", "yes")
    assert start(session).result(10).job_id == job.id
    assert service.count("POST", "/submit") == 1


def test_cancel_after_the_end_changes_nothing(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A job that is done stays done."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    session = tiny()
    job = start(session)
    job.result(10)
    job.cancel()
    assert (job.state, session.store.get(job.id).state) == ("done", "done")


# -- a journal that fails


def test_a_journal_that_fails_after_the_submit_stops_nothing(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    """The id goes into the spill file, the job says so and goes on, and all is stored when the journal is back."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    session, update, broken = tiny(), Store.update, [True, True]

    def flaky(self: Store, job_id: str, **changes: Any) -> None:
        if broken:
            broken.pop()
            raise JournalError("database is locked")
        update(self, job_id, **changes)

    monkeypatch.setattr(Store, "update", flaky)
    job = start(session)
    job.result(10)
    spilled = [json.loads(line) for line in (home / "jobs-rescue.jsonl").read_text().splitlines()]
    assert [row["task_id"] for row in spilled] == ["task-1", "task-1"]
    assert any("database is locked" in event.message for event in job.events() if isinstance(event, Running))
    assert (session.store.get(job.id).state, session.store.get(job.id).task_id) == ("done", "task-1")


def test_a_disk_that_is_full_stops_nothing(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where not even the spill file can be written, the job goes on in memory and says so."""

    def full(self: Store, *_: object, **__: object) -> None:
        raise JournalError("disk full")

    def no_space(self: Store, record: object) -> None:
        raise OSError(28, "No space left on device")

    service.on("/submit", ACCEPTED).on("/poll", done)
    monkeypatch.setattr(Store, "update", full)
    monkeypatch.setattr(Store, "spill", no_space)
    job = start(tiny())
    assert job.result(10).path.is_file()
    assert any("task-1" in event.message for event in job.events() if isinstance(event, Running))
