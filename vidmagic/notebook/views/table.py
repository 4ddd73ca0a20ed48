"""The lists of `%video`, as HTML in a notebook and as text elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.style import CELL, RULE, SMALL, STRONG, TABLE
from vidmagic.session.reports import doctor
from vidmagic.session.reports.model_tables import model_table, parameter_table
from vidmagic.session.reports.table import Table
from vidmagic.session.session import Session
from vidmagic.spec.models import Model

_CELL = f"padding:2px 10px 2px 0;{CELL};overflow-wrap:anywhere;min-width:5.5em"
_NOTE = f"margin-top:2px;{SMALL}"


@dataclass(frozen=True, slots=True)
class View:
    """A table as the value of a cell."""

    table: Table

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.table.columns

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The rows, each a text for every column."""
        return self.table.rows

    def __repr__(self) -> str:
        return str(self.table)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        shown = self.table
        title = f'<div style="{STRONG}">{escape(shown.title)}</div>' if shown.title else ""
        notes = "".join(f'<div style="{_NOTE}">{escape(note)}</div>' for note in shown.notes)
        inner = f"{title}{table(shown.rows, shown.columns)}{notes}"
        html = f'<div class="vidmagic {LITERAL}" style="overflow-x:auto">{inner}</div>'
        return {"text/plain": repr(self), "text/html": html}


def table(rows: Iterable[Sequence[object]], columns: Sequence[object]) -> str:
    """Return *rows* under the names of their *columns* as HTML; every cell is text."""
    head = "".join(f'<th scope="col" style="{_CELL};{RULE}">{escape(name)}</th>' for name in columns)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_CELL}">{escape(cell)}</td>' for cell in row) + "</tr>" for row in rows
    )
    return f'<table style="{TABLE}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def models_view(session: Session, model: str = "", takes: str = "") -> View:
    """Show the models, with *takes* only those that take it, or the parameters of *model*. Raises InvalidRequest."""
    if model:
        return View(parameter_table(session.catalog.find_model(model)[1]))
    return View(model_table(session.catalog, what=takes, prices=session.settings.prices))


class Models(list[Model]):
    """Models as a list; a notebook shows them as a table, a terminal as lines."""

    def __init__(self, models: Iterable[Model], view: View) -> None:
        super().__init__(models)
        self._view = view

    def __repr__(self) -> str:
        return repr(self._view)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return self._view._repr_mimebundle_()


def doctor_view(session: Session, front_end: str, *, online: bool = False) -> View:
    """Show what the doctor finds; with *online* it asks the services too."""
    return View(doctor.report(doctor.examine(session, front_end=front_end, online=online)))
