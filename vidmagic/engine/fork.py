"""A forked child is a new process: what belongs to one process begins anew in it."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable


def _nothing() -> None:
    """Do nothing at this point of a fork."""


def at_fork(
    *,
    before: Callable[[], None] = _nothing,
    in_parent: Callable[[], None] = _nothing,
    in_child: Callable[[], None] = _nothing,
) -> None:
    """Call these methods at every fork of this process, as long as their object lives; without forks do nothing."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_weak(before), after_in_parent=_weak(in_parent), after_in_child=_weak(in_child))


def _weak(method: Callable[[], None]) -> Callable[[], None]:
    """Return a call of *method* that does not keep its object alive: what is registered stays for ever."""
    if method is _nothing:
        return _nothing
    reference = weakref.WeakMethod(method)

    def call() -> None:
        bound = reference()
        if bound is not None:
            bound()

    return call
