"""The words by which services name the state of a task; each of them has more than one spelling."""

from __future__ import annotations

WAITING = frozenset({
    "created", "pending", "queued", "queueing", "queuing", "scheduled", "scheduling", "preparing", "preparation",
    "submitted", "waiting",
})  # fmt: skip
FAILED = frozenset({"fail", "failed", "failure", "cancelled", "canceled", "expired"})
DONE = frozenset({"succeeded", "succeed", "success", "completed", "done", "finished"})
FORGOTTEN = frozenset({"unknown"})  # the service knows no such task any more, or not what became of it
_NAMES = ("status", "state", "task_status")  # of the field that holds it


def ended_badly(state: str) -> str:
    """Return what a state of FAILED means, in words, where the service gives no other reason; "" for other states."""
    word = state.lower()
    if word in {"cancelled", "canceled"}:
        return "the task was cancelled at the service"
    if word == "expired":
        return "the task expired at the service"
    return "the service gave no reason" if word in FAILED else ""


def state_in(answer: object) -> str:
    """Return the state that a JSON reply names, in it or in an object of it; "" if it names none."""
    if not isinstance(answer, dict):
        return ""
    candidates = [answer, *(value for value in answer.values() if isinstance(value, dict))]
    named = (candidate.get(name) for candidate in candidates for name in _NAMES)
    return next((state for state in named if isinstance(state, str) and state), "")
