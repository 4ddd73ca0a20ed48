"""A job as the sandbox stores it. Its stage is not stored: it follows from the clock.

A task walks through `_STAGES` while its generation time passes; each service has its own names for them.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Literal

from .directives import Outcome

Stage = Literal["created", "queued", "scheduled", "running", "done", "failed", "cancelled"]
ENDS: frozenset[Stage] = frozenset({"done", "failed", "cancelled"})

_RUNNING_FROM = 0.3  # share of the generation time that has passed when the work itself begins
_STAGES: tuple[tuple[float, Stage], ...] = (
    (0.0, "created"),
    (0.08, "queued"),
    (0.22, "scheduled"),
    (_RUNNING_FROM, "running"),
    (1.0, "done"),
)


_ENDS_OF: dict[Outcome | None, Stage] = {"fail": "failed", "cancel": "cancelled"}


@dataclass(frozen=True, slots=True)
class Video:
    """What the result of a task shows: `seconds` long, `width` × `height` pixels.

    `first` and `last` are the names of its first and last image in the folder `images`.
    """

    prompt: str
    seconds: float
    width: int
    height: int
    seed: int = 0
    audio: bool = False
    first: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """One accepted (and charged) job of one service, named by `wire`.

    `created` is Unix time, `seconds` the generation time, `sent` the fields of the request that later answers repeat.
    """

    id: str
    wire: str
    video: Video
    created: float
    seconds: float
    outcome: Outcome | None = None
    sent: dict[str, object] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def stage(self) -> Stage:
        """The stage that the task is in now; one answer reads it once, for it changes by the clock."""
        if self.cancelled:
            return "cancelled"
        stage = stage_at(time.time() - self.created, self.seconds)
        return _ENDS_OF.get(self.outcome, stage) if stage == "done" else stage

    @property
    def ended(self) -> bool:
        """True once the task is done, has failed or is cancelled."""
        return self.stage in ENDS

    @property
    def percent(self) -> float:
        """How much of the work is done, 0 to 100."""
        return percent_at(time.time() - self.created, self.seconds)

    @property
    def number(self) -> int:
        """The digits of the id, for the ids that services derive from it: file, creation."""
        return int(re.sub(r"\D", "", self.id))


def stage_at(elapsed: float, seconds: float) -> Stage:
    """Return the stage of a task that takes *seconds*, *elapsed* seconds after it was accepted."""
    share = _share(elapsed, seconds)
    return [stage for start, stage in _STAGES if start <= share][-1]


def percent_at(elapsed: float, seconds: float) -> float:
    """Return how much of the work is done, 0 to 100; the work begins with the stage `running`."""
    share = _share(elapsed, seconds)
    return max(0.0, (share - _RUNNING_FROM) / (1 - _RUNNING_FROM) * 100)


def _share(elapsed: float, seconds: float) -> float:
    return 1.0 if elapsed >= seconds else max(0.0, elapsed) / seconds
