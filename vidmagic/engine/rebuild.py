"""Rebuild the journal from damaged journals and from the sidecars beside finished videos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from vidmagic.engine.download.sidecar import read_sidecars
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import insert
from vidmagic.engine.journal.store import Store


def rebuild(store: Store, folders: Sequence[Path]) -> list[Record]:
    """Store the finished jobs of *folders* that the journal does not know; return them. Raises JournalError.

    Quarantined journals are read first: they know more of a job than its sidecar. Afterwards paid requests are sent
    again without `--again`.
    """
    store.open()
    store.database.recover()
    records = [record for folder in folders for record in read_sidecars(folder)]
    added = store.write(lambda db: [record for record in records if insert(db, record, "OR IGNORE").rowcount])
    store.database.settle()
    return added
