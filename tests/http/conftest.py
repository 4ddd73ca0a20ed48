"""Fault servers for the tests of the calls, without proxies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.faults.answers import Answer
from tests.faults.server import FaultServer


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], FaultServer]]:
    """Start fault servers, each on its own port, that end with the test; no proxy is used."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with ExitStack() as running:

        def start() -> FaultServer:
            server = FaultServer()
            running.callback(server.down)
            return server

        yield start


@pytest.fixture
def server(servers: Callable[[], FaultServer]) -> FaultServer:
    """Return the server that stands for the service."""
    return servers()


@pytest.fixture
def elsewhere(servers: Callable[[], FaultServer]) -> FaultServer:
    """Return a server that stands for another host, which must never get the key."""
    return servers().then(Answer(body=b"elsewhere"))
