"""An HTTP double of the five services on this machine: rehearsals that cost nothing and end in a real film."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .server import Call, Sandbox

__all__ = ["Call", "Sandbox"]


def __getattr__(name: str) -> Any:
    """Import the server when it is asked for: the parts import each other through this package, and not in a circle."""
    if name in __all__:
        return getattr(import_module(".server", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
