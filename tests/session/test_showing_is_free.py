"""To show the job there is costs nothing, and needs neither a key nor a price below the limit; a new job needs both."""

from __future__ import annotations

import pytest

from tests.patience import until
from vidmagic.errors import MissingKey, TooExpensive
from vidmagic.sandbox import Sandbox
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session

KITE = "a red kite over the sea"


def submits(sandbox: Sandbox) -> int:
    """Return how many requests the server saw."""
    return sum(call.path == "/v1/video_generation" for call in sandbox.ledger)


@pytest.fixture
def made(session: Session) -> str:
    """Return the id of a job that is done."""
    job = session.start(KITE, "hailuo")
    job.result(20)
    return job.id


def test_without_its_key(session: Session, sandbox: Sandbox, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished job is shown without its key; another request, and `again`, need the key."""
    monkeypatch.delenv("DMXAPI_API_KEY")
    job = session.start(KITE, "hailuo")
    assert (job.id, job.reused, job.result(1).in_sandbox) == (made, True, False)
    for prompt, options in ((f"{KITE}!", RunOptions()), (KITE, RunOptions(again=True))):
        with pytest.raises(MissingKey):
            session.start(prompt, "hailuo", options)
    assert submits(sandbox) == 1
    assert len(session.store.find()) == 1


def test_without_any_key(session: Session, sandbox: Sandbox, made: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no key is set at all, the real video is shown, and not another one from the sandbox."""
    for service in session.access.services():
        monkeypatch.delenv(service.key_env)
    job = session.start(KITE, "hailuo")
    assert (job.id, job.reused, job.notes) == (made, True, [])
    assert session.plan(f"{KITE}!", "hailuo").in_sandbox
    assert submits(sandbox) == 1


@pytest.mark.parametrize("by_option", [True, False])
def test_above_the_limit(session: Session, sandbox: Sandbox, made: str, by_option: bool) -> None:
    """A finished job is shown though it cost more than the limit is now; another request, and `again`, are refused."""
    limit = "1" if by_option else None
    if not by_option:
        session.settings.max_cost = "1"
    assert session.start(KITE, "hailuo", RunOptions(max_cost=limit)).id == made
    for prompt, again in ((f"{KITE}!", False), (KITE, True)):
        with pytest.raises(TooExpensive):
            session.start(prompt, "hailuo", RunOptions(max_cost=limit, again=again))
    assert submits(sandbox) == 1


def test_what_failed_meanwhile_is_not_bought(session: Session, sandbox: Sandbox) -> None:
    """A plan that was free when it was made buys nothing above its limit, or without a key, once its job has failed."""
    prompt = f"{KITE} [[sandbox: fail]]"
    sandbox.seconds = 600
    job = session.start(prompt, "hailuo")
    plan = session.plan(prompt, "hailuo", RunOptions(max_cost="1"))
    until(lambda: submits(sandbox) == 1)
    sandbox.finish_tasks()
    job.wait(20)
    assert job.state == "failed"
    with pytest.raises(TooExpensive):
        session.launch(plan)
    assert submits(sandbox) == 1
    assert [record.state for record in session.store.find() if record.is_live] == []
