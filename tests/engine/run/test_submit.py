"""The submit: sent once, repeated only where nothing can have been bought."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.engine.tiny import ACCEPTED, Make, Tiny, start, state
from tests.faults.answers import Answer, json_answer, no_answer
from tests.faults.server import FaultServer
from tests.patience import ended, until
from vidmagic.errors import JournalError, NotSent, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Service, Ticket
from vidmagic.spec.events import Queued
from vidmagic.spec.request import Request

# -- submit


@pytest.mark.parametrize("refusals", [1, 2])
def test_too_many_requests_is_asked_again(tiny: Make, service: FaultServer, done: Answer, refusals: int) -> None:
    """A 429 does not accept: the submit is repeated, and the job goes through."""
    service.on("/submit", *[Answer(429)] * refusals, ACCEPTED).on("/poll", done)
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


def test_retry_after_is_obeyed(tiny: Make, service: FaultServer, done: Answer) -> None:
    """The service's own delay is used, not ours."""
    service.on("/submit", Answer(429, headers={"Retry-After": "1"}), ACCEPTED).on("/poll", done)
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


def test_a_free_slot_is_waited_for(
    tiny: Make, service: FaultServer, done: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service's limit of jobs in flight holds; the next job says that it waits, and goes when one has ended."""
    monkeypatch.setattr(Tiny, "service", Service(**{**_fields(Tiny.service), "in_flight": 1}))
    finish = threading.Event()
    service.on("/submit", ACCEPTED).on("/poll", lambda _: done if finish.is_set() else state("queued"))
    session = tiny()
    first, second = start(session), start(session, again=True)
    until(lambda: service.count("GET", "/poll") > 1)
    assert service.count("POST", "/submit") == 1
    assert second.status_text == "waiting for a free slot at the service"
    finish.set()
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
    """Gives a ticket that is not JSON."""

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Send, and put a path into the ticket."""
        return Ticket(super().submit(request, http).task_id, {"where": Path("/x")})


def test_a_ticket_that_is_not_json_is_stored_as_text(tiny: Make, service: FaultServer, done: Answer) -> None:
    """A plug-in's odd ticket does not cost a paid job."""
    service.on("/submit", ACCEPTED).on("/poll", done)
    session = tiny(Odd())
    job = start(session)
    job.result(10)
    assert session.store.get(job.id).ticket == {"task_id": "task-1", "where": "/x"}
