"""How a rehearsed job goes on, and how a prompt directs it.

A job walks through `STAGES` while its generation time passes; each wire has its own words for them.
A prompt can direct its own rehearsal by words in double brackets. They are never drawn on the picture:

    [[sandbox: fail]]        accepted, then the service says that it failed
    [[sandbox: refuse]]      refused at submit by the wire's moderation error
    [[sandbox: balance]]     refused at submit: not enough money
    [[sandbox: rate]]        refused at submit: too many requests
    [[sandbox: error500]]    accepted, but the answer is an HTTP 500: the task id is lost
    [[sandbox: drop]]        accepted, but the connection is cut before the answer (Sora: in mid-stream)
    [[sandbox: seconds=10]]  this job takes 10 seconds
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Stage = Literal["created", "queued", "scheduled", "running", "done"]
Turn = Literal["fail", "refuse", "balance", "rate", "error500", "drop"]

STAGES: tuple[tuple[float, Stage], ...] = (
    (0.0, "created"),
    (0.08, "queued"),
    (0.22, "scheduled"),
    (0.3, "running"),
    (1.0, "done"),
)
_RUNNING_FROM = 0.3
_DIRECTION = re.compile(
    r"\s*\[\[sandbox:\s*(?:(fail|refuse|balance|rate|error500|drop)|seconds=(\d+(?:\.\d+)?))\s*\]\]"
)


@dataclass(frozen=True, slots=True)
class Direction:
    """A prompt read as a script: its plain words, the turn the job takes, its generation time in seconds."""

    words: str
    turn: Turn | None = None
    seconds: float | None = None


def read(prompt: str) -> Direction:
    """Split a prompt into its words and its directions; the last direction of a kind counts."""
    turn: Turn | None = None
    seconds: float | None = None
    for match in _DIRECTION.finditer(prompt):
        if match[1] is not None:
            turn = match[1]  # type: ignore[assignment]  # the pattern lists the members of Turn
        else:
            seconds = float(match[2])
    return Direction(_DIRECTION.sub("", prompt).strip(), turn, seconds)


def stage(elapsed: float, seconds: float) -> Stage:
    """Name the stage of a job that takes `seconds`, `elapsed` seconds after it was accepted."""
    share = _share(elapsed, seconds)
    return [name for start, name in STAGES if start <= share][-1]


def percent(elapsed: float, seconds: float) -> float:
    """Return how much of the work is done, 0 to 100; work begins with the stage `running`."""
    share = _share(elapsed, seconds)
    return max(0.0, (share - _RUNNING_FROM) / (1 - _RUNNING_FROM) * 100)


def _share(elapsed: float, seconds: float) -> float:
    return 1.0 if elapsed >= seconds else max(0.0, elapsed) / seconds
