"""Fixtures: real kernels that end with the test, the current or the older ipykernel, and a service for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.kernels.older import older
from tests.kernels.spec import CURRENT, Spec
from tests.kernels.wire import Kernel
from vidmagic.sandbox import Sandbox


@pytest.fixture
def kernel() -> Iterator[Callable[..., Kernel]]:
    """Return a function that starts kernels, with the arguments of `Kernel`."""
    with ExitStack() as running:

        def start(*args: Any, **kwargs: Any) -> Kernel:
            return running.enter_context(closing(Kernel(*args, **kwargs)))

        yield start


@pytest.fixture(params=["current", "older"])
def either(request: pytest.FixtureRequest) -> Spec:
    """Run the test once on this Python's ipykernel and once on ipykernel 6.30."""
    return CURRENT if request.param == "current" else older()


@pytest.fixture
def service() -> Iterator[Sandbox]:
    """Serve the sandbox's DMXAPI outside the kernel process."""
    with Sandbox(seconds=1.0) as serving:
        yield serving


@pytest.fixture
def env(service: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a kernel that uses that service, with a key and a journal."""
    return {
        "VIDMAGIC_HOME": str(tmp_path / "journal"),
        "VIDMAGIC_DMXAPI_URL": service.url,
        "DMXAPI_API_KEY": "vmCANARY-kernel",
    }
