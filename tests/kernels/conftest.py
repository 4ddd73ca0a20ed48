"""`kernel(spec, cwd=, env=)` starts real kernels that end with the test; `either` is each kernel in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest

from tests.kernels.older import older
from tests.kernels.spec import CURRENT, Spec
from tests.kernels.wire import Kernel


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
