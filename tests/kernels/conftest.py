"""`kernel(spec, cwd=, env=)` starts real kernels that end with the test, `either` is each kernel in turn."""

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
    """Start kernels; they take what `Kernel` takes."""
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
    """Serve DMXAPI's wire from outside the kernel, as the real one is."""
    with Sandbox(seconds=1.0) as serving:
        yield serving


@pytest.fixture
def env(service: Sandbox, tmp_path: Path) -> dict[str, str]:
    """Point a kernel at that service, with a key and a journal."""
    return {
        "VIDMAGIC_HOME": str(tmp_path / "journal"),
        "VIDMAGIC_DMXAPI_URL": service.url,
        "DMXAPI_API_KEY": "vmCANARY-kernel",
    }
