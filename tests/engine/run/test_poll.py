"""The polls: free, never given up, whatever the service or a provider answers."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny import ACCEPTED, Make, Tiny, start, state
from tests.faults.answers import Answer, no_answer, video_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import latency
from tests.patience import ended, until
from vidmagic.engine.journal.store import Store
from vidmagic.engine.timing import Timing
from vidmagic.errors import Failed, JournalError, OutcomeUnknown, Paused, Unreachable
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Queued, Ready, Running, Saved, Stopped, TextReceived
from vidmagic.spec.request import Request

# -- follow


@pytest.mark.parametrize(
    "answer",
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
def test_no_poll_fails_a_job(tiny: Make, service: FaultServer, done: Answer, answer: Answer) -> None:
    """Errors and unknown words in polls never end a job; it is one submit, and the video comes."""
    service.on("/submit", ACCEPTED).on("/poll", answer, answer, answer, done)
    job = start(tiny())
    job.result(10)
    assert job.state == "done"
    assert service.count("POST", "/submit") == 1


def test_a_task_that_stays_unknown_has_gone(tiny: Make, service: FaultServer, timing: Timing) -> None:
    """Only long after it was accepted, and after three polls, a 404 means that the task is gone."""
    service.on("/submit", ACCEPTED).on("/poll", state("queued"), Answer(404), Answer(404), state("queued"), Answer(404))
    job = ended(start(tiny(timing=dataclasses.replace(timing, forgotten_after=0.0))))
    assert (job.state, job.error.reason) == ("failed", "not found")
    assert service.count("GET", "/poll") == 7


def test_the_services_words_of_a_failure(tiny: Make, service: FaultServer) -> None:
    """A job that the service fails says so in the service's words, half a surrogate pair and all."""
    service.on("/submit", ACCEPTED).on("/poll", state("failed", why="画面违规 \ud800 <b>"))
    session = tiny()
    job = ended(start(session))
    assert (job.state, type(job.error)) == ("failed", Failed)
    assert "画面违规 \ufffd <b>" in job.error.message
    assert session.get(job.id).error.message == job.error.message


def test_the_bar_never_goes_back(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A lower percentage does not move the bar back."""
    low = threading.Event()
    answers = [state("at it", percent=80), state("at it", percent=10)]
    service.on("/submit", ACCEPTED)
    service.on("/poll", *answers, lambda _: done if low.is_set() else state("wait"))
    job = start(tiny())
    until(lambda: Running(10, "at it") in job._log.seen)
    assert job.percent == 80
    low.set()
    job.result(10)


def test_success_is_sticky(tiny: Make, service: FaultServer, done: Answer, video_bytes: bytes) -> None:
    """Once a link was given nobody asks again: a service that goes back to `running` changes nothing."""
    slow = video_answer(video_bytes, toxics=(latency(0.3),))
    service._scripts["/film.mp4"] = [slow]
    service.on("/submit", ACCEPTED).on("/poll", done, state("failed", why="no"))
    job = start(tiny())
    job.result(10)
    assert service.count("GET", "/poll") == 1


class Faulty(Tiny):
    """Fails in its own code at the first poll."""

    broken = True

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll, if it can."""
        if self.broken:
            raise ZeroDivisionError("division by zero")
        yield from super().follow(ticket, http)


def test_a_fault_in_a_provider_pauses(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A provider's own fault loses nothing: the job is paused, says what happened, and goes on when it is mended."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    provider = Faulty()
    session = tiny(provider)
    job = ended(start(session))
    assert (job.state, job.task_id, type(job.error)) == ("paused", "task-1", Paused)
    assert "ZeroDivisionError: division by zero" in job.error.message
    provider.broken = False
    session.resume(job.id).result(10)
    assert service.count("POST", "/submit") == 1


class Bold(Tiny):
    """Claims to have saved the video itself."""

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Lie."""
        yield Saved("/etc/passwd", 1, "")


def test_a_provider_cannot_end_a_job(tiny: Make, service: FaultServer) -> None:
    """Only the video itself makes a job done."""
    service.on("/submit", ACCEPTED)
    assert ended(start(tiny(Bold()))).state == "paused"


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_key_that_is_refused_pauses_and_a_new_one_goes_on(
    tiny: Make, service: FaultServer, done: Answer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A paid job waits for a key; with the new one in the environment the same request goes on with it."""
    service.on("/submit", ACCEPTED).on("/poll", Answer(status), done)
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

    service.on("/submit", accept).on("/poll", done)
    session = tiny()
    job = ended(start(session))
    assert (job.state, job.charged, job.task_id) == ("paused", "yes", "task-1")
    monkeypatch.setenv("TINY_API_KEY", "back")
    resumed = session.resume(job.id)
    resumed.result(10)
    assert resumed.charged == "yes"


# -- a service whose submit is a stream that ends in the link


class Live(Tiny):
    """Sends everything once, in the stream that the submit opened."""

    script: tuple[Any, ...] = ()

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send, and give the stream."""
        super().submit(request, http)
        return Ticket("", live=self._stream())

    def _stream(self) -> Iterator[Event]:
        for event in self.script:
            if isinstance(event, Exception):
                raise event
            yield event

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Refuse: the stream comes only once."""
        raise OutcomeUnknown("the stream was the only one")
        yield


def live(*script: Any) -> Live:
    """Make a provider whose stream sends this."""
    provider = Live()
    provider.script = script
    return provider


def transcripts_at_download(service: FaultServer, sessions: list[Session], video: bytes) -> list[str]:
    """Return the list that gets, at the download, what the journal holds of the stream: it is deleted afterwards."""
    transcripts: list[str] = []

    def deliver(_: object) -> Answer:
        store = sessions[0].store
        transcripts.append(store.transcript(store.find()[0].id))
        return Answer(200, video)

    service.on("/submit", ACCEPTED).on("/late.mp4", deliver)
    return transcripts


def test_a_stream_is_stored_before_it_is_interpreted(tiny: Make, service: FaultServer, video_bytes: bytes) -> None:
    """All text of a stream that cannot be read twice is in the journal until the video is saved."""
    sessions: list[Session] = []
    transcripts = transcripts_at_download(service, sessions, video_bytes)
    ready = Ready((f"{service.url}/late.mp4",))
    sessions.append(tiny(live(TextReceived("one"), TextReceived("two \ud800"), Running(5.0), ready)))
    start(sessions[0]).result(10)
    assert transcripts == ["one\ntwo \\ud800"]


def test_a_journal_that_fails_does_not_end_a_stream(
    tiny: Make, service: FaultServer, video_bytes: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy journal costs no video whose link comes only once; the text is stored when the journal is back."""
    sessions: list[Session] = []
    transcripts = transcripts_at_download(service, sessions, video_bytes)
    add_transcript, broken = Store.add_transcript, [True]

    def flaky(self: Store, job_id: str, text: str) -> None:
        if broken:
            broken.pop()
            raise JournalError("database is locked")
        add_transcript(self, job_id, text)

    monkeypatch.setattr(Store, "add_transcript", flaky)
    sessions.append(tiny(live(TextReceived("one"), TextReceived("two"), Ready((f"{service.url}/late.mp4",)))))
    start(sessions[0]).result(10)
    assert transcripts == ["one\ntwo"]


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


@pytest.mark.parametrize("answer", [Answer(404), Answer(200, b"<html>busy</html>"), Answer(403)], ids=str)
def test_the_only_link_stumbles_once(tiny: Make, service: FaultServer, video_bytes: bytes, answer: Answer) -> None:
    """An only link that answers once with a page or a refusal is tried again before the job is paused."""
    service._scripts["/film.mp4"] = [answer, video_answer(video_bytes)]
    service.on("/submit", ACCEPTED)
    job = ended(start(tiny(live(Ready((f"{service.url}/film.mp4",))))))
    assert (job.state, job.charged, job.error) == ("done", "yes", None)
    assert (service.count("POST", "/submit"), service.count("GET", "/film.mp4")) == (1, 2)


def test_the_text_of_a_stream_goes_with_its_link(tiny: Make, service: FaultServer, home: Path) -> None:
    """Once the video is saved neither the journal nor a byte of its file holds the signed link of a stream."""
    link = f"{service.url}/film.mp4?Signature=secret"
    service.on("/submit", ACCEPTED)
    session = tiny(live(TextReceived(f"here it is: {link}"), Ready((link,))))
    job = start(session)
    job.result(10)
    assert session.store.transcript(job.id) == ""
    assert b"Signature=secret" not in (home / "jobs.db").read_bytes()


def test_the_only_link_is_tried_again(tiny: Make, service: FaultServer, video_bytes: bytes) -> None:
    """A link that stays refused and cannot be had again pauses the job; the same request tries it again, for free."""
    service._scripts["/film.mp4"] = [*[Answer(404)] * 4, video_answer(video_bytes)]
    service.on("/submit", ACCEPTED)
    session = tiny(live(Ready((f"{service.url}/film.mp4",))))
    job = ended(start(session))
    assert service.count("GET", "/film.mp4") == 4
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
    service.on("/submit", ACCEPTED).on("/poll", state("failed", why="no"))
    job = ended(start(tiny()))
    last = list(job.events())[-1]
    assert isinstance(last, Stopped)
    assert (last.state, last.error, last.error.job_id) == ("failed", job.error, job.id)
