"""Every delay of the engine in one value, which goes down with the calls: a test gives a quick one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vidmagic.engine.journal.lease import BEAT
from vidmagic.engine.run.poll_schedule import PollSchedule, jittered, learn_schedule
from vidmagic.http.timeouts import DEFAULT_TIMEOUTS, Timeouts

# Makes the schedule of a job from past ones (seconds and parameters, newest first), its parameters and the seconds
# that the documents say.
ScheduleFactory: TypeAlias = Callable[
    [Sequence[tuple[float, Mapping[str, object]]], Mapping[str, object], float], PollSchedule
]


@dataclass(frozen=True)
class Timing:
    """How long the engine waits, in seconds.

    - `schedule` makes the poll schedule of a job; `polls_per_second` is the most that this process asks one service.
    - `first_retry` and `longest_retry` bound the delays while a service does not answer; `longest_wait` is how long a
      service may make us wait by a Retry-After.
    - `rate_limited` and `not_sent` are the delays before a submit is tried again; `slot` is the delay before a job
      asks again whether its service has room.
    - `lost_task` are the delays before each search for the task of a submit whose answer was lost.
    - `forgotten_after` is how long a service may not know, or not find, a task that it has accepted.
    - `other_kernel` and `worker` are the delays between two checks of what another process does.
    - `timeouts` are the limits of each call to a service.
    - `heartbeat` is the delay between two signs of life; `idle_thread` is how long a thread waits for work.
    - `exit_wait` is how long a normal exit of the interpreter waits for submits that are on their way.
    """

    schedule: ScheduleFactory = learn_schedule
    polls_per_second: int = 50  # no document names a limit
    first_retry: float = 2.0
    longest_retry: float = 60.0
    longest_wait: float = 120.0
    rate_limited: tuple[float, float] = (5.0, 10.0)
    not_sent: tuple[float, float] = (0.5, 1.5)
    slot: float = 0.5
    lost_task: tuple[float, ...] = (5.0, 295.0, 300.0)
    forgotten_after: float = 600.0
    other_kernel: float = 1.0
    worker: float = 0.25
    heartbeat: float = BEAT
    idle_thread: float = 5.0
    exit_wait: float = 30.0
    timeouts: Timeouts = DEFAULT_TIMEOUTS

    def retry_delay(self, failures: int) -> float:
        """Return the delay, in seconds, after so many failures in a row: it doubles up to the longest."""
        return jittered(min(self.longest_retry, self.first_retry * 2 ** min(failures - 1, 10)))
