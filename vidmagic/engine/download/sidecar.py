"""The sidecar: a JSON file beside each video with what it was made from, readable without the journal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vidmagic.engine.journal.record import Record, is_id
from vidmagic.engine.journal.rows import COLUMNS, IN_SANDBOX
from vidmagic.engine.states import DONE

FACTS = (  # fields of a record, which the file has by the names of their columns
    "id", "model", "prompt", "params", "mode", "images", "fingerprint", "in_sandbox", "task_id", "price", "reported",
    "size", "sha256", "width", "height", "created", "ready",
)  # fmt: skip


def write_sidecar(record: Record) -> Path:
    """Write the facts of a finished job, without key or link, to a JSON file of the video's name; return its path."""
    facts = {"made with": "vidmagic", "video": Path(record.path).name} | {
        COLUMNS[name]: getattr(record, name) for name in FACTS
    }
    facts |= {"parent": record.parent} if record.parent else {}
    target = Path(record.path).with_suffix(".json")
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")  # half a surrogate pair: as JSON escapes it
    partial.replace(target)
    return target


def read_sidecars(folder: Path) -> Iterator[Record]:
    """Yield the finished job of each sidecar in *folder* whose video is beside it; skip other files."""
    for path in sorted(folder.glob("*.json")):
        try:
            record = _record(path, json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # a JSON file that is not a sidecar
        if record is not None:
            yield record


def _record(path: Path, facts: dict[str, Any]) -> Record | None:
    video = path.parent.absolute() / Path(facts["video"]).name
    if facts["made with"] != "vidmagic" or not is_id(facts["id"]) or video.stat().st_size != facts["size"]:
        return None
    return Record(
        **{name: facts[COLUMNS[name]] for name in FACTS},
        service=facts["model"].partition("/")[0],
        folder=str(video.parent),
        path=str(video),
        state=DONE,
        charged="no" if facts[IN_SANDBOX] else "yes",
        updated=facts["ready"],
        parent=str(facts.get("parent", "")),
    )
