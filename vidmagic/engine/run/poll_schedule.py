"""When to look again: the more likely the end is now, the sooner.

For a given number of looks the mean delay is least when each rest is proportional to 1/√h, where h is the share of
the jobs still running that end in the next second. Times are taken as log-logistic round those of past jobs, mixed
with a few jobs that are like none before; so h is high near the usual time, and falls for a job that is late.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALIKE = ("duration", "resolution")  # what a generation time depends on
NEWEST = 20  # past jobs that count: a service that has changed its speed is known again after half of them
SPREAD = 0.15  # half of the jobs end within this share of the usual time; a guess, for no document says it
GUESS = 4  # past jobs that weigh as much as that guess
STRANGE, STRANGE_SHAPE = 0.05, 0.25  # the share of jobs that are like none before, and how widely they scatter
EVERY, FEWEST = 5.0, 12  # looks for a usual job: as many as one every 5 s, and not fewer than 12
LONGEST = 15.0  # seconds, or an eighth of the usual time
BACK_OFF = (2.0, 60.0)  # seconds: the first and the longest rest while a service does not answer


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """The rhythm of looks at one job. Times are in seconds; `source` says where `expected` comes from.

    Half of the jobs like it end within the share `spread` of `expected`.
    """

    expected: float
    floor: float = 1.0
    source: str = "the documents"
    spread: float = SPREAD

    def rest(self, elapsed: float) -> float:
        """Return how long to rest when *elapsed* seconds have passed since the service took the job.

        What is done early is seen early: a rest is no longer than what has passed, or twice the floor.
        """
        passed = max(self.floor, abs(elapsed))  # below zero when the clock was set back
        longest = min(max(2 * self.floor, passed), max(LONGEST, self.expected / 8))
        wanted = min(max(self.floor, self._scale() / math.sqrt(self._hazard(passed))), longest)
        return jittered(wanted)

    def _hazard(self, passed: float) -> float:
        """Return which share of the jobs that still run end in the next second."""
        usual = self._usual()
        usual_left, usual_ends = _log_logistic(passed / usual, self._shape())
        strange_left, strange_ends = _log_logistic(passed / usual, STRANGE_SHAPE)
        left = (1 - STRANGE) * usual_left + STRANGE * strange_left
        return ((1 - STRANGE) * usual_ends + STRANGE * strange_ends) / left / usual

    def _scale(self) -> float:
        """Return the factor by which the looks at a usual job come to their number."""
        usual = self._usual()
        return 2.2 * math.sqrt(usual / self._shape()) / max(FEWEST, usual / EVERY)

    def _usual(self) -> float:
        return max(self.expected, self.floor)  # a sandbox may promise no time at all

    def _shape(self) -> float:
        return math.log(3) / self.spread  # the quartiles of a log-logistic are e^±(ln 3 / shape) times its median


def learn(
    past: Sequence[tuple[float, Mapping[str, Any]]], params: Mapping[str, Any], documented: float
) -> PollSchedule:
    """Return the pace for a job with *params* from *past* ones alike, newest first, else from *documented* seconds."""
    like = [took for took, theirs in past if all(theirs.get(name) == params.get(name) for name in ALIKE)][:NEWEST]
    if not like:
        return PollSchedule(documented, _floor(documented))
    expected = statistics.median(like)
    scatter = statistics.median(abs(math.log(took / expected)) for took in like)
    spread = (GUESS * SPREAD + len(like) * scatter) / (GUESS + len(like))
    return PollSchedule(expected, _floor(expected), "past jobs", spread)


def _log_logistic(time: float, shape: float) -> tuple[float, float]:
    """Return which share of jobs with the median 1 lasts longer than *time*, and which ends per unit of time then."""
    left = 1 / (1 + math.exp(min(shape * math.log(time), 20.0)))  # beyond that only the strange are left
    return left, shape / time * left * (1 - left)


def _floor(expected: float) -> float:
    """Return the shortest rest: a job of seconds is looked at more often than one of minutes."""
    return min(1.0, max(0.15, expected / 60))


def back_off(failures: int) -> float:
    """Return the rest after so many looks in a row without an answer."""
    first, longest = BACK_OFF
    return jittered(min(longest, first * 2 ** min(failures - 1, 10)))


def jittered(seconds: float) -> float:
    """Spread *seconds* by a tenth, so that jobs started together do not ask together."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311  no secret
