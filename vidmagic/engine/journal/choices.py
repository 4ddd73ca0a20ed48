"""Choices made in blind comparisons: what was compared, in the order in which it was shown, and what was chosen."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

from vidmagic.engine.journal.store import Store


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice: `compared` and `chosen` are job ids, or names of files; `picked` is the take that became the pick."""

    made: float
    compared: tuple[str, ...]
    chosen: str
    picked: str


def add(store: Store, folder: str, compared: Sequence[str], chosen: str, picked: str) -> None:
    """Store a choice that was made now in a notebook of *folder*. Raises JournalError."""
    row = (time.time(), folder, json.dumps(list(compared)), chosen, picked)
    store.write(
        lambda db: db.execute(
            "INSERT OR IGNORE INTO choice (made, folder, compared, chosen, picked) VALUES (?, ?, ?, ?, ?)", row
        )
    )


def of_folder(store: Store, folder: str) -> list[Choice]:
    """Return the choices made in *folder*, newest first. Raises JournalError."""
    with store.reading() as db:
        rows = db.execute("SELECT * FROM choice WHERE folder = ? ORDER BY n DESC", (folder,)).fetchall()
    return [Choice(row["made"], tuple(json.loads(row["compared"])), row["chosen"], row["picked"]) for row in rows]
