"""Write beside each video what it was made from, so that the file speaks for itself without the journal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vidmagic.engine.journal.record import Record, is_id
from vidmagic.engine.journal.rows import FIELDS
from vidmagic.engine.states import DONE

STORED = (
    "id", "model", "prompt", "params", "mode", "images", "fingerprint", "rehearsal", "task_id", "price", "reported",
    "size", "sha256", "width", "height", "created", "ready",
)  # fmt: skip


def write_sidecar(record: Record) -> Path:
    """Write the record's facts to a JSON file of the video's name: no key, no link. Return its path."""
    facts = {"made with": "vidmagic", "video": Path(record.path).name} | {
        name: getattr(record, FIELDS[name]) for name in STORED
    }
    facts |= {"parent": record.parent} if record.parent else {}
    target = Path(record.path).with_suffix(".json")
    fresh = target.with_name(f".{target.name}.{os.getpid()}.part")
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    fresh.write_text(text, encoding="utf-8", errors="backslashreplace")  # half a surrogate pair: JSON's own escape
    fresh.replace(target)
    return target


def read_sidecars(folder: Path) -> Iterator[Record]:
    """Yield the finished job of each sidecar in *folder* whose video is still beside it; pass over other files."""
    for path in sorted(folder.glob("*.json")):
        try:
            found = _record(path, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # somebody else's JSON
        if found is not None:
            yield found


def _record(path: Path, facts: dict[str, Any]) -> Record | None:
    video = path.parent.absolute() / Path(facts["video"]).name
    if facts["made with"] != "vidmagic" or not is_id(facts["id"]) or video.stat().st_size != facts["size"]:
        return None
    return Record(
        **{FIELDS[name]: facts[name] for name in STORED},
        service=facts["model"].partition("/")[0],
        folder=str(video.parent),
        path=str(video),
        state=DONE,
        charged="no" if facts["rehearsal"] else "yes",
        updated=facts["ready"],
        parent=str(facts.get("parent", "")),
    )
