"""What the models that come through Alibaba Cloud share: the states of a task, and how long its id is known."""

from __future__ import annotations

import time

from ..task import Task

LIFETIME = 24 * 3600  # seconds, of an id
STATUS = {
    "created": "PENDING",
    "queued": "PENDING",
    "scheduled": "PENDING",
    "running": "RUNNING",
    "done": "SUCCEEDED",
    "failed": "FAILED",
    "cancelled": "CANCELED",
}


def status(task: Task | None) -> str:
    """Return the state of a task; UNKNOWN for none and for one whose id is no longer known."""
    if task is None or time.time() - task.created > LIFETIME:
        return "UNKNOWN"
    return STATUS[task.stage]
