"""The contract of a provider, checked over each model, mode and parameter in the catalog."""

from __future__ import annotations

import dataclasses
import io
import itertools
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import CANARY
from tests.faults.answers import Answer, Seen
from tests.faults.server import FaultServer
from tests.patience import ended
from vidmagic.errors import InvalidRequest, OutcomeUnknown, Refused
from vidmagic.http.transport import Transport
from vidmagic.providers.catalog import Catalog
from vidmagic.providers.contract import Provider, Ticket
from vidmagic.providers.keys import Key
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.sandbox.render import Quality
from vidmagic.session.planning import Plan, make_plan
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Ready
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param, Value
from vidmagic.spec.request import ROLES

CATALOG = Catalog()
MODES = [pytest.param(model, mode, id=f"{model.short}-{mode.name}") for model in CATALOG for mode in model.modes]
PARAMS = [
    pytest.param(model, mode, param, id=f"{model.short}-{mode.name}-{param.name}")
    for model in CATALOG
    for mode in model.modes
    for param in model.params_in(mode)
]
PROMPT = "a red kite over the sea"
LINKS = {
    kind: f"https://example.com/first.{end}" for kind, end in (("image", "png"), ("video", "mp4"), ("audio", "mp3"))
}
BESIDE = {"voice_of": {"reference_voice": LINKS["audio"]}}  # what a parameter needs beside it


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve the services with coarse videos of few frames: only their length and size matter here."""
    with Sandbox(seconds=0.2, quality=Quality(frame_rate=2, short_side=32)) as serving:
        yield serving


def picture() -> bytes:
    """Return an image that every service accepts."""
    file = io.BytesIO()
    Image.new("RGB", (640, 400), "teal").save(file, "PNG")
    return file.getvalue()


def example(role: str, mode: Mode) -> str | bytes:
    """Return an input that *mode* takes as *role*: an image, or a link where it takes nothing else."""
    local = ROLES[role] == "image" and (mode.limits is None or mode.limits.local)
    return picture() if local else LINKS[ROLES[role]]


def minimal_request(model: Model, mode: Mode, session: Session | None = None, words: str = "") -> dict[str, Any]:
    """Return the least that a request of *model* in *mode* must have."""
    inputs = {role: [example(role, mode)] * low for role, (low, _) in mode.inputs.items() if low}
    needed = {param.name: _needed(param, session) for param in model.params_in(mode) if param.required}
    needed |= {"task": mode.task} if mode.task else {}
    return {"prompt": "" if model.longest_prompt == 0 else f"{PROMPT} {words}".strip(), **inputs, **needed}


def _needed(param: Param, session: Session | None) -> Value:
    """Return a value of a required parameter; a creation id comes from a real sandbox job."""
    if param.name == "creation_id" and session is not None:
        job = ended(session.start(PROMPT, "vidu"))
        return str(job.record.reported["creation_id"])
    return _values(param)[0]


def planned(model: Model, given: dict[str, Any]) -> Plan:
    """Check a request as a session does."""
    given = dict(given)
    return make_plan(
        CATALOG.find_model(model.id)[0], model, given.pop("prompt"), given, in_sandbox=False, loopback=True
    )


def _values(param: Param) -> list[Value]:
    """Return values to try: all choices, or some values of a range."""
    if param.choices:
        return list(param.choices)
    if param.kind is bool:
        return [True, False]
    if param.kind is str:
        return list(param.examples) or ["https://example.com/7", "https://example.com/8"]
    return [value for value in (7, param.low, param.high) if value is not None]


def _variants(model: Model, mode: Mode, given: dict[str, Any], name: str, value: Value) -> Iterator[Plan]:
    """Yield the allowed plans with *value*, alone, with a value of one more parameter, or without a prompt."""
    others = [param for param in model.params_in(mode) if param.name != name and not param.required]
    additions = [{}, *({param.name: other} for param in others for other in _values(param)), {"prompt": ""}]
    for more in additions:
        try:
            yield planned(model, {**given, **more, name: value})
        except InvalidRequest:
            continue


# -- whole jobs


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_a_minimal_request_ends_in_a_video(session: Session, sandbox: Sandbox, model: Model, mode: Mode) -> None:
    """A request with the required values only becomes a playable MP4 of the requested length and size."""
    given = minimal_request(model, mode, session)
    sandbox.ledger.clear()
    job = session.start(given.pop("prompt"), model.id, **given)
    video = job.result(30)
    params = job.params
    assert (job.state, job.charged, job.record.mode) == ("done", "yes", mode.name)
    if params.get("duration"):  # 0 is the length of a video that was given
        assert video.duration == pytest.approx(params["duration"], abs=0.6)
    if "resolution" in params:
        shape_is_ours = params.get("aspect_ratio", "adaptive") != "adaptive"  # else the image decides the shape
        side = {"2K": 1440}.get(params["resolution"]) or int(re.sub(r"\D", "", params["resolution"]))
        assert min(video.width, video.height) == pytest.approx(side, rel=0.03 if shape_is_ours else 0.1)
    if re.fullmatch(r"\d+:\d+", str(params.get("aspect_ratio"))):
        wide, high = map(int, params["aspect_ratio"].split(":"))
        assert video.width / video.height == pytest.approx(wide / high, rel=0.1)
    assert video.last_frame().size == (video.width, video.height)
    assert len([call for call in sandbox.ledger if call.accepted]) == 1


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_length_and_size_are_always_sent(model: Model, mode: Mode) -> None:
    """Length and size decide the price: they are in the body or in the model name, never left to the service."""
    plan = planned(model, minimal_request(model, mode))
    names = [name for name in ("duration", "resolution") if any(param.name == name for param in model.params_in(mode))]
    assert all(name in plan.request.params for name in names)
    for name in names:
        if len(next(param for param in model.params_in(mode) if param.name == name).choices) > 1:
            assert _changes(plan, list(_changed(model, mode, name)))


# -- parameters


@pytest.mark.parametrize(("model", "mode", "param"), PARAMS)
def test_a_parameter_reaches_the_service(model: Model, mode: Mode, param: Param) -> None:
    """Another value changes the body, or allows a value of another parameter that is refused without it."""
    assert _changes(
        planned(model, minimal_request(model, mode)), list(_changed(model, mode, param.name))
    ) or _allows_others(model, mode, param)


def _changed(model: Model, mode: Mode, name: str) -> Iterator[Plan]:
    param = next(param for param in model.params_in(mode) if param.name == name)
    given = {**minimal_request(model, mode), **BESIDE.get(name, {})}
    plain = planned(model, given).request.params
    for value in _values(param):
        if value != plain.get(name) or len(param.choices) == 1:
            yield from itertools.islice(_variants(model, mode, given, name, value), 1)


def _changes(plain: Plan, changed: list[Plan]) -> bool:
    """Return whether each value gives another body; a parameter with a single value need not."""
    if changed and all(plan.request.params == plain.request.params for plan in changed):
        return True
    bodies = [json.dumps(plan.provider.body(plan.request)) for plan in (plain, *changed)]
    return bool(changed) and len(set(bodies)) == len(bodies)


def _allows_others(model: Model, mode: Mode, param: Param) -> bool:
    """Return whether a parameter that is not sent itself allows a value of another one."""
    given, value = minimal_request(model, mode), next(value for value in _values(param) if value != param.default)
    others = [{other.name: choice} for other in model.params_in(mode) if other is not param for choice in other.choices]
    return any(
        not _allowed(model, {**given, **other}) and _allowed(model, {**given, **other, param.name: value})
        for other in others
    )


def _allowed(model: Model, given: dict[str, Any]) -> bool:
    try:
        planned(model, given)
    except InvalidRequest:
        return False
    return True


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_every_choice_is_accepted(session: Session, sandbox: Sandbox, model: Model, mode: Mode) -> None:
    """The service accepts each offered choice and each default."""
    given = minimal_request(model, mode, session, "[[sandbox: fail]]")
    choices = [(param.name, choice) for param in model.params_in(mode) for choice in param.choices]
    choices += [(param.name, value) for param in model.params_in(mode) if param.kind is bool for value in (True, False)]
    for name, value in choices:
        plan = next(_variants(model, mode, given, name, value))
        assert plan.request.params[name] == value
        assert _submitted(plan, sandbox).task_id or sandbox.ledger[-1].accepted


def _http(provider: Provider, sandbox: Sandbox) -> Transport:
    return Transport(sandbox.url, lambda: provider.service.headers(CANARY))


def _submitted(plan: Plan, sandbox: Sandbox) -> Ticket:
    return plan.provider.submit(plan.request, _http(plan.provider, sandbox))


# -- tickets


@pytest.mark.parametrize("model", [pytest.param(model, id=model.short) for model in CATALOG])
def test_a_ticket_is_all_that_is_needed(session: Session, sandbox: Sandbox, model: Model) -> None:
    """A ticket that went through JSON can be followed twice, also by a new provider; a live one cannot."""
    plan = planned(model, minimal_request(model, model.modes[0], session))
    ticket = _submitted(plan, sandbox)
    again = Ticket(**json.loads(json.dumps({"task_id": ticket.task_id, "data": ticket.data})))
    fresh = CATALOG.find_model(model.id)[0].__class__()
    if ticket.live is not None:
        with pytest.raises(OutcomeUnknown):
            list(fresh.follow(again, _http(fresh, sandbox).service))
        return
    links = [_followed(fresh, again, sandbox).urls for _ in range(2)]
    assert all(link.startswith(sandbox.files_url) for pair in links for link in pair)


def _followed(provider: Provider, ticket: Ticket, sandbox: Sandbox) -> Ready:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for event in provider.follow(ticket, _http(provider, sandbox).service):
            if isinstance(event, Ready):
                return event
        time.sleep(0.05)
    raise AssertionError("the video was never ready")


@pytest.mark.parametrize("model", [pytest.param(model, id=model.short) for model in CATALOG])
def test_nothing_is_cancelled_by_mistake(session: Session, sandbox: Sandbox, model: Model) -> None:
    """A cancel returns whether it worked, and buys nothing."""
    ticket = _submitted(planned(model, minimal_request(model, model.modes[0], session)), sandbox)
    accepted = [call for call in sandbox.ledger if call.accepted]
    provider = CATALOG.find_model(model.id)[0]
    assert provider.cancel(dataclasses.replace(ticket, live=None), _http(provider, sandbox)) in {True, False}
    assert [call for call in sandbox.ledger if call.accepted] == accepted


# -- failures


@pytest.mark.parametrize(
    "model", [pytest.param(model, id=model.short) for model in CATALOG if model.longest_prompt != 0]
)
def test_a_failed_job_has_the_message_of_the_service(session: Session, sandbox: Sandbox, model: Model) -> None:
    """The error of a failed job has the service's message and the job's id."""
    given = minimal_request(model, model.modes[0], session, "[[sandbox: fail]]")
    job = ended(session.start(given.pop("prompt"), model.id, **given))
    assert (job.state, job.error.job_id) == ("failed", job.id)
    assert len(job.error.message) > 5
    assert "no reason" not in job.error.message
    assert len([call for call in sandbox.ledger if call.accepted]) == 1


@pytest.mark.parametrize("turn", ["refuse", "balance", "error500", "drop"])
@pytest.mark.parametrize(
    "model", [pytest.param(model, id=model.short) for model in CATALOG if model.longest_prompt != 0]
)
def test_a_refusal_is_not_an_unknown_outcome(session: Session, sandbox: Sandbox, model: Model, turn: str) -> None:
    """A refused submit is `rejected` and not charged; a lost answer is `unknown`; neither is sent twice."""
    given = minimal_request(model, model.modes[0], session, f"[[sandbox: {turn}]] [[sandbox: seconds=0.5]]")
    job = ended(session.start(given.pop("prompt"), model.id, **given))
    refused = turn in {"refuse", "balance"}
    assert (job.state, job.charged) == (("rejected", "no") if refused else ("unknown", "unknown"))
    assert len([call for call in sandbox.ledger if call.accepted]) == (0 if refused else 1)
    if refused:
        assert isinstance(job.error, Refused)
        assert job.error.reason in {"prompt", "balance"}


# -- the key


def _holds_key(text: str | bytes) -> bool:
    """Return whether a text holds the key in one of its forms."""
    data = text if isinstance(text, bytes) else text.encode()
    return any(form.encode() in data for form in Key(CANARY, "").forms())


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_the_key_appears_nowhere(session: Session, sandbox: Sandbox, tmp_path: Path, model: Model, mode: Mode) -> None:
    """The key is in the header of the calls to the service and nowhere else: no file, no repr, no other origin."""
    given = minimal_request(model, mode, session)
    plan = session.plan(given.pop("prompt"), model.id, **given)
    job = session.launch(plan)
    events: list[Event] = list(job.events())
    assert job.state == "done"
    shown = [repr(thing) for thing in (job, job.record, job.video, plan, plan.request, events, session.store)]
    shown += [json.dumps(plan.provider.body(plan.request)), session.store.transcript(job.id)]
    assert not any(map(_holds_key, shown))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and _holds_key(path.read_bytes())] == []
    for call in sandbox.ledger:
        others = {name: value for name, value in call.headers.items() if name != "Authorization"}
        elsewhere = json.dumps([call.path, call.query, call.body, others])
        assert not _holds_key(elsewhere)
        assert "[key " not in elsewhere  # which the ledger writes where a key was
        header = redacted(plan.provider.service.headers(CANARY)["Authorization"])
        assert call.headers.get("Authorization") == (header if call.origin == "api" else None)


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], FaultServer]]:
    """Start servers that repeat the key they were sent, in each form, in place of every service."""
    servers = []

    def start(status: int) -> FaultServer:
        def repeat_key(seen: Seen) -> Answer:
            key_forms = " ".join(Key(CANARY, "").forms())
            document = {
                "error": {"message": f"bad key {key_forms}"},
                "code": 1,
                "message": key_forms,
                "reason": key_forms,
            }
            return Answer(status, json.dumps({**document, "seen": dict(seen.headers)}).encode())

        servers.append(FaultServer().then(repeat_key))
        for provider in {CATALOG.find_model(model.id)[0] for model in CATALOG}:
            monkeypatch.setenv(provider.service.url_env, servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.down()


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("model", [pytest.param(model, id=model.short) for model in CATALOG])
def test_an_echoed_key_is_redacted(
    session: Session, echo: Callable[[int], FaultServer], tmp_path: Path, model: Model, status: int
) -> None:
    """A key that a service repeats in its error reaches no error message, no event and no file."""
    server = echo(status)
    given = minimal_request(model, model.modes[0])
    job = ended(session.start(given.pop("prompt"), model.id, **given))
    assert job.state in {"rejected", "unknown", "failed"}
    assert server.seen
    shown = [*job.error.lines(), repr(job.error), repr(list(job.events())), session.store.transcript(job.id)]
    assert not any(map(_holds_key, shown))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and _holds_key(path.read_bytes())] == []
