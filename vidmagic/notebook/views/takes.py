"""The takes of a shot, and the ancestry of a video, as a strip of thumbnails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.engine.journal import ancestry
from vidmagic.engine.journal.record import Record
from vidmagic.escaping import LITERAL, escape, isolate, shorten
from vidmagic.notebook.card.rating import rating_html
from vidmagic.notebook.card.take_caption import PICK, changes_html
from vidmagic.notebook.style import FONT, SMALL, STRONG
from vidmagic.notebook.views.thumbnails import thumbnails
from vidmagic.session import continue_from as lineage
from vidmagic.session.ratings import rating_text
from vidmagic.session.reports.table import Table
from vidmagic.session.session import Session
from vidmagic.session.shot import Shot

_THUMBNAIL = (160, 90)  # pixels
_TILE = "width:160px;overflow-wrap:anywhere;padding:6px"
_PICKED = "border-radius:6px;box-shadow:inset 0 0 0 2px currentColor"  # beside the word, in the colour of the text
_SUMMARY = 60  # characters of a prompt
_ROW = "display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start"


class Takes(Shot):
    """The view of a shot: thumbnail, number, changes, price and state of each take."""

    @classmethod
    def of(cls, session: Session, name: str) -> Takes:
        """Return the takes of a shot. Raises NoSuchJob."""
        shot = session.shots.find(name)
        return cls(shot.name, list(shot), shot.folder, pick_take=session.shots.pick)

    def __str__(self) -> str:
        rows = tuple(
            (_title(job), job.id, _listed(job.record), str(job.changes or ""), shorten(job.prompt, 60)) for job in self
        )
        return str(Table(("take", "job", "state and price", "what changed", "prompt"), rows, self._heading()))

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        pictures = thumbnails([job.record for job in self], *_THUMBNAIL, upright=True)
        tiles = [
            _tile(picture, _title(job), job.record, changes_html(job.changes), is_pick=_is_picked(job))
            for picture, job in zip(pictures, self, strict=True)
        ]
        return {"text/plain": str(self), "text/html": _strip(self._heading(), tiles)}

    def _heading(self) -> str:
        count = f"{len(self)} takes" if len(self) > 1 else "1 take"
        pick = f"pick: {self.picked.take}" if self.picked is not None else "no pick yet"
        return " · ".join(filter(None, [str(self.name), self.folder, count, pick]))


class Ancestry:
    """The ancestors and the children of a video; false if it has neither."""

    def __init__(self, session: Session, job: Job) -> None:
        self.line = lineage.ancestors(session.store, job.record)
        self.children = ancestry.children(session.store, job.id)

    def __bool__(self) -> bool:
        return len(self.line) > 1 or bool(self.children)

    def __repr__(self) -> str:
        line = " → ".join(record.id for record in self.line)
        return line + (f" → {', '.join(record.id for record in self.children)}" if self.children else "")

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        records = [*self.line, *self.children]
        here = self.line[-1].id
        pictures = thumbnails(records, *_THUMBNAIL, upright=True)
        tiles = [
            _tile(picture, _model(record, here), record) for picture, record in zip(pictures, records, strict=True)
        ]
        return {"text/plain": repr(self), "text/html": _strip("ancestry", _with_arrows(tiles, self))}


def shots_table(session: Session) -> Table:
    """List the shots of the notebook's folder."""
    rows = tuple((name, str(count), f"%video takes {name}") for name, count in session.shots.names().items())
    return Table(("shot", "takes", "next"), rows, "" if rows else "No shot here yet: %%video --shot NAME begins one.")


def _title(job: Job) -> str:
    return f"{job.take}{PICK if _is_picked(job) else ''}"


def _is_picked(job: Job) -> bool:
    return job.take is not None and job.take.picked


def _model(record: Record, here: str) -> str:
    return f"{record.model.rpartition('/')[2]}{' (this one)' if record.id == here else ''}"


def _facts(record: Record) -> str:
    return f"{record.state_label} · {record.price_text}"


def _listed(record: Record) -> str:
    return " · ".join(filter(None, [_facts(record), rating_text(record)]))


def _tile(picture: str, title: str, record: Record, words: str = "", *, is_pick: bool = False) -> str:
    code = f'<code style="background:transparent">{escape(record.id)}</code>'
    facts = f'<div style="{SMALL}">{isolate(_facts(record))} · {code}</div>{rating_html(record)}'
    lines = filter(None, [words, _prompt(record.prompt)])
    below = facts + "".join(f'<div style="{SMALL}">{line}</div>' for line in lines)
    style = f"{_TILE};{_PICKED}" if is_pick else _TILE
    return f'<div style="{style}">{picture}<div><strong>{isolate(title)}</strong></div>{below}</div>'


def _prompt(prompt: str) -> str:
    """Return a prompt: a long one is its beginning, which opens to the whole."""
    start = shorten(prompt, _SUMMARY, empty="")
    if start == " ".join(prompt.split()):
        return isolate(start)
    summary = f'<summary style="cursor:pointer">{isolate(start)}</summary>'
    return f'<details>{summary}<div style="white-space:pre-wrap">{isolate(prompt)}</div></details>'


def _strip(title: str, tiles: Iterable[str]) -> str:
    head = f'<div style="{STRONG}">{isolate(title)}</div>'
    return f'<div class="vidmagic {LITERAL}" style="{FONT}">{head}<div style="{_ROW}">{"".join(tiles)}</div></div>'


def _with_arrows(tiles: Sequence[str], ancestry_of: Ancestry) -> list[str]:
    """Put an arrow after each ancestor; what came from the video stands together after the last one."""
    arrow = '<div style="line-height:90px" aria-label="then">→</div>'
    line, children = tiles[: len(ancestry_of.line)], tiles[len(ancestry_of.line) :]
    joined = [part for tile in line for part in (arrow, tile)][1:]
    return [*joined, *([arrow, *children] if children else [])]
