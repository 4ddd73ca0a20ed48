"""Helpers of the tests of cells and lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vidmagic.sandbox import Sandbox

Run = Callable[[str], Any]


def submits(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the bodies of the submits that the sandbox received."""
    return [call.body for call in sandbox.ledger if call.path == "/v1/video_generation" and isinstance(call.body, dict)]


def html(shown: Any) -> str:
    """Return what a notebook shows of a value."""
    return str(shown._repr_mimebundle_()["text/html"])
