"""The lists of `%video`, as HTML in a notebook and as text elsewhere."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.magics.tokens import split
from vidmagic.notebook.views.jobs import Jobs
from vidmagic.session.reports import doctor, tables
from vidmagic.session.reports.tables import Table
from vidmagic.session.session import Session
from vidmagic.spec.params import listing

_CELL = "padding:2px 10px 2px 0;text-align:left;vertical-align:top;overflow-wrap:anywhere;min-width:5.5em"
_RULE = "border-bottom:1px solid var(--jp-border-color2,var(--vscode-panel-border,#8886))"
_TABLE = "border-collapse:collapse;font-size:13px;color:inherit;background:transparent"
_NOTE = "margin-top:2px;font-size:12px;color:var(--jp-ui-font-color2,var(--vscode-descriptionForeground,#777))"


@dataclass(frozen=True, slots=True)
class View:
    """A table as the value of a cell."""

    table: Table

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = self.table
        title = f'<div style="font-weight:600">{escape(shown.title)}</div>' if shown.title else ""
        notes = "".join(f'<div style="{_NOTE}">{escape(note)}</div>' for note in shown.notes)
        inner = f"{title}{table(shown.rows, shown.columns)}{notes}"
        html = f'<div class="vidmagic {LITERAL}" style="overflow-x:auto">{inner}</div>'
        return {"text/plain": repr(self), "text/html": html}


def table(rows: Iterable[Sequence[object]], columns: Sequence[object]) -> str:
    """Return *rows* under the names of their *columns* as HTML; every cell is text."""
    head = "".join(f'<th scope="col" style="{_CELL};{_RULE}">{escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f'<table style="{_TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def models_view(session: Session, words: Sequence[str]) -> View:
    """Show the models, or the parameters of the one that *words* name. Raises InvalidRequest."""
    if len(words) > 1:
        raise InvalidRequest(f"one model at a time, not {listing(words, 'and')}")
    return View(tables.parameters(session.catalog.find(words[0])[1]) if words else tables.models(session.catalog))


def jobs_view(session: Session, words: Sequence[str]) -> Jobs:
    """Return the jobs that *words* (`--state done --since 3d --limit 5`) ask for. Raises InvalidRequest."""
    return Jobs.chosen(session, **_filters(words))


def doctor_view(session: Session, words: Sequence[str], front_end: str) -> View:
    """Show what the doctor finds; `--online` lets it ask the services too. Raises InvalidRequest."""
    if not set(words) <= {"--online"}:
        raise InvalidRequest(f"doctor takes --online and nothing else, not {listing(words, 'and')}")
    return View(doctor.report(doctor.examine(session, front_end=front_end, online="--online" in words)))


def _filters(words: Sequence[str]) -> dict[str, str]:
    """Read the flags of `%video jobs`."""
    found: dict[str, str] = {}
    left = deque(split(" ".join(words)))
    while left:
        word = left.popleft()
        name = word.flag.removeprefix("--")
        value = left.popleft().text if word.text is None and left and not left[0].flag else word.text
        if (
            f"--{name}" != word.flag
            or name not in {"state", "model", "since", "limit"}
            or value is None
            or name in found
        ):
            raise InvalidRequest(
                "jobs takes --state STATE, --model MODEL, --since TIME and --limit N, each once and with its value"
            )
        found[name] = value
    return found
