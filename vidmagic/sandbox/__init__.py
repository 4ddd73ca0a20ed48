"""An HTTP double of the services on this machine: jobs that cost nothing and end in a real video."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .ledger import Call
    from .server import Sandbox

__all__ = ["Call", "Sandbox"]
_HOMES = {"Call": ".ledger", "Sandbox": ".server"}


def __getattr__(name: str) -> object:
    """Import the server when it is asked for: its modules import each other through this package."""
    if name in __all__:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
