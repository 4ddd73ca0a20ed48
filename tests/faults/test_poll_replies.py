"""Whatever a poll is answered, only the service's own word ends a job; a poll never buys anything."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.answers import (
    Answer,
    broken_chunks,
    half_headers,
    json_answer,
    no_answer,
    redirect,
    reset_after_reading,
)
from tests.faults.conftest import Trial
from tests.faults.systems import SYSTEMS, Service, System, events, running
from tests.faults.toxics import timeout
from tests.patience import ended, until
from tests.quick import QUICK, SHORT_TIMEOUTS
from tests.rows import rewrite
from vidmagic.engine.timing import Timing
from vidmagic.errors import VidmagicError
from vidmagic.http.reply import Reply
from vidmagic.http.sse import frames
from vidmagic.providers.contract import Ticket
from vidmagic.spec.events import Running

ASKED = [system for system in SYSTEMS.values() if system.poll_wire]
ANY = [
    *[
        Answer(status, body)
        for status in (400, 404, 408, 409, 425, 429, 500, 502, 503, 504, 524)
        for body in (b"", b"<html>", b'{"message": "x"}')
    ],
    *[Answer(429, headers={"Retry-After": after}) for after in ("0", "-5", "nan")],
    *[redirect(status, "https://elsewhere.invalid/") for status in (301, 302, 303, 307, 308)],
    Answer(body=b""),
    Answer(body=b"<html>"),
    Answer(body=b"{"),
    Answer(body=b"[]"),
    Answer(body=b"null"),
    Answer(body=b"\xff\xfe\x00"),
    Answer(204, headers={"Content-Length": ""}),
    json_answer({}),
    json_answer([]),
    json_answer("done"),
    json_answer({"state": None, "status": None}),
    json_answer({"state": 7, "status": 7}),
    json_answer({"state": ["success"], "status": {}}),
    json_answer({"state": "", "status": ""}),
    json_answer({"state": "someNewWord", "status": "NOT_START"}),
    json_answer({"state": " success", "status": "Success!"}),
    json_answer({"state": "\u202e<b>", "status": "\x1b[2J"}),
    json_answer({"state": "processing", "status": "Processing", "err_code": "Odd"}),
    json_answer({"state": "success", "status": "Success"}),
    json_answer({"state": "success", "creations": []}),
    json_answer({"state": "success", "creations": [{"url": None, "cover_url": "https://x/c.jpg"}]}),
    json_answer({"state": "success", "creations": "none"}),
    json_answer({"state": "success", "creations": [None, 7]}),
    no_answer(),
    reset_after_reading(),
    half_headers(),
    broken_chunks(b"{"),
    Answer(body=b"x" * 2**21),
    Answer(toxics=(timeout(1.0),)),
]
STREAMS = [
    events({"delta": "当前进度: 10%", "type": "response.completed"}),
    events({"type": "response.created"}),
    events({}),
    events({"delta": None, "type": "response.completed"}),
    events({"choices": []}),
    events("[DONE]"),
    events({"type": "response.completed", "response": {"output": [None, {"content": [None, {"text": 7}]}]}}),
    Answer(body=b"data: {\n\n"),
    Answer(body=b": ping\n\n"),
    events({"delta": "查询失败，请稍后重试", "type": "response.completed"}),
]


@pytest.fixture
def timing() -> Timing:
    """Return timing that retries at once."""
    return dataclasses.replace(QUICK, timeouts=SHORT_TIMEOUTS, first_retry=0.001, longest_retry=0.002)


def polls_of(system: System) -> list[Answer]:
    """Return what a poll of a system may be answered without an end."""
    return [*ANY, *STREAMS] if system.poll_wire == "responses" else ANY


def check(service: Service, job: Any, trial: Trial) -> None:
    """Check that the job went through, for one submit, with a bar that never went back."""
    assert (job.state, job.charged) == ("done", "yes"), (job, job.error)
    assert service.submitted.count(job.prompt) == service.paid.count(job.prompt) == 1
    trial.figures.add(cases=1, submits=1, paid=1, done=1, polls=service.polls, failed_by_themselves=0)


@pytest.mark.parametrize("number", range(len(ANY) + len(STREAMS)))
def test_one_poll_reply_three_times(number: int, trial: Trial) -> None:
    """The same odd answer three times in a row, then the video: the job goes on, and is done."""
    for system in trial.some([system for system in ASKED if number < len(polls_of(system))]):
        service = trial.serve()
        service.poll_answers = [polls_of(system)[number]] * 3
        check(service, ended(trial.start(f"poll {number} {system.name}", system)), trial)


def test_random_walks(trial: Trial, dice: random.Random, *, long: bool) -> None:
    """Any polls in any order end in the video."""
    quick = [answer for answer in ANY if not answer.toxics]
    service = trial.serve()
    for number in range(500 if long else 12):
        system = ASKED[number % len(ASKED)]
        known = [*quick, running(system), *(STREAMS if system.poll_wire == "responses" else [])]
        service.poll_answers = dice.choices(known, k=dice.randrange(12))
        check(service, ended(trial.start(f"walk {number}", system), 60), trial)


def test_the_bar_never_goes_back(trial: Trial) -> None:
    """A service that counts down moves no bar."""
    service = trial.serve()
    counts = [90, 10, 95, 5, 100, 0]
    service.poll_answers = [events({"delta": f"当前进度: {count}%", "type": "response.completed"}) for count in counts]
    job = trial.start("counts down", SYSTEMS["viduq2"])
    seen = [job.percent or 0.0 for event in job.events() if isinstance(event, Running)]
    assert seen == sorted(seen)
    check(service, ended(job), trial)


def test_the_key_is_refused_for_a_while(trial: Trial) -> None:
    """A poll with a refused key pauses a paid job and keeps it; the same request goes on with it."""
    for system in ASKED:
        service = trial.serve()
        service.poll_answers = [Answer(401, b'{"message": "bad key"}')]
        job = ended(trial.start(f"key {system.name}", system))
        assert (job.state, job.charged) == ("paused", "yes")
        check(service, ended(trial.start(f"key {system.name}", system)), trial)


def test_the_journaled_endpoint_is_asked(trial: Trial, aim: Any) -> None:
    """A job is followed where it was sent, also when the variable points elsewhere meanwhile."""
    for system in ASKED:
        service = trial.serve(pending=3)
        job = trial.start(f"endpoint {system.name}", system)
        until(lambda job=job: job.task_id)
        elsewhere = trial.serve()
        check(service, ended(job), trial)
        assert elsewhere.server.seen == []


def test_a_query_can_only_name_a_query_model(trial: Trial) -> None:
    """On the wire where submit and query share one address, no poll names a model that makes videos."""
    for name in ("viduq2", "seedance"):
        service = trial.serve(pending=5)
        ended(trial.start(f"query {name}", SYSTEMS[name]))
        models = [seen.json["model"] for seen in service.server.seen if seen.path == "/v1/responses"]
        assert len(models) > 5
        assert all(model.endswith("-get") for model in models[1:])


def test_a_temporary_404_long_after(trial: Trial) -> None:
    """A gateway that loses its routes for some polls, a day after the submit, does not end a job."""
    for system in ASKED:
        service = trial.serve()
        job = ended(trial.start(f"404 {system.name}", system))
        Path(job.record.path).unlink()
        long_ago = {"accepted": time.time() - 86400, "state": "running", "owner": "gone", "path": ""}
        rewrite(trial.session.store, job.id, **long_ago)
        service.poll_answers = [Answer(404)] * 6
        check(service, ended(trial.new_session().resume(job.id)), trial)


JUNK: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    2**70,
    "",
    "success",
    "x" * 500,
    [],
    [[]],
    {},
    {"a": 1},
    [None],
    [{}],
    [{"url": []}],
    {"message": []},
    {"code": {}},
    "\ud800",
)
FIELDS = (
    "state",
    "status",
    "err_code",
    "creations",
    "file",
    "file_id",
    "base_resp",
    "error",
    "type",
    "delta",
    "response",
    "output",
    "content",
    "choices",
    "message",
    "code",
    "reason",
    "metadata",
    "id",
    "task_id",
    "credits",
    "usage",
    "video_width",
    "download_url",
    "incomplete_details",
    "text",
    "tasks",
    "payload",
    "status_code",
    "finish_reason",
)


def _junk(dice: random.Random, depth: int = 3) -> Any:
    if depth == 0 or dice.random() < 0.3:
        return dice.choice(JUNK)
    if dice.random() < 0.2:
        return [_junk(dice, depth - 1) for _ in range(dice.randrange(3))]
    return {dice.choice(FIELDS): _junk(dice, depth - 1) for _ in range(dice.randrange(1, 6))}


class JunkCalls:
    """A transport that answers every call with the same junk."""

    origin = "https://service.example"

    def __init__(self, status: int, value: Any) -> None:
        self.reply = Reply(status, {}, json.dumps(value).encode())

    @property
    def paid(self) -> JunkCalls:
        """Return itself."""
        return self

    service = paid

    def at(self, origin: str) -> JunkCalls:
        """Return itself."""
        return self

    def get(self, *_: Any) -> Any:
        """Answer."""
        return self.reply

    post = put = submit = get

    def stream(self, *_: Any, **__: Any) -> Any:
        """Answer as a stream."""
        return contextlib.nullcontext((self.reply, frames([self.reply.body])))

    submit_stream = stream


def test_junk_is_never_a_fault_of_ours(trial: Trial, dice: random.Random, *, long: bool) -> None:
    """JSON of any shape, in a submit's reply or in a poll's, raises nothing but the errors of the tree."""
    session = trial.session
    requests = {name: session.plan("junk", system.model, **system.given).request for name, system in SYSTEMS.items()}
    size = 40_000 if long else 3_000
    for number in range(size):
        system = list(SYSTEMS.values())[number % len(SYSTEMS)]
        provider, _ = session.catalog.find_model(system.model)
        value = _junk(dice)
        http: Any = JunkCalls(dice.choice([200, 200, 200, 400, 429, 500]), value)
        request = requests[system.name]
        for call in (_submit, _poll):
            try:
                call(provider, system, http, request)
            except VidmagicError:
                pass
            except Exception as error:
                raise AssertionError(f"{system.name}: {value!r}") from error
    trial.figures.add(cases=size)


def _submit(provider: Any, system: System, http: Any, request: Any) -> None:
    ticket = provider.submit(request, http)
    for _ in _events(ticket.live):
        pass


def _poll(provider: Any, system: System, http: Any, request: Any) -> None:
    version = {"version": "v2" if system.name == "vidu2" else "v1"}
    for _ in provider.follow(Ticket("1", version), http):
        pass


def _events(live: Any) -> Iterator[Any]:
    yield from live or ()
