"""Shorten the rests that are meant for services that take minutes; nothing else about a job changes."""

from __future__ import annotations

from collections.abc import Callable

from vidmagic.engine import driver
from vidmagic.engine import scheduler as engine
from vidmagic.engine.run import poll_schedule as pacing
from vidmagic.engine.run import recover_submit as finding
from vidmagic.engine.run import submit as sending
from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.session import session


def quicken(put: Callable[[object, str, object], None] = setattr) -> None:
    """Set the rests of this process; a test gives `monkeypatch.setattr`, a process of its own nothing."""
    put(session, "learn", lambda *_: PollSchedule(0.2, floor=0.03))
    put(pacing, "BACK_OFF", (0.03, 0.1))
    put(sending, "TOO_MANY_RESTS", (0.03, 0.03))
    put(sending, "NOT_SENT_RESTS", (0.03, 0.03))
    put(finding, "LOST_LOOKS", (0.03, 0.03, 0.03))
    put(driver, "LOOK_AT_OTHERS", 0.05)
    put(engine.Scheduler, "IDLE", 0.2)
