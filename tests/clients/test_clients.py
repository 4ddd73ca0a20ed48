"""Programs that others wrote find in the sandbox the services that they know (in the long run only)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients import environment
from tests.clients.calls import CLIENTS
from tests.sandbox.conftest import COARSE
from vidmagic.sandbox import Sandbox

READERS_OF_STREAMS = ("openai_chat", "litellm_chat", "httpx_sse", "sseclient")


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Serve the services; a job takes half a second."""
    if not request.config.getoption("long"):
        pytest.skip("programs of others are installed and run with --long only")
    if problem := environment.make():
        pytest.skip(problem)
    with Sandbox(seconds=0.5, quality=COARSE) as serving:
        yield serving


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_ends_with_the_link(sandbox: Sandbox, client: str) -> None:
    """Each client submits one job, reads every event that it waits for, and ends with the link to its video."""
    read = environment.run(client, sandbox.url)
    accepted = [call.accepted for call in sandbox.ledger if call.accepted is not None]
    assert len(accepted) == 1
    assert f"{sandbox.files_url}/files/" in read["text"]
    assert accepted[0] in read["text"]
    assert all(call.status == 200 for call in sandbox.ledger)
    if client in READERS_OF_STREAMS:
        assert read["chunks"] > 5
    if "whole" in read:
        assert read["whole"] == read["text"]


@pytest.mark.parametrize("client", READERS_OF_STREAMS)
def test_without_blank_lines_a_client_reads_no_event(sandbox: Sandbox, client: str) -> None:
    """Why blank lines are the default: a standard client sees no link without them."""
    sandbox.blank_lines = False
    try:
        read = environment.run(client, sandbox.url)
    except RuntimeError:
        return
    assert "/files/" not in read["text"]
