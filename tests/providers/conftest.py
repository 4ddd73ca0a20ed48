"""What the tests of the providers share: the way to the sandbox. A module says by `PROVIDER` whom it speaks to."""

from __future__ import annotations

import pytest

from tests.providers.steps import calling
from vidmagic.http.transport import Transport
from vidmagic.sandbox import Sandbox


@pytest.fixture
def http(sandbox: Sandbox, request: pytest.FixtureRequest) -> Transport:
    """Return the way to the sandbox."""
    return calling(request.module.PROVIDER, sandbox.url)
