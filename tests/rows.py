"""Write a row of the journal as no version of the package would."""

from __future__ import annotations

from typing import Any

from vidmagic.engine.journal.rows import value_of
from vidmagic.engine.journal.store import Store


def rewrite(store: Store, job_id: str, **columns: Any) -> None:
    """Set columns of a job past the rules of the journal."""
    assignments = ", ".join(f"{name} = ?" for name in columns)
    values = [*(value_of(name, value) for name, value in columns.items()), job_id]
    assert store.write(lambda db: db.execute(f"UPDATE job SET {assignments} WHERE id = ?", values).rowcount) == 1
