"""What every provider owes, built-in or plugged in, over each of its models, modes and parameters."""

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
from vidmagic.sandbox.render import Quality
from vidmagic.session.planning import Plan, make_plan
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Ready
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param, Value

CATALOG = Catalog()
MODES = [pytest.param(model, mode, id=f"{model.short}-{mode.name}") for model in CATALOG for mode in model.modes]
PARAMS = [
    pytest.param(model, mode, param, id=f"{model.short}-{mode.name}-{param.name}")
    for model in CATALOG
    for mode in model.modes
    for param in model.params_in(mode)
]
PROMPT = "a red kite over the sea"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Serve the services with coarse videos of few frames: only their length and size matter here."""
    with Sandbox(seconds=0.2, quality=Quality(frame_rate=2, short_side=32)) as serving:
        yield serving


def picture() -> bytes:
    """Make an image that every service takes."""
    file = io.BytesIO()
    Image.new("RGB", (640, 400), "teal").save(file, "PNG")
    return file.getvalue()


def asked(model: Model, mode: Mode, session: Session | None = None, words: str = "") -> dict[str, Any]:
    """Return a request of *model* in *mode* with nothing in it but what must be there."""
    images = {role: [picture()] * low for role, (low, _) in mode.images.items() if low}
    needed = {param.name: _needed(param, session) for param in model.params_in(mode) if param.required}
    return {"prompt": "" if model.longest_prompt == 0 else f"{PROMPT} {words}".strip(), **images, **needed}


def _needed(param: Param, session: Session | None) -> Value:
    """Return a value of a parameter without which there is no request; a creation is one that was really made."""
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
    """Return values to try: all choices, or some of an open range."""
    if param.choices:
        return list(param.choices)
    if param.kind is bool:
        return [True, False]
    if param.kind is str:
        return ["https://example.com/7", "https://example.com/8"]
    return [value for value in (7, param.low, param.high) if value is not None]


def _variants(model: Model, mode: Mode, given: dict[str, Any], name: str, value: Value) -> Iterator[Plan]:
    """Plan a request with *value*, alone or beside another value of one more parameter that it goes with."""
    rest = [param for param in model.params_in(mode) if param.name != name and not param.required]
    beside = [{}, *({param.name: other} for param in rest for other in _values(param))]
    for more in beside:
        try:
            yield planned(model, {**given, **more, name: value})
        except InvalidRequest:
            continue


# -- the way through


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_the_plainest_request_ends_in_a_film(session: Session, sandbox: Sandbox, model: Model, mode: Mode) -> None:
    """A request with nothing but what is needed becomes a playable MP4 of the length and size that were asked for."""
    given = asked(model, mode, session)
    sandbox.ledger.clear()
    job = session.start(given.pop("prompt"), model.id, **given)
    video = job.result(30)
    params = job.params
    assert (job.state, job.charged, job.record.mode) == ("done", "yes", mode.name)
    if "duration" in params:
        assert video.duration == pytest.approx(params["duration"], abs=0.6)
    if "resolution" in params:
        shape_is_ours = "aspect_ratio" in params and params["aspect_ratio"] != "adaptive"  # else it is the image's
        side = int(re.sub(r"\D", "", params["resolution"]))
        assert min(video.width, video.height) == pytest.approx(side, rel=0.03 if shape_is_ours else 0.1)
    if re.fullmatch(r"\d+:\d+", str(params.get("aspect_ratio"))):
        wide, high = map(int, params["aspect_ratio"].split(":"))
        assert video.width / video.height == pytest.approx(wide / high, rel=0.1)
    assert video.last_frame().size == (video.width, video.height)
    assert len([call for call in sandbox.ledger if call.accepted]) == 1


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_what_decides_the_bill_is_named(model: Model, mode: Mode) -> None:
    """Length and size are in the body, or in the model's name, never left to the service."""
    plan = planned(model, asked(model, mode))
    names = [name for name in ("duration", "resolution") if any(param.name == name for param in model.params_in(mode))]
    assert all(name in plan.request.params for name in names)
    for name in names:
        if len(next(param for param in model.params_in(mode) if param.name == name).choices) > 1:
            assert _changes(plan, list(_changed(model, mode, name)))


# -- parameters


@pytest.mark.parametrize(("model", "mode", "param"), PARAMS)
def test_a_parameter_reaches_the_service(model: Model, mode: Mode, param: Param) -> None:
    """Another value makes another body, or allows what is refused without it."""
    assert _changes(planned(model, asked(model, mode)), list(_changed(model, mode, param.name))) or _opens(
        model, mode, param
    )


def _changed(model: Model, mode: Mode, name: str) -> Iterator[Plan]:
    param = next(param for param in model.params_in(mode) if param.name == name)
    given = asked(model, mode)
    plain = planned(model, given).request.params
    for value in _values(param):
        if value != plain.get(name) or len(param.choices) == 1:
            yield from itertools.islice(_variants(model, mode, given, name, value), 1)


def _changes(plain: Plan, changed: list[Plan]) -> bool:
    """Tell whether each value gives a body of its own; a parameter of a single value has nothing to change."""
    if changed and all(plan.request.params == plain.request.params for plan in changed):
        return True
    bodies = [json.dumps(plan.provider.body(plan.request)) for plan in (plain, *changed)]
    return bool(changed) and len(set(bodies)) == len(bodies)


def _opens(model: Model, mode: Mode, param: Param) -> bool:
    """Tell whether a parameter that is not sent itself allows a value of another one."""
    given, value = asked(model, mode), next(value for value in _values(param) if value != param.default)
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
    """Each choice that is offered, and each default, is one that the service takes."""
    given = asked(model, mode, session, "[[sandbox: fail]]")
    wanted = [(param.name, choice) for param in model.params_in(mode) for choice in param.choices]
    wanted += [(param.name, value) for param in model.params_in(mode) if param.kind is bool for value in (True, False)]
    for name, value in wanted:
        plan = next(_variants(model, mode, given, name, value))
        assert plan.request.params[name] == value
        assert _submitted(plan, sandbox).task_id or sandbox.ledger[-1].accepted


def _http(plan_or_provider: Provider, sandbox: Sandbox) -> Transport:
    return Transport(sandbox.url, lambda: plan_or_provider.service.headers(CANARY))


def _submitted(plan: Plan, sandbox: Sandbox) -> Ticket:
    return plan.provider.submit(plan.request, _http(plan.provider, sandbox))


# -- tickets


@pytest.mark.parametrize("model", [pytest.param(model, id=model.short) for model in CATALOG])
def test_a_ticket_is_all_that_is_needed(session: Session, sandbox: Sandbox, model: Model) -> None:
    """A ticket that went through JSON can be followed by anybody, twice; one that cannot says so."""
    plan = planned(model, asked(model, model.modes[0], session))
    ticket = _submitted(plan, sandbox)
    again = Ticket(**json.loads(json.dumps({"task_id": ticket.task_id, "data": ticket.data})))
    fresh = CATALOG.find_model(model.id)[0].__class__()
    if ticket.live is not None:
        with pytest.raises(OutcomeUnknown):
            list(fresh.follow(again, _http(fresh, sandbox).service))
        return
    links = [_followed(fresh, again, sandbox).urls for _ in range(2)]
    assert all(link.startswith(sandbox.files_url) for each in links for link in each)


def _followed(provider: Provider, ticket: Ticket, sandbox: Sandbox) -> Ready:
    end = time.monotonic() + 10
    while time.monotonic() < end:
        for event in provider.follow(ticket, _http(provider, sandbox).service):
            if isinstance(event, Ready):
                return event
        time.sleep(0.05)
    raise AssertionError("the film was never ready")


@pytest.mark.parametrize("model", [pytest.param(model, id=model.short) for model in CATALOG])
def test_nothing_is_cancelled_by_mistake(session: Session, sandbox: Sandbox, model: Model) -> None:
    """Asking to stop says yes or no, and costs nothing."""
    ticket = _submitted(planned(model, asked(model, model.modes[0], session)), sandbox)
    accepted = [call for call in sandbox.ledger if call.accepted]
    provider = CATALOG.find_model(model.id)[0]
    assert provider.cancel(dataclasses.replace(ticket, live=None), _http(provider, sandbox)) in {True, False}
    assert [call for call in sandbox.ledger if call.accepted] == accepted


# -- failures


@pytest.mark.parametrize(
    "model", [pytest.param(model, id=model.short) for model in CATALOG if model.longest_prompt != 0]
)
def test_a_failing_job_speaks_the_services_words(session: Session, sandbox: Sandbox, model: Model) -> None:
    """A job that the service fails raises what the service said, with the job's id."""
    given = asked(model, model.modes[0], session, "[[sandbox: fail]]")
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
    """A no is `rejected` and not charged; a lost answer is `unknown`; either way there was one submit."""
    given = asked(model, model.modes[0], session, f"[[sandbox: {turn}]] [[sandbox: seconds=0.5]]")
    job = ended(session.start(given.pop("prompt"), model.id, **given))
    refused = turn in {"refuse", "balance"}
    assert (job.state, job.charged) == (("rejected", "no") if refused else ("unknown", "unknown"))
    assert len([call for call in sandbox.ledger if call.accepted]) == (0 if refused else 1)
    if refused:
        assert isinstance(job.error, Refused)
        assert job.error.reason in {"prompt", "balance"}


# -- the key


def _secret(text: str | bytes) -> bool:
    held = text if isinstance(text, bytes) else text.encode()
    return any(form.encode() in held for form in Key(CANARY, "").forms())


@pytest.mark.parametrize(("model", "mode"), MODES)
def test_the_key_appears_nowhere(session: Session, sandbox: Sandbox, tmp_path: Path, model: Model, mode: Mode) -> None:
    """The key is in the header of the service's own calls and nowhere else: no file, no repr, no other origin."""
    given = asked(model, mode, session)
    plan = session.plan(given.pop("prompt"), model.id, **given)
    job = session.launch(plan)
    events: list[Event] = list(job.events())
    assert job.state == "done"
    shown = [repr(each) for each in (job, job.record, job.video, plan, plan.request, events, session.store)]
    shown += [json.dumps(plan.provider.body(plan.request)), session.store.transcript(job.id)]
    assert not any(map(_secret, shown))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and _secret(path.read_bytes())] == []
    for call in sandbox.ledger:
        others = {name: value for name, value in call.headers.items() if name != "Authorization"}
        assert not _secret(json.dumps([call.path, call.query, call.body, others]))
        assert _secret(call.headers.get("Authorization", "")) == (call.origin == "api")


@pytest.fixture
def echo(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], FaultServer]]:
    """Serve every service by one that repeats the key it was given, in each form."""
    servers = []

    def start(status: int) -> FaultServer:
        def repeats(seen: Seen) -> Answer:
            said = " ".join(Key(CANARY, "").forms())
            document = {"error": {"message": f"bad key {said}"}, "code": 1, "message": said, "reason": said}
            return Answer(status, json.dumps({**document, "seen": dict(seen.headers)}).encode())

        servers.append(FaultServer().then(repeats))
        for provider in {CATALOG.find_model(model.id)[0] for model in CATALOG}:
            monkeypatch.setenv(provider.service.url_env, servers[-1].url)
        return servers[-1]

    yield start
    for server in servers:
        server.down()


@pytest.mark.parametrize("status", [200, 400, 401, 500])
@pytest.mark.parametrize("model", [pytest.param(model, id=model.short) for model in CATALOG])
def test_a_key_that_is_echoed_is_struck_out(
    session: Session, echo: Callable[[int], FaultServer], tmp_path: Path, model: Model, status: int
) -> None:
    """A service that repeats the key in its error does not bring it into an error, an event or the journal."""
    server = echo(status)
    given = asked(model, model.modes[0])
    job = ended(session.start(given.pop("prompt"), model.id, **given))
    assert job.state in {"rejected", "unknown", "failed"}
    assert server.seen
    shown = [*job.error.lines(), repr(job.error), repr(list(job.events())), session.store.transcript(job.id)]
    assert not any(map(_secret, shown))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and _secret(path.read_bytes())] == []
