"""The camera moves that a prompt may name in brackets: their table and their completions."""

from __future__ import annotations

import re

from vidmagic.errors import InvalidRequest
from vidmagic.providers.catalog import Catalog
from vidmagic.session.reports.table import Table
from vidmagic.spec.models import Model
from vidmagic.spec.params import listing

_OPEN = re.compile(
    r"\[(?:[^\[\]\n]*[,，、])?\s*([^\[\],，、\n]*)$"
)  # what is typed of a move, after a bracket or comma


def moves_table(catalog: Catalog, name: str = "") -> Table:
    """List the moves of the model called *name*, else of the first one that has any. Raises InvalidRequest."""
    able = [model for model in catalog if model.moves]
    model = catalog.find_model(name)[1] if name else able[0]
    if not model.moves:
        names = listing([other.short for other in able], "and")
        raise InvalidRequest(f"{model.short}'s document names no camera moves; those of {names} do")
    rows = tuple((f"[{move.english}]", f"[{move.chinese}]", move.meaning) for move in model.moves)
    same = listing([other.short for other in able if other.moves == model.moves], "and")
    notes = (
        f"For {same}: up to three moves in one bracket happen together, [Push in, Pan left]; brackets happen in turn.",
    )
    return Table(("move", "in Chinese", "what the picture does"), rows, "Camera moves", notes)


def complete_move(model: Model, line: str) -> tuple[str, list[str]]:
    """Return the unfinished move at the end of *line*, and the moves that begin with it, in either language."""
    open_bracket = _OPEN.search(line)
    if open_bracket is None:
        return "", []
    typed = open_bracket[1]
    words = [move.english for move in model.moves] + [move.chinese for move in model.moves]
    return typed, [word for word in words if word.lower().startswith(typed.lower())]
