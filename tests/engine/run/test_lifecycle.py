"""One job from its request to its file: every state in order, nothing lost, nothing sent twice."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny import ACCEPTED, Tiny, state
from tests.faults.answers import Answer, json_answer, no_answer, video_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import latency, limit_body
from tests.patience import ended, until
from vidmagic.engine.job import Job
from vidmagic.engine.journal.store import Store
from vidmagic.engine.timing import Timing
from vidmagic.errors import Cancelled, Failed, JournalError, NotSent, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Service, Ticket
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Queued, Ready, Running, Saved, Stopped, TextReceived
from vidmagic.spec.request import Request

Make = Callable[..., Session]


def start(session: Session, **more: Any) -> Job:
    """Start the one request of these tests."""
    return session.start("a red kite", "tiny", RunOptions(**more))


# -- the way through


def test_every_state_in_order(tiny: Make, service: FaultServer, done: Answer, videos: Path) -> None:
    """A job goes from accepted to running, ready and done, and the film is on disk, whole, beside its sidecar."""
    service.on("/submit", ACCEPTED).on("/look", state("queued"), state("at it", percent=40), done)
    job = start(tiny())
    video = job.result(10)
    assert list(job.events()) == [
        Queued(),
        Queued("queued"),
        Running(40, "at it"),
        Ready((f"{service.url}/film.mp4?Signature=a%2Fb",)),
        Saved(str(video.path), video.size, job.record.sha256),
    ]
    assert (job.state, job.charged, job.task_id, job.error) == ("done", "yes", "task-1", None)
    assert (video.path.parent, video.width, video.height) == (videos, 64, 48)
    assert sorted(path.suffix for path in videos.iterdir()) == [".json", ".mp4"]
    assert service.count("POST", "/submit") == 1


def test_stored_before_told(tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a handle hears of an event, the journal has it already."""
    service.on("/submit", ACCEPTED).on("/look", state("queued"), state("at it"), done)
    session, in_journal = tiny(), []
    receive = Job.receive

    def noted(self: Job, record: Any, event: Event) -> None:
        in_journal.append((record.state, session.store.get(record.id).state))
        receive(self, record, event)

    monkeypatch.setattr(Job, "receive", noted)
    start(session).result(10)
    assert [told for told, _ in in_journal] == ["sending", "accepted", "accepted", "running", "ready", "done"]
    assert all(told == stored for told, stored in in_journal)


def test_the_gate_is_shut_before_the_first_byte(tiny: Make, service: FaultServer, done: Answer) -> None:
    """When the service sees the request, the journal says `sending`."""
    session, seen = tiny(), []

    def accept(_: object) -> Answer:
        seen.extend(record.state for record in session.store.find())
        return ACCEPTED

    service.on("/submit", accept).on("/look", done)
    start(session).result(10)
    assert seen == ["sending"]


def test_a_gate_that_cannot_be_written_sends_nothing(
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
    service.on("/submit", ACCEPTED).on("/look", done)
    job = start(tiny())
    video = job.result(10)
    assert job.record.links is None
    assert "Signature" not in Path(video.path).with_suffix(".json").read_text()
    assert "Signature" not in repr(list(job.events()))


# -- submit


@pytest.mark.parametrize("refusals", [1, 2])
def test_too_many_requests_is_asked_again(tiny: Make, service: FaultServer, done: Answer, refusals: int) -> None:
    """A 429 is no acceptance: the submit is repeated, and the job goes through."""
    service.on("/submit", *[Answer(429)] * refusals, ACCEPTED).on("/look", done)
    job = start(tiny())
    job.result(10)
    assert service.count("POST", "/submit") == refusals + 1
    assert isinstance(next(job.events()), Queued)


def test_three_refusals_are_enough(tiny: Make, service: FaultServer) -> None:
    """After three 429 the job is rejected, and not charged."""
    service.on("/submit", Answer(429))
    job = ended(start(tiny()))
    assert service.count("POST", "/submit") == 3
    assert (job.state, job.charged, job.error.reason) == ("rejected", "no", "rate")


def test_a_long_wait_is_handed_back(tiny: Make, service: FaultServer) -> None:
    """A Retry-After of more than two minutes is not sat out."""
    service.on("/submit", Answer(429, headers={"Retry-After": "121"}))
    assert ended(start(tiny())).state == "rejected"
    assert service.count("POST", "/submit") == 1


def test_retry_after_is_kept_to(tiny: Make, service: FaultServer, done: Answer) -> None:
    """The service's own rest is taken, not ours."""
    service.on("/submit", Answer(429, headers={"Retry-After": "1"}), ACCEPTED).on("/look", done)
    begun = time.monotonic()
    start(tiny()).result(10)
    assert time.monotonic() - begun > 1


@pytest.mark.parametrize(
    "lost",
    [
        Answer(500),
        Answer(502, b"<html>"),
        Answer(504),
        Answer(524),
        Answer(408),
        Answer(409),
        no_answer(),
        json_answer({}),
    ],
    ids=["500", "502", "504", "524", "408", "409", "no answer", "200 without an id"],
)
def test_a_lost_answer_is_unknown_and_never_sent_again(tiny: Make, service: FaultServer, lost: Answer) -> None:
    """Whatever may have been accepted is `unknown`; one request reached the service, and none follows."""
    service.on("/submit", lost)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged, type(job.error)) == ("unknown", "unknown", OutcomeUnknown)
    again = start(session)
    assert again.reused
    assert again.ended
    assert service.count("POST", "/submit") == 1


@pytest.mark.parametrize("status", [307, 400, 401, 402, 403, 404, 413, 422])
def test_a_refusal_is_not_charged_and_not_repeated(tiny: Make, service: FaultServer, status: int) -> None:
    """A clear no is `rejected` after one request."""
    service.on("/submit", Answer(status, b'{"message": "no"}', {"Location": "/elsewhere"}))
    job = ended(start(tiny()))
    assert (job.state, job.charged, type(job.error)) == ("rejected", "no", Refused)
    assert [seen.path for seen in service.seen] == ["/submit"]


def test_not_sent_keeps_new(tiny: Make, service: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that cannot be reached is tried three times; the job stays `new`, and its request is sent afresh."""
    tries = []
    submit = Tiny.submit
    monkeypatch.setattr(Tiny, "submit", lambda *args: tries.append(1) or submit(*args))
    service.down()
    session = tiny()
    first = ended(start(session))
    assert (first.state, first.charged, type(first.error), len(tries)) == ("new", "no", NotSent, 3)
    second = ended(start(session))
    assert second.id != first.id
    assert not second.reused


def test_no_place_is_waited_for(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service's limit of jobs in flight is kept; the next job says that it waits, and goes when one has ended."""
    monkeypatch.setattr(Tiny, "service", Service(**{**_fields(Tiny.service), "in_flight": 1}))
    look = threading.Event()
    service.on("/submit", ACCEPTED).on("/look", lambda _: done if look.is_set() else state("queued"))
    session = tiny()
    first, second = start(session), start(session, again=True)
    until(lambda: service.count("GET", "/look") > 1)
    assert service.count("POST", "/submit") == 1
    assert second.status_text == "waiting for a free slot at the service"
    look.set()
    first.result(10)
    second.result(10)
    assert service.count("POST", "/submit") == 2


def _fields(service: Service) -> dict[str, Any]:
    return {name: getattr(service, name) for name in Service.__dataclass_fields__}


# -- a plug-in that misbehaves while it submits


class Careless(Tiny):
    """Sends the request, and then raises what it should not."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send and fail."""
        super().submit(request, http)
        raise self.error


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), Paused("a key"), Unreachable("later"), JournalError("locked"), TypeError("\ud800")],
    ids=lambda error: type(error).__name__,
)
def test_whatever_fails_after_the_first_byte_is_unknown(tiny: Make, service: FaultServer, error: Exception) -> None:
    """A plug-in that sends and then fails in any way has perhaps spent money: `unknown`, and never sent again."""
    service.on("/submit", ACCEPTED)
    session = tiny(Careless(error))
    job = ended(start(session))
    assert (job.state, job.charged) == ("unknown", "unknown")
    assert start(session).reused
    assert service.count("POST", "/submit") == 1


class Untold(Tiny):
    """Fails before it sends."""

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Fail."""
        raise ZeroDivisionError


def test_a_fault_before_the_first_byte_costs_nothing(tiny: Make, service: FaultServer) -> None:
    """A plug-in that fails before it sends leaves a job that is `new` and not charged."""
    job = ended(start(tiny(Untold())))
    assert (job.state, job.charged, service.seen) == ("new", "no", [])


class Odd(Tiny):
    """Gives a ticket that is no JSON."""

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send, and put a path into the ticket."""
        return Ticket(super().submit(request, http).task_id, {"where": Path("/x")})


def test_a_ticket_that_is_no_json_is_kept_as_text(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A plug-in's odd ticket does not cost a paid job."""
    service.on("/submit", ACCEPTED).on("/look", done)
    session = tiny(Odd())
    job = start(session)
    job.result(10)
    assert session.store.get(job.id).ticket == {"task_id": "task-1", "where": "/x"}


# -- follow


@pytest.mark.parametrize(
    "look",
    [
        Answer(500),
        Answer(502, b"<html>"),
        Answer(429, headers={"Retry-After": "0"}),
        Answer(404),
        Answer(400),
        no_answer(),
        Answer(body=b"<html>"),
        Answer(body=b""),
        state("someNewWord"),
        state("\ud800\u202e"),
        state("SUCCESSFUL?"),
    ],
    ids=["500", "502", "429", "404 early", "400", "no answer", "html", "empty", "unknown word", "half a pair", "near"],
)
def test_no_look_fails_a_job(tiny: Make, service: FaultServer, done: Answer, look: Answer) -> None:
    """Errors and unknown words while looking never end a job; it is one submit, and the film comes."""
    service.on("/submit", ACCEPTED).on("/look", look, look, look, done)
    job = start(tiny())
    job.result(10)
    assert job.state == "done"
    assert service.count("POST", "/submit") == 1


def test_a_task_that_stays_unknown_has_gone(tiny: Make, service: FaultServer, timing: Timing) -> None:
    """Only long after it was accepted, and after three looks, a 404 means that the task is gone."""
    service.on("/submit", ACCEPTED).on("/look", state("queued"), Answer(404), Answer(404), state("queued"), Answer(404))
    job = ended(start(tiny(timing=dataclasses.replace(timing, forgotten_after=0.0))))
    assert (job.state, job.error.reason) == ("failed", "not found")
    assert service.count("GET", "/look") == 7


def test_the_services_words_of_a_failure(tiny: Make, service: FaultServer) -> None:
    """A job that the service fails says so in the service's words, half a surrogate pair and all."""
    service.on("/submit", ACCEPTED).on("/look", state("failed", why="画面违规 \ud800 <b>"))
    session = tiny()
    job = ended(start(session))
    assert (job.state, type(job.error)) == ("failed", Failed)
    assert "画面违规 \ud800 <b>" in job.error.message
    assert session.get(job.id).error.message == job.error.message


def test_the_bar_never_goes_back(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A lower percentage is heard and does not move the bar."""
    low = threading.Event()
    looks = [state("at it", percent=80), state("at it", percent=10)]
    service.on("/submit", ACCEPTED)
    service.on("/look", *looks, lambda _: done if low.is_set() else state("wait"))
    job = start(tiny())
    until(lambda: Running(10, "at it") in job._log.seen)
    assert job.percent == 80
    low.set()
    job.result(10)


def test_success_is_sticky(tiny: Make, service: FaultServer, done: Answer, video_bytes: bytes) -> None:
    """Once a link was given nobody asks again: a service that goes back to `running` changes nothing."""
    slow = video_answer(video_bytes, toxics=(latency(0.3),))
    service._scripts["/film.mp4"] = [slow]
    service.on("/submit", ACCEPTED).on("/look", done, state("failed", why="no"))
    job = start(tiny())
    job.result(10)
    assert service.count("GET", "/look") == 1


class Faulty(Tiny):
    """Fails in its own code at the first look."""

    broken = True

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Look, if it can."""
        if self.broken:
            raise ZeroDivisionError("division by zero")
        yield from super().follow(ticket, http)


def test_a_fault_in_a_provider_pauses(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A provider's own fault loses nothing: the job is paused, says what happened, and goes on when it is mended."""
    service.on("/submit", ACCEPTED).on("/look", done)
    provider = Faulty()
    session = tiny(provider)
    job = ended(start(session))
    assert (job.state, job.task_id, type(job.error)) == ("paused", "task-1", Paused)
    assert "ZeroDivisionError: division by zero" in job.error.message
    provider.broken = False
    session.resume(job.id).result(10)
    assert service.count("POST", "/submit") == 1


class Bold(Tiny):
    """Claims to have saved the film itself."""

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Lie."""
        yield Saved("/etc/passwd", 1, "")


def test_a_provider_cannot_end_a_job(tiny: Make, service: FaultServer) -> None:
    """Only the film itself makes a job done."""
    service.on("/submit", ACCEPTED)
    assert ended(start(tiny(Bold()))).state == "paused"


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_key_that_is_refused_pauses_and_a_new_one_goes_on(
    tiny: Make, service: FaultServer, done: Answer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paid job waits for a key; with the new one in the environment the same request goes on with it."""
    service.on("/submit", ACCEPTED).on("/look", Answer(status), done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged) == ("paused", "yes")
    monkeypatch.setenv("TINY_API_KEY", "another-key")
    again = start(session)
    again.result(10)
    assert (again.id, again.reused) == (job.id, True)
    assert service.seen[2].headers["authorization"] == "another-key"
    assert service.count("POST", "/submit") == 1


def test_a_key_taken_away_pauses(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that is unset while the answer to a submit is on its way loses nothing."""

    def accept(_: object) -> Answer:
        monkeypatch.delenv("TINY_API_KEY")
        return ACCEPTED

    service.on("/submit", accept).on("/look", done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged, job.task_id) == ("paused", "yes", "task-1")
    monkeypatch.setenv("TINY_API_KEY", "back")
    resumed = session.resume(job.id)
    resumed.result(10)
    assert resumed.charged == "yes"


# -- the result


def test_an_expired_link_is_asked_for_again(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A refused link costs one more look, never a submit."""
    service._scripts["/film.mp4"] = [Answer(403, b"<Error/>"), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/look", done)
    start(tiny()).result(10)
    assert (service.count("POST", "/submit"), service.count("GET", "/look")) == (1, 2)


def test_a_fresh_link_is_waited_for(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A service that stumbles over the fresh link is asked until it gives one."""
    service._scripts["/film.mp4"] = [Answer(403), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/look", done, Answer(500), no_answer(), state("queued"), done)
    job = start(tiny())
    job.result(10)
    assert (service.count("GET", "/look"), job.state) == (5, "done")


def test_links_that_stay_refused_pause(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A film that cannot be fetched is paid for: the job is paused, and the same request fetches it, never buys it."""
    service._scripts["/film.mp4"] = [*[Answer(403)] * 4, video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/look", done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged) == ("paused", "yes")
    assert service.count("GET", "/film.mp4") == 4
    start(session).result(10)
    assert service.count("POST", "/submit") == 1


def test_a_download_that_breaks_goes_on(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A broken download is taken up where it stopped."""
    half = Answer(body=video_bytes, headers={"ETag": '"v1"'}).but(limit_body(len(video_bytes) // 2))
    service._scripts["/film.mp4"] = [half, video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/look", done)
    job = start(tiny())
    video = job.result(10)
    assert video.path.read_bytes() == video_bytes
    assert "range" in service.seen[-1].headers


def test_a_disk_that_takes_nothing_pauses(tiny: Make, service: FaultServer, done: Answer, videos: Path) -> None:
    """A folder that cannot be made pauses the job; when it can, the film is fetched without another submit."""

    def accept(_: object) -> Answer:
        videos.write_text("in the way")
        return ACCEPTED

    service.on("/submit", accept).on("/look", done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged) == ("paused", "yes")
    assert str(videos) in job.error.hint
    videos.unlink()
    assert session.resume(job.id).result(10).path.is_file()
    assert service.count("POST", "/submit") == 1


def test_a_film_that_is_gone_is_fetched_again(tiny: Make, service: FaultServer, done: Answer) -> None:
    """The same request after the file was deleted fetches it again, free of charge, also from a second kernel."""
    service.on("/submit", ACCEPTED).on("/look", done)
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
    """The answer to a submit is never cut: its id is kept, then the service is asked to stop."""
    service.on("/submit", ACCEPTED.but(latency(0.3))).on("/cancel", Answer(200)).on("/look", state("queued"))
    job = start(tiny())
    until(lambda: service.count("POST", "/submit"))
    job.cancel()
    ended(job)
    assert (job.state, job.task_id, job.charged) == ("cancelled", "task-1", "unknown")
    assert service.count("POST", "/cancel") == 1


@pytest.mark.parametrize("look", [state("queued"), state("at it")], ids=["accepted", "running"])
@pytest.mark.parametrize("can", [True, False])
def test_cancel_while_it_runs(tiny: Make, service: FaultServer, look: Answer, can: bool) -> None:
    """The service is asked to stop; where it cannot, the job is said to go on there."""
    service.on("/submit", ACCEPTED).on("/look", look).on("/cancel", Answer(200 if can else 404))
    job = start(tiny())
    until(lambda: service.count("GET", "/look") > 1)
    job.cancel()
    ended(job)
    assert (job.state, job.charged) == ("cancelled", "unknown")
    assert ("stopped at the service" in job.error.message) == can


def test_a_link_proves_the_charge(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A job that was cancelled, so that its charge was open, is charged once the service gives its link."""
    service.on("/submit", ACCEPTED).on("/look", state("queued")).on("/cancel", Answer(404))
    session = tiny()
    job = start(session)
    until(lambda: service.count("GET", "/look"))
    job.cancel()
    assert ended(job).charged == "unknown"
    service._scripts["/look"] = [done]
    resumed = session.resume(job.id)
    resumed.result(10)
    assert (resumed.state, resumed.charged) == ("done", "yes")


def test_cancel_wakes_a_job_at_rest(tiny: Make, service: FaultServer) -> None:
    """A job that rests for a minute hears of its cancellation at once."""
    service.on("/submit", ACCEPTED).on("/look", Answer(429, headers={"Retry-After": "60"})).on("/cancel", Answer(200))
    job = start(tiny())
    until(lambda: service.count("GET", "/look"))
    time.sleep(0.1)
    begun = time.monotonic()
    job.cancel()
    ended(job)
    assert time.monotonic() - begun < 2


def test_cancel_while_it_downloads(tiny: Make, service: FaultServer, video_bytes: bytes, done: Answer) -> None:
    """A film that is made and not fetched yet is charged; the same request fetches it."""
    service._scripts["/film.mp4"] = [Answer(500, toxics=(latency(0.2),)), Answer(500), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED).on("/look", done)
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
    service.on("/submit", ACCEPTED).on("/look", done)
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
    service.on("/submit", ACCEPTED).on("/look", done)
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

    service.on("/submit", ACCEPTED).on("/look", done)
    monkeypatch.setattr(Store, "update", full)
    monkeypatch.setattr(Store, "spill", no_space)
    job = start(tiny())
    assert job.result(10).path.is_file()
    assert any("task-1" in event.message for event in job.events() if isinstance(event, Running))


# -- a service that is submit and follow in one


class Live(Tiny):
    """Says everything once, in the stream that the submit opened."""

    says: tuple[Any, ...] = ()

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send, and give the stream."""
        super().submit(request, http)
        return Ticket("", live=self._stream())

    def _stream(self) -> Iterator[Event]:
        for event in self.says:
            if isinstance(event, Exception):
                raise event
            yield event

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Refuse: there is no second stream."""
        raise OutcomeUnknown("the stream was the only one")
        yield


def live(*says: Any) -> Live:
    """Make a provider whose stream says this."""
    provider = Live()
    provider.says = says
    return provider


def test_a_stream_is_heard_before_it_is_interpreted(tiny: Make, service: FaultServer) -> None:
    """Every word of a stream that cannot be read twice is in the journal."""
    service.on("/submit", ACCEPTED)
    ready = Ready((f"{service.url}/film.mp4",))
    session = tiny(live(TextReceived("one"), TextReceived("two \ud800"), Running(5.0), ready))
    job = start(session)
    job.result(10)
    assert session.store.transcript(job.id) == "one\ntwo \\ud800"


def test_a_journal_that_fails_does_not_end_a_stream(
    tiny: Make, service: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy journal costs no film that can be heard of only once; the words are stored when it is back."""
    service.on("/submit", ACCEPTED)
    add_transcript, broken = Store.add_transcript, [True]

    def flaky(self: Store, job_id: str, text: str) -> None:
        if broken:
            broken.pop()
            raise JournalError("database is locked")
        add_transcript(self, job_id, text)

    monkeypatch.setattr(Store, "add_transcript", flaky)
    session = tiny(live(TextReceived("one"), TextReceived("two"), Ready((f"{service.url}/film.mp4",))))
    job = start(session)
    job.result(10)
    assert session.store.transcript(job.id) == "one\ntwo"


@pytest.mark.parametrize(
    "error",
    [OutcomeUnknown("broke"), ZeroDivisionError(), Unreachable("gone")],
    ids=lambda e: type(e).__name__,
)
def test_a_stream_that_ends_badly_is_unknown(tiny: Make, service: FaultServer, error: Exception) -> None:
    """Without an id nothing can be asked again: the outcome is unknown, not paused, and nothing is sent."""
    service.on("/submit", ACCEPTED)
    session = tiny(live(Queued("q"), error))
    job = ended(start(session))
    assert (job.state, job.charged) == ("unknown", "unknown")
    assert start(session).state == "unknown"
    assert service.count("POST", "/submit") == 1


def test_the_only_link_is_kept(tiny: Make, service: FaultServer, video_bytes: bytes) -> None:
    """A link that is refused and cannot be had again pauses the job; the same request tries it again, for free."""
    service._scripts["/film.mp4"] = [Answer(404), video_answer(video_bytes)]
    service.on("/submit", ACCEPTED)
    session = tiny(live(Ready((f"{service.url}/film.mp4",))))
    job = ended(start(session))
    assert (job.state, job.charged, job.error.reason) == ("paused", "yes", "expired")
    assert start(session).result(10).path.is_file()
    assert service.count("POST", "/submit") == 1


def test_cancel_a_stream(tiny: Make, service: FaultServer) -> None:
    """A stream that is cancelled is closed, and may be charged."""
    going = threading.Event()

    class Endless(Live):
        def _stream(self) -> Iterator[Event]:
            try:
                while True:
                    time.sleep(0.01)
                    yield Running(1.0)
            finally:
                going.set()

    service.on("/submit", ACCEPTED)
    job = start(tiny(Endless()))
    until(lambda: job.percent)
    job.cancel()
    ended(job)
    assert (job.state, job.charged, going.is_set()) == ("cancelled", "unknown", True)


def test_the_last_event_is_the_end(tiny: Make, service: FaultServer) -> None:
    """A job that stops tells its state and its error last, and the error names the job."""
    service.on("/submit", ACCEPTED).on("/look", state("failed", why="no"))
    job = ended(start(tiny()))
    last = list(job.events())[-1]
    assert isinstance(last, Stopped)
    assert (last.state, last.error, last.error.job_id) == ("failed", job.error, job.id)
