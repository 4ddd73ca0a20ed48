"""Rebuild the journal from damaged journals and from the sidecars beside finished videos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vidmagic.engine.download.sidecar import Malformed, read_sidecars
from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import insert
from vidmagic.engine.journal.store import Store


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild added to the journal, and the sidecars that it could not read."""

    added: list[Record]
    malformed: list[Malformed]


def rebuild(store: Store, folders: Sequence[Path]) -> Rebuilt:
    """Store the finished jobs of *folders* that the journal does not know; return them. Raises JournalError.

    Quarantined journals are read first: they know more of a job than its sidecar. Afterwards paid requests are sent
    again without `--again`.
    """
    store.open()
    store.database.recover()
    sidecars = [sidecar for folder in folders for sidecar in read_sidecars(folder)]
    records = [sidecar for sidecar in sidecars if isinstance(sidecar, Record)]
    added = store.write(lambda db: [record for record in records if insert(db, record, "OR IGNORE").rowcount])
    store.database.settle()
    return Rebuilt(added, [sidecar for sidecar in sidecars if isinstance(sidecar, Malformed)])
