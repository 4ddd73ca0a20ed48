"""The sidecar: a JSON file beside each video with what it was made from, readable without the journal."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.engine.journal.record import Record, is_id
from vidmagic.engine.journal.rows import COLUMNS
from vidmagic.engine.journal.validate import is_finite, problems
from vidmagic.engine.states import DONE

FACTS = (  # fields of a record, which the file has by the names of their columns
    "id", "model", "prompt", "params", "mode", "images", "fingerprint", "in_sandbox", "task_id", "price", "reported",
    "size", "sha256", "width", "height", "created", "ready",
)  # fmt: skip
# Facts that most jobs lack; the file has those that there are.
OPTIONAL = ("parent", "stars", "note", "tags", "draft", "full", "finished_from", "file_sha256", "request_take")

_NUMBERS = ("params", "images", "reported", "full")  # JSON objects that may hold numbers


def write_sidecar(record: Record) -> Path:
    """Write the facts of a finished job, without key or link, to a JSON file of the video's name; return its path."""
    facts = {"made with": "vidmagic", "video": Path(record.path).name} | {
        COLUMNS[name]: getattr(record, name) for name in FACTS
    }
    facts |= {name: getattr(record, name) for name in OPTIONAL if getattr(record, name)}
    target = Path(record.path).with_suffix(".json")
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    text = json.dumps(facts, ensure_ascii=False, indent=1) + "\n"
    partial.write_text(text, encoding="utf-8", errors="backslashreplace")  # half a surrogate pair: as JSON escapes it
    partial.replace(target)
    return target


@dataclass(frozen=True, slots=True)
class Malformed:
    """A sidecar that cannot be read, and why."""

    path: Path
    problem: str


def read_sidecars(folder: Path) -> Iterator[Record | Malformed]:
    """Yield what each sidecar in *folder* says of a finished job; skip JSON files of other programs."""
    for path in sorted(folder.glob("*.json")):
        try:
            facts = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            if len(list(folder.glob(f"{glob.escape(path.stem)}.*"))) > 1:  # it stands beside a file, as ours do
                yield Malformed(path, "it is not JSON")
            continue
        if isinstance(facts, dict) and facts.get("made with") == "vidmagic":
            yield _record(path, facts)


def _finite(values: Mapping[str, Any], name: str) -> bool:
    return name not in values or is_finite(values[name])


def _record(path: Path, facts: Mapping[str, Any]) -> Record | Malformed:
    values = {name: facts[COLUMNS[name]] for name in FACTS if COLUMNS[name] in facts}
    values |= {name: facts[name] for name in OPTIONAL if name in facts}
    wrong = [f"{COLUMNS[name]} is missing" for name in FACTS if name not in values] + problems(values)
    wrong += [f"{name} has a number such as NaN" for name in _NUMBERS if not _finite(values, name)]
    name = facts.get("video")
    if wrong or not isinstance(name, str) or not is_id(values["id"]):
        return Malformed(path, "; ".join(wrong) or "video or id is not a name of ours")
    video = path.parent.absolute() / Path(name).name
    if not video.is_file() or video.stat().st_size != values["size"]:
        return Malformed(path, f"{video.name} is not there, or not the video that was stored")
    values |= {name: tuple(values[name]) for name in ("images", "tags") if name in values}
    return Record(
        **values,
        service=values["model"].partition("/")[0],
        folder=str(video.parent),
        path=str(video),
        state=DONE,
        charged="no" if values["in_sandbox"] else "yes",
        updated=values["ready"],
    )
