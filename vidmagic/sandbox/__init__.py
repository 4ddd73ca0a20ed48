"""An HTTP double of the services on this machine: jobs that cost nothing and end in a real video."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .server import Call, Sandbox

__all__ = ["Call", "Sandbox"]


def __getattr__(name: str) -> object:
    """Import the server when it is asked for: its modules import each other through this package."""
    if name in __all__:
        return getattr(import_module(".server", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
