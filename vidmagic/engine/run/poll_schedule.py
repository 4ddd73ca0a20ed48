"""When to poll a job: the more likely its end is now, the sooner.

For a given number of polls the mean time from the end of a job to the poll that sees it is least when each delay is
proportional to 1/√h, where h is the share of the jobs still running that end in the next second. Times are taken as
log-logistic round those of past jobs, mixed with a few jobs that are like none before; so h is high near the typical
time, and falls for a job that is late.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ALIKE = ("duration", "resolution")  # what a generation time depends on
NEWEST = 20  # past jobs that count: a service that has changed its speed is known again after half of them
SPREAD = 0.15  # half of the jobs end within this share of the typical time; a guess, for no document says it
GUESS = 4  # past jobs that weigh as much as that guess
STRANGE, STRANGE_SHAPE = 0.05, 0.25  # the share of jobs that are like none before, and how widely they scatter
EVERY, FEWEST = 5.0, 12  # polls of a typical job: as many as one every 5 s, and not fewer than 12
LONGEST = 15.0  # seconds, or an eighth of the typical time


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """When one job is polled. Times are in seconds; `source` says where `expected` comes from.

    Half of the jobs like it end within the share `spread` of `expected`.
    """

    expected: float
    floor: float = 1.0
    source: str = "the documents"
    spread: float = SPREAD

    def delay(self, elapsed: float) -> float:
        """Return the seconds until the next poll, *elapsed* seconds after the service took the job.

        So that an early end is noticed early, a delay is never longer than what has passed, or twice the floor.
        """
        passed = max(self.floor, abs(elapsed))  # below zero when the clock was set back
        longest = min(max(2 * self.floor, passed), max(LONGEST, self.expected / 8))
        best = self._scale() / math.sqrt(self._hazard(passed))
        return jittered(min(max(self.floor, best), longest))

    def _hazard(self, passed: float) -> float:
        """Return which share of the jobs that still run end in the next second."""
        typical = self._typical()
        typical_left, typical_ends = _log_logistic(passed / typical, self._shape())
        strange_left, strange_ends = _log_logistic(passed / typical, STRANGE_SHAPE)
        left = (1 - STRANGE) * typical_left + STRANGE * strange_left
        return ((1 - STRANGE) * typical_ends + STRANGE * strange_ends) / left / typical

    def _scale(self) -> float:
        """Return the factor that gives a typical job the intended number of polls."""
        typical = self._typical()
        return 2.2 * math.sqrt(typical / self._shape()) / max(FEWEST, typical / EVERY)

    def _typical(self) -> float:
        return max(self.expected, self.floor)  # a sandbox job may be expected to take no time

    def _shape(self) -> float:
        return math.log(3) / self.spread  # the quartiles of a log-logistic are e^±(ln 3 / shape) times its median


def learn_schedule(
    past: Sequence[tuple[float, Mapping[str, object]]], params: Mapping[str, object], documented: float
) -> PollSchedule:
    """Return the schedule for a job with *params*, learnt from *past* ones alike, else from *documented* seconds.

    *past* holds how many seconds each job took and its parameters, newest first.
    """
    like = [took for took, past_params in past if all(past_params.get(name) == params.get(name) for name in ALIKE)][
        :NEWEST
    ]
    if not like:
        return PollSchedule(documented, _floor(documented))
    expected = statistics.median(like)
    scatter = statistics.median(abs(math.log(took / expected)) for took in like)
    spread = (GUESS * SPREAD + len(like) * scatter) / (GUESS + len(like))
    return PollSchedule(expected, _floor(expected), "past jobs", spread)


def _log_logistic(time: float, shape: float) -> tuple[float, float]:
    """Return which share of jobs with the median 1 lasts longer than *time*, and which ends per unit of time then."""
    left = 1 / (1 + math.exp(min(shape * math.log(time), 20.0)))  # almost no job takes longer
    return left, shape / time * left * (1 - left)


def _floor(expected: float) -> float:
    """Return the shortest delay: a job of seconds is polled more often than one of minutes."""
    return min(1.0, max(0.15, expected / 60))


def jittered(seconds: float) -> float:
    """Spread *seconds* by a tenth, so that jobs started together do not poll together."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311  no secret
