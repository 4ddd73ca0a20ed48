"""Write beside each video what it was made from, so that the file speaks for itself without the journal."""

from __future__ import annotations

import json
import os
from pathlib import Path

from vidmagic.jobs.record import Record

KEPT = (
    "id", "model", "prompt", "params", "mode", "images", "fingerprint", "rehearsal", "task_id", "price", "reported",
    "size", "sha256", "width", "height", "created", "ready",
)  # fmt: skip


def write_sidecar(record: Record) -> Path:
    """Write the record's facts to a JSON file of the video's name: no key, no link. Return its path."""
    facts = {"made with": "vidmagic", "video": Path(record.path).name} | {name: getattr(record, name) for name in KEPT}
    target = Path(record.path).with_suffix(".json")
    fresh = target.with_name(f".{target.name}.{os.getpid()}.part")
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    fresh.write_text(text, encoding="utf-8", errors="backslashreplace")  # half a surrogate pair: JSON's own escape
    fresh.replace(target)
    return target
