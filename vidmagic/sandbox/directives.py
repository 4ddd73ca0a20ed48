"""Directives in a prompt: words in double brackets that decide how the sandbox answers.

They are never drawn on the video.

[[sandbox: fail]]        accepted, then the service reports that it failed
[[sandbox: cancel]]      accepted, then the service reports that it was cancelled
[[sandbox: refuse]]      refused at submit by the service's moderation error
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

Outcome = Literal["fail", "cancel", "refuse", "balance", "rate", "error500", "drop"]

_DIRECTIVE = re.compile(
    r"\s*\[\[sandbox:\s*(?:(fail|cancel|refuse|balance|rate|error500|drop)|seconds=(\d+(?:\.\d+)?))\s*\]\]"
)


@dataclass(frozen=True, slots=True)
class Directives:
    """A prompt without its directives, the outcome that they ask for, and the generation time in seconds."""

    prompt: str
    outcome: Outcome | None = None
    seconds: float | None = None


def read_directives(text: str) -> Directives:
    """Split a prompt as it was sent into its own words and its directives; the last directive of a kind counts."""
    outcome: Outcome | None = None
    seconds: float | None = None
    for match in _DIRECTIVE.finditer(text):
        if match[1] is not None:
            outcome = match[1]  # type: ignore[assignment]  # the pattern lists the members of Outcome
        else:
            seconds = float(match[2])
    drawable = _DIRECTIVE.sub("", text).strip().encode(errors="replace").decode()  # half a surrogate pair: "?"
    return Directives(drawable, outcome, seconds)
