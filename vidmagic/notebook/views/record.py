"""All that the journal stores about one job: folded in a notebook, lines in a terminal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vidmagic.engine.journal.record import Record
from vidmagic.engine.states import DONE, label
from vidmagic.escaping import LITERAL, escape
from vidmagic.media.display import length_text, size_text
from vidmagic.media.local_file import local_file
from vidmagic.media.recipe_box import refusal
from vidmagic.notebook.style import CARD_WIDTH, FONT
from vidmagic.notebook.views.table import table
from vidmagic.session.ratings import stars_text
from vidmagic.session.reports.table import Table
from vidmagic.spec.price import BILL, REFUNDED, SANDBOX_PRICE


@dataclass(frozen=True, slots=True)
class FullRecord:
    """The record of a job as the value of a cell. Tickets and links stay in the journal: links are secrets."""

    record: Record

    def __repr__(self) -> str:
        return str(Table(("field", "value"), tuple(fields(self.record))))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = table(fields(self.record), ("field", "value"))
        folded = f'<summary style="cursor:pointer">all that is stored about job {escape(self.record.id)}</summary>'
        html = (
            f'<details class="vidmagic {LITERAL}" style="{FONT};{CARD_WIDTH}">{folded}'
            f'<div style="margin-top:4px;overflow-x:auto">{rows}</div></details>'
        )
        return {"text/plain": repr(self), "text/html": html}


def fields(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the name and the value of each field that says something."""
    for name, value in (*_what(record), *_remarks(record), *_money(record), *_when(record), *_file(record)):
        if value not in {"", None}:
            yield name, str(value)


def _what(record: Record) -> Iterator[tuple[str, object]]:
    yield "job", record.id
    yield "state", label(record.state)
    yield "model", record.model
    yield "name at the service", record.wire_name
    yield "mode", record.mode
    yield "prompt", record.prompt
    yield from record.params.items()
    for image in record.images:
        yield str(image.get("role", "image")), _input(image)
    yield "draft", str(record.full.get("differences", "yes")) if record.draft else ""
    yield "finished from the draft", record.finished_from
    yield "task at the service", record.task_id
    yield "service's address", record.origin
    for name in ("type", "message", "hint", "reason", "trace"):
        yield "error" if name == "type" else f"error: {name}", (record.error or {}).get(name)


def _input(stored: Mapping[str, Any]) -> str:
    """Return the name of an input with what is known of it: its job, its length, its size."""
    name, job, seconds, size = (stored.get(key) for key in ("name", "job", "seconds", "size"))
    facts = [f"job {job}" if name == job else str(name or "")]
    facts += [f"video of job {job}"] if job and name != job else []
    facts += [length_text(seconds)] if isinstance(seconds, int | float) and seconds else []
    facts += [size_text(size)] if isinstance(size, int) and size else []
    return " · ".join(filter(None, facts))


def _money(record: Record) -> Iterator[tuple[str, object]]:
    if record.in_sandbox:
        yield "price", SANDBOX_PRICE
        return
    price = record.price or {}
    yield "estimate", ", ".join(filter(None, [record.short_price, price.get("source"), price.get("date")]))
    yield "billed", record.bill_text.removeprefix("billed ")
    yield "charged", record.charged
    yield "refunded", "yes, as the service reports" if record.reported.get(REFUNDED) else ""
    reported = {name: value for name, value in record.reported.items() if name not in {BILL, REFUNDED}}
    yield "reported", json.dumps(reported, ensure_ascii=False) if reported else ""


def _when(record: Record) -> Iterator[tuple[str, object]]:
    for name in ("created", "accepted", "ready", "updated", "deleted"):
        timestamp, label = getattr(record, name), "file deleted" if name == "deleted" else name
        yield label, time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(timestamp)) if timestamp else ""
    if record.ready > record.accepted > 0:
        yield "took", f"{record.ready - record.accepted:.1f} s"


def _remarks(record: Record) -> Iterator[tuple[str, object]]:
    yield "stars", stars_text(record.stars) if record.stars else ""
    yield "note", record.note
    yield "tags", " ".join(f"#{tag}" for tag in record.tags)


def _file(record: Record) -> Iterator[tuple[str, object]]:
    yield "folder", record.folder
    yield "file", record.path
    yield "size", size_text(record.size) if record.size else ""
    yield "picture", f"{record.width}×{record.height}" if record.width and record.height else ""
    yield "sha256", record.sha256
    yield "sha256 of the whole file", record.file_sha256
    yield "recipe", _recipe(record)


def _recipe(record: Record) -> str:
    """Return whether the file of a finished job carries its recipe, and what keeps it from that; "" without a file."""
    if record.file_sha256:
        return "in the file, behind the service's bytes; `%video open FILE` reads it"
    path = local_file(record.path) if record.state == DONE else None
    if path is None:
        return ""
    try:
        with path.open("rb") as file:
            why = refusal(file)
    except OSError:
        return ""
    return f"not in the file: {why}" if why else "not in the file"
