"""Shorten the rests that are meant for services that take minutes; nothing else about a job changes."""

from __future__ import annotations

from collections.abc import Callable

from vidmagic import session
from vidmagic.jobs import driver, engine, finding, pacing, sending
from vidmagic.jobs.pacing import Pace


def quicken(put: Callable[[object, str, object], None] = setattr) -> None:
    """Set the rests of this process; a test gives `monkeypatch.setattr`, a process of its own nothing."""
    put(session, "learn", lambda *_: Pace(0.2, floor=0.03))
    put(pacing, "BACK_OFF", (0.03, 0.1))
    put(sending, "TOO_MANY_RESTS", (0.03, 0.03))
    put(sending, "NOT_SENT_RESTS", (0.03, 0.03))
    put(finding, "LOST_LOOKS", (0.03, 0.03, 0.03))
    put(driver, "LOOK_AT_OTHERS", 0.05)
    put(engine.Engine, "IDLE", 0.2)
