"""The states of a task, in every spelling that was seen, mean the same at every service."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.answers import json_answer
from tests.faults.server import FaultServer
from tests.patience import ended
from tests.providers.steps import transport_to
from vidmagic.errors import Failed
from vidmagic.http.sse import frames
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.hailuo import Hailuo
from vidmagic.providers.dmxapi.seedance import Seedance
from vidmagic.providers.dmxapi.viduq2 import ViduQ2
from vidmagic.providers.responses.frames import progress_text
from vidmagic.providers.task_states import ended_badly, state_in
from vidmagic.providers.vidu import Vidu
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Queued, Ready, Running

CANCELLED = ("cancelled", "canceled", "Cancelled", "CANCELED")
WAITING = ("queued", "Queueing", "queuing", "Preparing", "scheduling", "scheduled", "pending", "created")
QUERIES = {"viduq2": ViduQ2.query, "seedance": Seedance.query}
PROVIDERS = {"vidu": (Vidu(), "state", {"version": "v2"}), "hailuo": (Hailuo(), "status", {})}


def poll(name: str, state: str) -> list[Event]:
    """Poll a service whose answer is that state."""
    provider, field, data = PROVIDERS[name]
    server = FaultServer().then(json_answer({field: state, "base_resp": {"status_code": 0}}))
    try:
        return list(provider.follow(Ticket("1", data), transport_to(provider, server.url).service))
    finally:
        server.down()


def stream(*replies: Any) -> list[Any]:
    """Return the frames of a reply that is plain JSON."""
    return list(frames([json.dumps(reply, indent=1).encode() + b"\n\n" for reply in replies]))


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("state", CANCELLED)
def test_a_task_that_was_cancelled_there_has_failed(name: str, state: str) -> None:
    """No spelling of "cancelled" leaves a job running for ever, and the message says what happened."""
    with pytest.raises(Failed, match="the task was cancelled at the service") as failed:
        poll(name, state)
    assert failed.value.charged != "no"


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("state", WAITING)
def test_a_task_that_waits_is_queued(name: str, state: str) -> None:
    """Each spelling of a queue is a queue."""
    assert [type(event) for event in poll(name, state)] == [Queued]


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize("state", CANCELLED)
def test_a_native_reply_of_a_cancelled_task_is_a_failure(query: Any, state: str) -> None:
    """Where the gateway passes the service's own JSON on, its state counts too."""
    for reply in ({"id": "1", "status": state}, {"task": {"status": state}}):
        with pytest.raises(Failed):
            list(query.interpret(iter(stream(reply))))


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)
@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ({"id": "1", "status": "running", "content": {"a": 1}}, "running"),
        ({"id": "1", "state": "processing", "creations": []}, "processing"),
        ({"data": {"task_status": "queued"}, "code": 0}, "queued"),
        ({"id": "1"}, ""),
        ({}, ""),
    ],
)
def test_the_card_shows_the_state_of_a_native_reply(query: Any, reply: Any, message: str) -> None:
    """A plain JSON reply shows its state on the card, never its brackets."""
    events = list(query.interpret(iter(stream(reply))))
    assert {event.message for event in events if isinstance(event, Running)} == {message}
    delta = {"type": "response.output_text.delta", "delta": json.dumps(reply, indent=2)}
    events = list(query.interpret(iter([delta, {"type": "response.completed"}])))
    assert {event.message for event in events if isinstance(event, Running)} == {message}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""), ("\n\n", ""), ("当前进度: 5%\n\n", "当前进度: 5%"), ('{"status": "run', '{"status": "run'),
        ('text\n{\n"a": 1\n}', '"a": 1'), ("[" * 5, ""), ("{" * 100_000 + "}", ""), ("one\n---\n", "one"),
    ],
)  # fmt: skip
def test_what_the_card_shows_has_words(text: str, shown: str) -> None:
    """The last line with a word in it is shown."""
    assert progress_text(text) == shown


def test_states_are_read_from_anything() -> None:
    """A reply other than an object names no state, and a state other than a text is not one."""
    assert [state_in(value) for value in (None, [], 1, {"status": 1}, {"a": {"state": "x"}})] == ["", "", "", "", "x"]
    assert [ended_badly(word) for word in ("running", "failed", "Expired")] == [
        "", "the service gave no reason", "the task expired at the service",
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["hailuo", "seedance", "vidu", "sora"])
def test_a_job_that_the_service_cancels_ends(session: Session, model: str) -> None:
    """In the sandbox, as at the services, a job that is cancelled there is failed here, not running for ever."""
    job = ended(session.start("a kite [[sandbox: cancel]]", model))
    assert (job.state, job.charged) == ("failed", "unknown")


@pytest.mark.parametrize("model", ["sora", "seedance"])
@pytest.mark.parametrize("blank_lines", [True, False])
def test_streams_are_read_with_and_without_blank_lines(
    session: Session, sandbox: Sandbox, model: str, blank_lines: bool
) -> None:
    """Both ways of writing a stream lead to the video."""
    sandbox.blank_lines = blank_lines
    job = ended(session.start("a kite", model))
    assert job.state == "done"
    assert not any(isinstance(event, Ready) and not event.urls for event in job.events())
