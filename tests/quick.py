"""Shorten the delays that are meant for services that take minutes; nothing else about a job changes."""

from __future__ import annotations

import dataclasses
from typing import Any

from vidmagic.engine.run.poll_schedule import PollSchedule
from vidmagic.engine.timing import Timing
from vidmagic.http.timeouts import Timeouts
from vidmagic.session.session import Session, default


def polling_every(seconds: float) -> Timing:
    """Return quick timing, for jobs that are expected to take *seconds*."""
    return dataclasses.replace(QUICK, schedule=lambda *_: PollSchedule(seconds, floor=0.03))


QUICK = Timing(
    schedule=lambda *_: PollSchedule(0.2, floor=0.03),
    first_retry=0.03,
    longest_retry=0.1,
    rate_limited=(0.03, 0.03),
    not_sent=(0.03, 0.03),
    lost_task=(0.03, 0.03, 0.03),
    other_kernel=0.05,
    idle_thread=0.2,
)

# Every call ends within a second.
SHORT_TIMEOUTS = Timeouts(connect=0.5, read=0.5, total=1.0, submit_total=0.6, stream_idle=0.5, submit_stream_idle=0.5)


def quick_session(**more: Any) -> Session:
    """Make a session with quick timing."""
    return Session(timing=QUICK, **more)


def quicken(timing: Timing = QUICK) -> None:
    """Give the shared session of this process, before its first job, quick timing."""
    assert "driver" not in vars(default())
    default().timing = timing
