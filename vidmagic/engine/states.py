"""The states of a job, one row each: cards, tables, the journal's rules and the README all read these rows."""

from __future__ import annotations

from dataclasses import dataclass

from vidmagic.errors import Charged

NEW, SENDING, ACCEPTED, RUNNING, READY, DONE = "new", "sending", "accepted", "running", "ready", "done"
REJECTED, UNKNOWN, FAILED, CANCELLED, PAUSED = "rejected", "unknown", "failed", "cancelled", "paused"


@dataclass(frozen=True, slots=True)
class State:
    """One state of a job.

    `label` is what cards and tables call it. A `live` job is driven by some kernel, or was when that kernel ended. A
    `followed` job has been accepted and is polled or downloaded. With `satisfies_request` the same request gives this
    job instead of a new one. A `resumable` job can be followed again where the service gave a ticket or a link.
    `charged` lists what a job may have cost when it is stored in this state. `next_step` says what the user can do,
    "" where nothing is to be done.
    """

    name: str
    label: str
    live: bool
    followed: bool
    satisfies_request: bool
    resumable: bool
    charged: tuple[Charged, ...]
    next_step: str


# A job in the sandbox is never charged. An accepted job is charged once the service has given an id; a stream that it
# opened instead may be, until it gives a link. `journal/outcome.py` has the rule.
_NO: tuple[Charged, ...] = ("no",)
_OPEN: tuple[Charged, ...] = ("no", "unknown")
_ACCEPTED: tuple[Charged, ...] = ("no", "yes")
_ANY: tuple[Charged, ...] = ("no", "yes", "unknown")
_ROWS = (
    #     name       label                   live   followed satisfies resumable charged  next step
    State(NEW, "starting", True, False, True, False, _NO, ""),
    State(SENDING, "sending", True, False, True, False, _OPEN, ""),
    State(ACCEPTED, "queued", True, True, True, True, _ANY, ""),
    State(RUNNING, "generating", True, True, True, True, _ANY, ""),
    State(READY, "downloading", True, True, True, True, _ACCEPTED, ""),
    State(DONE, "done", False, False, True, False, _ACCEPTED, ""),
    State(REJECTED, "refused, not charged", False, False, False, False, _NO, "Change the request, run the cell again."),
    State(UNKNOWN, "outcome unknown", False, False, True, True, _ANY, "Check at the service; --again sends it."),
    State(FAILED, "failed", False, False, False, False, _ANY, "Run the cell again to send the request again."),
    State(CANCELLED, "cancelled", False, False, True, True, _ANY, "%video resume ID goes on, if it was accepted."),
    State(PAUSED, "paused", False, False, True, True, _ACCEPTED, "%video resume ID goes on, free of charge."),
)  # fmt: skip
STATES = {row.name: row for row in _ROWS}
LIVE = frozenset(row.name for row in _ROWS if row.live)
FOLLOWED = frozenset(row.name for row in _ROWS if row.followed)
SATISFIES_REQUEST = frozenset(row.name for row in _ROWS if row.satisfies_request)
RESUMABLE = frozenset(row.name for row in _ROWS if row.resumable)


def label(state: str) -> str:
    """Return what cards and tables call *state*."""
    return STATES[state].label
