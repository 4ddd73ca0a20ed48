"""When to look again: rarely at first, densely near the time that past jobs took."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ALIKE = ("duration", "resolution")  # what a generation time depends on
BACK_OFF = (2.0, 60.0)  # seconds: the first and the longest rest while a service does not answer


@dataclass(frozen=True, slots=True)
class Pace:
    """The rhythm of looks at one job. Times are in seconds; `source` says where `expected` comes from."""

    expected: float
    floor: float = 1.5
    source: str = "the documents"

    def rest(self, elapsed: float) -> float:
        """Return how long to rest when *elapsed* seconds have passed since the service took the job."""
        away = abs(self.expected - elapsed)
        longest = max(self.floor, min(15.0, self.expected / 8))
        return jittered(min(max(self.floor, away / 5), longest))


def learn(past: Sequence[tuple[float, Mapping[str, Any]]], params: Mapping[str, Any], documented: float) -> Pace:
    """Return the pace for a job with *params* from *past* ones like it, else from the *documented* seconds."""
    like = [took for took, theirs in past if all(theirs.get(name) == params.get(name) for name in ALIKE)]
    if like:
        expected = statistics.median(like)
        return Pace(expected, _floor(expected), "past jobs")
    return Pace(documented, _floor(documented))


def _floor(expected: float) -> float:
    """Return the shortest rest: a job of seconds is looked at more often than one of minutes."""
    return min(1.5, max(0.15, expected / 20))


def back_off(failures: int) -> float:
    """Return the rest after so many looks in a row without an answer."""
    first, longest = BACK_OFF
    return jittered(min(longest, first * 2 ** min(failures - 1, 10)))


def jittered(seconds: float) -> float:
    """Spread *seconds* by a tenth, so that jobs started together do not ask together."""
    return seconds * random.uniform(0.9, 1.1)  # noqa: S311  no secret
