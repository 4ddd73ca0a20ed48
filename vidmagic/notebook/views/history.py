"""The history: jobs found by words, with thumbnails and the cells that ask for them again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.search import search
from vidmagic.engine.journal.takes import first_of_job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, isolate
from vidmagic.notebook.style import FONT, LIST_WIDTH, SMALL
from vidmagic.notebook.views.cell_source import request_cell
from vidmagic.notebook.views.thumbnails import thumbnails
from vidmagic.session.ratings import rating_text
from vidmagic.session.run_options import RunOptions
from vidmagic.session.session import Session
from vidmagic.session.settings import notebook_folder

_PRE = "margin:2px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;background:transparent;color:inherit"


@dataclass(frozen=True)
class History:
    """Jobs of the journal with the cells that ask for them again, newest first."""

    records: tuple[Record, ...]
    cells: tuple[str, ...]
    words: tuple[str, ...] = ()

    def __repr__(self) -> str:
        if not self.records:
            return self._nothing()
        return "\n\n".join(f"{_facts(record)}\n{cell}" for record, cell in zip(self.records, self.cells, strict=True))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        rows = [
            f'<div style="display:flex;gap:12px;margin:8px 0">{thumbnail}<div style="min-width:0">'
            f'<div style="{SMALL}">{isolate(_facts(record))}</div>'
            f'<pre style="{_PRE}">{isolate(cell)}</pre></div></div>'
            for thumbnail, record, cell in zip(thumbnails(self.records, 128, 72), self.records, self.cells, strict=True)
        ]
        body = "".join(rows) or isolate(self._nothing())
        return {
            "text/plain": repr(self),
            "text/html": f'<div class="vidmagic {LITERAL}" style="{FONT};{LIST_WIDTH}">{body}</div>',
        }

    def _nothing(self) -> str:
        if self.words:
            return f"No prompt, note or tag holds {' and '.join(self.words)}."
        return "The journal holds no job yet."


def history(session: Session, words: Sequence[str] = (), *, limit: int = 20) -> History:
    """Return at most *limit* jobs whose prompts, notes and tags hold all *words*, newest first.

    A word may be a phrase.
    """
    texts = tuple(word for word in words if word)
    records = tuple(search(session.store, texts, limit))
    return History(records, tuple(cell_of(session, record) for record in records), texts)


def cell_of(session: Session, record: Record) -> str:
    """Return the `%%video` cell that asks for a job again, as a take of the same shot, from the same video.

    Its images are named as the user named them.
    """
    try:
        model = session.catalog.find_model(record.model)[1]
    except InvalidRequest:  # its plug-in is no longer installed
        return f"%%video {record.model} --raw\n{record.prompt}"
    mode = next((mode for mode in model.modes if mode.name == record.mode), None)
    known = {param.name for param in (model.params if mode is None else model.params_in(mode))}
    given: dict[str, Any] = {name: value for name, value in record.params.items() if name in known}
    for image in record.images:
        if not (record.parent and image["role"] == "image"):
            given.setdefault(str(image["role"]), []).append(str(image["name"]))
    take = first_of_job(session.store, record.id, str(notebook_folder().resolve()))
    options = RunOptions(
        shot=take.shot if take is not None else "",
        from_=record.parent or None,
        sandbox=record.in_sandbox,
    )
    return request_cell(model, mode, record.prompt, given, options)


def _facts(record: Record) -> str:
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created))
    facts = (when, record.model.rpartition("/")[2], record.state_label, record.price_text, record.id)
    return " · ".join(filter(None, [*facts, rating_text(record)]))
