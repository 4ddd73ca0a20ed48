"""Today's key goes where today's configuration says that its service is, and nowhere that only the journal names."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.conftest import CANARY
from tests.faults.answers import Answer, no_answer
from tests.faults.conftest import Trial
from tests.faults.server import FaultServer
from tests.faults.systems import SYSTEMS, Fault
from tests.patience import ended
from vidmagic.engine.worker import follow_elsewhere
from vidmagic.errors import Paused
from vidmagic.providers.credentials import Credentials
from vidmagic.providers.services import DMXAPI, VIDU
from vidmagic.session.run_options import RunOptions

POLLED = [system for system in SYSTEMS.values() if system.poll_wire]
KEY_REFUSED = Answer(401, b'{"message": "bad key"}')


def test_a_job_of_yesterdays_origin_gets_no_key(trial: Trial, aim: Callable[[str], None]) -> None:
    """It is paused, charged as it was, and names the variable; with that variable it is resumed and done."""
    for system in POLLED:
        yesterday = trial.serve()
        yesterday.poll_answers = [KEY_REFUSED]
        job = ended(trial.start(f"mirror {system.name}", system))
        assert job.state == "paused"
        requests = len(yesterday.server.seen)
        aim("https://today.invalid")
        resumed = ended(trial.new_session().resume(job.id))
        assert (resumed.state, resumed.charged) == ("paused", "yes")
        assert resumed.error is not None
        variable = f"VIDMAGIC_{resumed.record.service.upper()}_URL"
        assert f"set {variable}={yesterday.url}" in " ".join(resumed.error.lines())
        assert len(yesterday.server.seen) == requests
        aim(yesterday.url)
        assert ended(trial.new_session().resume(job.id)).state == "done"
        assert len(yesterday.paid) == 1


def test_the_search_for_a_lost_task_gets_no_key_either(trial: Trial, aim: Callable[[str], None]) -> None:
    """A submit that was lost at another origin stays unknown, says why, and is found once that origin is set."""
    system = SYSTEMS["vidu2"]
    yesterday = trial.serve()
    yesterday.listed = False
    yesterday.faults = [Fault("lost", lambda _: no_answer(), paid=True)]
    job = ended(trial.start("lost at the mirror", system))
    assert job.state == "unknown"
    requests = len(yesterday.server.seen)
    yesterday.listed = True
    aim("https://today.invalid")
    resumed = ended(trial.new_session().resume(job.id))
    assert resumed.state == "unknown"
    assert resumed.error is not None
    assert f"VIDMAGIC_VIDU_URL={yesterday.url}" in " ".join(resumed.error.lines())
    assert len(yesterday.server.seen) == requests
    aim(yesterday.url)
    assert ended(trial.new_session().resume(job.id)).state == "done"


def test_a_worker_sends_its_own_key_nowhere_else(trial: Trial, aim: Callable[[str], None]) -> None:
    """A ticket that a worker is given is followed only where the worker's own configuration says."""
    service = trial.serve()
    service.poll_answers = [KEY_REFUSED]
    job = ended(trial.start("by a worker", SYSTEMS["hailuo"]))
    requests = len(service.server.seen)
    record = {name: getattr(job.record, name) for name in ("id", "model", "prompt", "params", "fingerprint", "ticket")}
    ticket = {
        "record": {**record, "state": "running", "folder": job.record.folder},
        "origin": service.url,
        "trusted": "",
        "expected": 0.1,
        "floor": 0.01,
    }
    aim("https://today.invalid")
    answer = follow_elsewhere(json.dumps(ticket))
    assert answer["state"] == "paused"
    assert "VIDMAGIC_DMXAPI_URL" in answer["error"]["hint"]
    assert len(service.server.seen) == requests


@pytest.mark.parametrize(
    ("today", "origin", "goes"),
    [
        ("", "https://api.vidu.zone", True),
        ("", "https://API.vidu.zone:443/", True),
        ("", "https://api.vidu.zone.evil.example", False),
        ("", "https://mirror.example", False),
        ("", "http://127.0.0.1:8000", False),
        ("https://mirror.example/", "https://mirror.example", True),
        ("https://mirror.example/vidu", "https://mirror.example", False),
        ("https://mirror.example", "https://api.vidu.zone", False),
        ("https://mirror.example", "http://mirror.example", False),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000", False),
    ],
)
def test_the_key_goes_to_todays_origin_alone(
    today: str, origin: str, goes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scheme, host, port and path decide; the hint says which variable to set, or to unset."""
    monkeypatch.setenv("VIDU_API_KEY", CANARY)
    monkeypatch.setenv("VIDMAGIC_VIDU_URL", today)
    credentials = Credentials(VIDU, origin)
    if goes:
        assert credentials.headers() == {"Authorization": f"Token {CANARY}"}
        return
    with pytest.raises(Paused) as paused:
        credentials.headers()
    unset = origin == VIDU.origin
    assert ("unset VIDMAGIC_VIDU_URL" if unset else f"set VIDMAGIC_VIDU_URL={origin}") in paused.value.hint
    assert credentials.sent_forms() == ()


def test_another_key_does_not_follow_a_running_job(monkeypatch: pytest.MonkeyPatch) -> None:
    """A running job keeps the key it has sent when the variable changes; a key that is new then is not sent."""
    monkeypatch.setenv("DMXAPI_API_KEY", CANARY)
    monkeypatch.setenv("VIDMAGIC_DMXAPI_URL", "https://mirror.example")
    credentials = Credentials(DMXAPI, "https://mirror.example")
    credentials.headers()
    monkeypatch.delenv("VIDMAGIC_DMXAPI_URL")
    assert credentials.headers() == {"Authorization": CANARY}
    monkeypatch.setenv("DMXAPI_API_KEY", "another-key")
    with pytest.raises(Paused):
        credentials.headers()


@pytest.mark.parametrize("variable", ["http_proxy", "HTTPS_PROXY", "all_proxy"])
def test_the_sandbox_is_reached_past_a_proxy(variable: str, trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a proxy in the environment, one that is down included, a sandbox job runs, and the proxy sees nothing."""
    trial.serve()
    proxy = FaultServer().then(Answer(502))
    monkeypatch.setenv(variable, proxy.url)
    job = ended(trial.session.start("behind a proxy", "hailuo", RunOptions(sandbox=True)))
    proxy.down()
    assert job.state == "done"
    assert proxy.connections == 0
