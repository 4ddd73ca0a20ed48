"""Fill a journal with past jobs, as if they were made long ago."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

from vidmagic.engine.journal.lease import this_process
from vidmagic.engine.journal.record import Record, new_id
from vidmagic.engine.journal.rows import FIELDS, value_of
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import DONE

MODEL = "dmxapi/MiniMax-Hailuo-2.3"
PARAMS = {"duration": 6, "resolution": "768P", "prompt_optimizer": True, "fast_pretreatment": False}


def fill(home: Path, jobs: int, seconds: float = 120.0) -> list[str]:
    """Write *jobs* finished jobs of *seconds* each into the journal in *home*; return their fingerprints."""
    store = Store(home, this_process())
    begun = time.time() - 120.0 * jobs
    done = Record(
        id="", model=MODEL, prompt="A red kite over the sea", params={**PARAMS, "aigc_watermark": False},
        fingerprint="", service="dmxapi", wire_name="MiniMax-Hailuo-2.3", mode="text", origin="https://www.dmxapi.cn",
        folder="/videos", state=DONE, charged="yes", path="/videos/kite.mp4", size=10**6, sha256="0" * 64,
        width=1366, height=768, owner="somebody", ticket={"task_id": "1"},
    )  # fmt: skip
    names = [name for name in FIELDS if name != "n"]
    fingerprints = [f"{number:064x}" for number in range(jobs)]
    rows = []
    for number, fingerprint in enumerate(fingerprints):
        at = begun + 120.0 * number
        when = {"created": at, "updated": at, "accepted": at, "ready": at + seconds}
        record = dataclasses.replace(done, id=f"{number:08d}"[:8], fingerprint=fingerprint, **when)
        rows.append([value_of(name, getattr(record, FIELDS[name])) for name in names])
    insert = f"INSERT INTO job ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    store.write(lambda db: db.executemany(insert, rows))
    return fingerprints


def fresh(fingerprint: str) -> Record:
    """Return a new job as the session makes it."""
    return Record(id=new_id(), model=MODEL, prompt="A blue kite", params=PARAMS, fingerprint=fingerprint)
