"""A video file with the cell that makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.escaping import LITERAL, escape, isolate, plain
from vidmagic.notebook.style import FONT, LIST_WIDTH, SMALL
from vidmagic.notebook.views.history import cell_of
from vidmagic.session.open_file import OpenedFile, open_file
from vidmagic.session.resolve import NO_VARIABLES
from vidmagic.session.session import Session
from vidmagic.session.settings import notebook_folder

_PRE = "margin:2px 0 0;white-space:pre-wrap;overflow-wrap:anywhere;background:transparent;color:inherit"


@dataclass(frozen=True, slots=True)
class Opened:
    """The cell that makes a video, read from its file.

    `cell` is the text of the cell, `path` the file. `model` is the full id, `prompt`, `params` and `seed` are as they
    were sent, `shot` and `take` those that the video had, "" and 0 for none. `job_id` is the id of its job, in whatever
    journal. `notes` name what the file does not hold and the cell needs.
    """

    path: Path
    cell: str
    model: str
    prompt: str
    params: dict[str, Any]
    shot: str
    take: int
    job_id: str
    notes: tuple[str, ...] = ()

    @property
    def seed(self) -> object:
        """The seed, None where it is not known."""
        return self.params.get("seed")

    def __repr__(self) -> str:
        return "\n".join([self._title(), self.cell, *self.notes])

    def _title(self) -> str:
        take = f"{self.shot} {self.take}".strip() if self.shot else ""
        return plain(" · ".join(filter(None, [self.path.name, take, self.model.rpartition("/")[2], self.job_id])))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        notes = "".join(f'<div style="{SMALL};margin-top:4px">{escape(note)}</div>' for note in self.notes)
        html = (
            f'<div class="vidmagic {LITERAL}" style="{FONT};{LIST_WIDTH}"><div style="{SMALL}">{isolate(self._title())}'
            f'</div><pre style="{_PRE}">{isolate(self.cell)}</pre>{notes}</div>'
        )
        return {"text/plain": repr(self), "text/html": html}


def opened(session: Session, source: object, variables: Mapping[str, object] = NO_VARIABLES) -> Opened:
    """Return the cell that makes the video *source*: a file, or whatever else names a video.

    Raises InvalidRequest for a file of which nothing is known, NoSuchJob for a name of nothing.
    """
    video = session.resolver.video(source, variables)
    path = video.result().path if isinstance(video, Job) else video.path
    return _of_file(session, open_file(session.store, path, notebook_folder()))


def _of_file(session: Session, file: OpenedFile) -> Opened:
    record = file.record
    cell = cell_of(session, record)
    line, newline, prompt = cell.partition("\n")
    if file.shot and line.startswith("%%video") and " --shot " not in line:
        cell = f"{line} --shot {file.shot}{newline}{prompt}"
    return Opened(
        file.path, cell, record.model, record.prompt, dict(record.params), file.shot, file.take, record.id, file.notes
    )
