"""What the tests of the providers share: a sandbox, and the way to it.

A module says by `PROVIDER` whom it speaks to, and by `SECONDS` how long a job takes there.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.providers.steps import calling
from vidmagic.sandbox import Sandbox
from vidmagic.transport import Transport


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Serve all five systems."""
    with Sandbox(seconds=request.module.SECONDS) as sandbox:
        yield sandbox


@pytest.fixture
def http(sandbox: Sandbox, request: pytest.FixtureRequest) -> Transport:
    """Return the way to the sandbox."""
    return calling(request.module.PROVIDER, sandbox.url)
