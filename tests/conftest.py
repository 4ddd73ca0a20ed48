"""What every test stands on: a home of its own, loopback only, and a session beside a sandbox."""

from __future__ import annotations

import ipaddress
import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.quick import QUICK
from vidmagic.engine.timing import Timing
from vidmagic.sandbox import Sandbox
from vidmagic.session.session import Session

CANARY = "vmCANARY-3f9c1e77a2"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the options of the fault tests."""
    parser.addoption("--long", action="store_true", help="run the fault tests at their full sizes, mutants included")
    parser.addoption("--mutants", type=int, default=0, help="run only this many random edits of the package")
    parser.addoption("--seed", type=int, help="draw the samples of the fault tests as an earlier run did")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a journal and a working folder of its own, and take the person's keys and settings away."""
    for name in list(os.environ):
        if name.endswith("_API_KEY") or name.startswith("VIDMAGIC_") or name == "JPY_SESSION_NAME":
            monkeypatch.delenv(name)
    journal, work = tmp_path / "home", tmp_path / "work"
    work.mkdir()
    monkeypatch.setenv("VIDMAGIC_HOME", str(journal))
    monkeypatch.chdir(work)
    return journal


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no socket of this process out of this machine."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in {socket.AF_INET, socket.AF_INET6}:
            assert _is_loopback(address[0]), f"a test wanted to reach {address[0]}"
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Serve the five services; a job takes 0.2 seconds, or as many as the module says by `SECONDS`."""
    with Sandbox(seconds=getattr(request.module, "SECONDS", 0.2)) as serving:
        yield serving


@pytest.fixture
def timing() -> Timing:
    """Return the delays of the sessions; a module overrides it with its own."""
    return QUICK


@pytest.fixture
def make_session(timing: Timing) -> Iterator[Callable[..., Session]]:
    """Make sessions with short delays, or with the timing that is given; their jobs end with the test."""
    made: list[Session] = []

    def make(timing: Timing = timing) -> Session:
        made.append(Session(timing=timing))
        return made[-1]

    yield make
    for session in made:
        _end(session)


@pytest.fixture
def session(sandbox: Sandbox, make_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return a session whose services are at the sandbox as if it were the real ones, with a key that must not leak."""
    made = make_session()
    for service in made.access.services():
        monkeypatch.setenv(service.key_env, CANARY)
        monkeypatch.setenv(service.url_env, sandbox.url)
    return made


def _end(session: Session) -> None:
    if "driver" in vars(session):
        for job in session.running():
            job.cancel()
        end = time.monotonic() + 10
        while session.running():
            assert time.monotonic() < end, f"{session.running()} did not end"
            time.sleep(0.02)
    if "sandbox" in vars(session):
        session.sandbox.close()


def _is_loopback(host: str) -> bool:
    return host == "localhost" or ipaddress.ip_address(host).is_loopback
