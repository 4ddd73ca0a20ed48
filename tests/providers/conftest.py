"""A transport to the sandbox for the provider that a test module names as `PROVIDER`."""

from __future__ import annotations

import pytest

from tests.providers.steps import transport_to
from vidmagic.http.transport import Transport
from vidmagic.sandbox import Sandbox


@pytest.fixture
def http(sandbox: Sandbox, request: pytest.FixtureRequest) -> Transport:
    """Return a transport to the sandbox, with the headers of the module's provider."""
    return transport_to(request.module.PROVIDER, sandbox.url)
