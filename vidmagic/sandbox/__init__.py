"""The five services rehearsed on loopback: no key, no money, real films."""

from __future__ import annotations

from .server import Call, Sandbox

__all__ = ["Call", "Sandbox"]
