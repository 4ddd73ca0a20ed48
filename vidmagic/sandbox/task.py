"""A job as the sandbox keeps it. Its state is not kept: it follows from the clock."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import Any

from . import script


@dataclass(frozen=True, slots=True)
class Film:
    """What a result shows; `first` and `last` are names in the folder `images`."""

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
    """One accepted (and charged) job of one wire.

    `created` is Unix time, `seconds` the generation time, `sent` what the wire wants to say back later.
    """

    id: str
    wire: str
    film: Film
    created: float
    seconds: float
    turn: script.Turn | None = None
    sent: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False

    @property
    def stage(self) -> script.Stage:
        """Where the job is now."""
        return script.stage(time.time() - self.created, self.seconds)

    @property
    def percent(self) -> float:
        """How much of the work is done, 0 to 100."""
        return script.percent(time.time() - self.created, self.seconds)

    @property
    def failed(self) -> bool:
        """True once the job has come to its end and that end is a failure."""
        return self.turn == "fail" and self.stage == "done"

    @property
    def number(self) -> int:
        """The digits of the id, for the ids that services derive: file, creation."""
        return int(re.sub(r"\D", "", self.id))
