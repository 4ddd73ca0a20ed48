"""What the tests of the providers share: the way to the sandbox. A module says by `PROVIDER` whom it speaks to."""

from __future__ import annotations

import pytest

from tests.providers.steps import calling
from vidmagic.sandbox import Sandbox
from vidmagic.transport import Transport


@pytest.fixture
def http(sandbox: Sandbox, request: pytest.FixtureRequest) -> Transport:
    """Return the way to the sandbox."""
    return calling(request.module.PROVIDER, sandbox.url)
