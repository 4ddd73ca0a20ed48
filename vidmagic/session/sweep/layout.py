"""Lay the videos of a sweep in rows and columns, by the factors in which they differ."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vidmagic.errors import InvalidRequest
from vidmagic.session.sweep.expand import WORDS, factor_text
from vidmagic.spec.params import did_you_mean, listing

ROW = "row"
_ABSENT = "–"
_WITHIN = " · "  # between a factor and one that is nested in it

Factors = Sequence[Mapping[str, str]]
"""What sets each item apart from the others, by the name of the factor."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A grid: the headings of its rows and columns, and which items, by their numbers from 0, lie in each cell."""

    names: tuple[str, str]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[int, int], tuple[int, ...]]

    def at(self, row: int, column: int) -> tuple[int, ...]:
        """Return the items of one cell; none where that combination was not made."""
        return self.cells.get((row, column), ())

    @property
    def written(self) -> str:
        """The grid as people write it, "model×seed"."""
        return f"{self.names[0].split(_WITHIN)[0]}×{self.names[1]}"

    def __str__(self) -> str:
        return " × ".join(self.names)


def grid_layout(factors: Factors, grid: str) -> Layout:
    """Return the layout that *grid*, as "model×seed", asks for: the rows first. Raises InvalidRequest.

    Factors that it does not name are nested in the rows.
    """
    values = _values(factors)
    if len(values) < 2:
        has = f"only {listing(_described(values))} differs" if values else "nothing differs"
        raise InvalidRequest(f"a grid needs two factors, and here {has}", hint="Without --grid they stand in a row.")
    row, column = _split(grid, values)
    return _lay(factors, values, row, column)


def named_layout(factors: Factors, rows: str | None, columns: str | None) -> Layout:
    """Return the layout with these factors as rows and columns; None is the first other one. Raises InvalidRequest."""
    values = _values(factors)
    given = [name for name in (rows, columns) if name is not None]
    chosen = [_find(name, values) for name in given]
    others = [name for name in values if name not in chosen]
    if len(given) < 2 and not others:
        return grid_layout(factors, "×".join(given))
    row = _find(rows, values) if rows is not None else others.pop(0)
    column = _find(columns, values) if columns is not None else others.pop(0)
    return grid_layout(factors, f"{row}×{column}")


def without_row(factors: Factors) -> Factors:
    """Return *factors* without the number of a table's row, which sets every item apart and is none of its factors."""
    return [{name: value for name, value in own.items() if name != ROW} for own in factors]


def default_layout(factors: Factors) -> Layout | None:
    """Return the layout of items that differ in two factors, the first as rows; None for any other number."""
    values = _values(factors)
    return _lay(factors, values, *values) if len(values) == 2 else None


def _lay(factors: Factors, values: Mapping[str, Sequence[str]], row: str, column: str) -> Layout:
    nested = [row, *(name for name in values if name not in {row, column})]
    order = {key: at for at, key in enumerate(itertools.product(*(values[name] for name in nested)))}
    keys = [tuple(own.get(name, _ABSENT) for name in nested) for own in factors]
    used = {key: at for at, key in enumerate(sorted(set(keys), key=order.__getitem__))}
    cells: dict[tuple[int, int], tuple[int, ...]] = {}
    for item, (key, own) in enumerate(zip(keys, factors, strict=True)):
        cell = used[key], values[column].index(own.get(column, _ABSENT))
        cells[cell] = (*cells.get(cell, ()), item)
    return Layout(
        names=(_WITHIN.join(nested), column),
        rows=tuple(_WITHIN.join(map(factor_text, nested, key)) for key in used),
        columns=tuple(factor_text(column, value) for value in values[column]),
        cells=cells,
    )


def _values(factors: Factors) -> dict[str, list[str]]:
    """Return the values of each factor that has several, in the order in which they come."""
    names = dict.fromkeys(name for own in factors for name in own)
    values = {name: list(dict.fromkeys(own.get(name, _ABSENT) for own in factors)) for name in names}
    return {name: own for name, own in values.items() if len(own) > 1}


def _split(grid: str, values: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return the two factors of "model×seed"; an x stands for the sign where both sides of it are factors."""
    pairs = [grid.split("×")] if "×" in grid else [
        [grid[:at], grid[at + 1 :]] for at, letter in enumerate(grid) if letter in "xX*"
    ]  # fmt: skip
    for pair in pairs:
        if len(pair) == 2 and all(_match(name, values) for name in pair):
            row, column = (_match(name, values) for name in pair)
            if row == column:
                raise InvalidRequest(f"the grid {grid} names one factor twice: rows and columns need two")
            return row, column
    if len(pairs) == 1 and len(pairs[0]) == 2:
        for name in pairs[0]:
            _find(name, values)
    first, second, *_ = values
    raise InvalidRequest(
        f"a grid is written ROWS×COLUMNS, as {first}×{second}, not {grid!r}; the factors here are"
        f" {listing(_described(values), 'and')}"
    )


def _find(name: str, values: Mapping[str, Sequence[str]]) -> str:
    factor = _match(name, values)
    if not factor:
        raise InvalidRequest(
            f"no factor is called {name.strip()!r}{did_you_mean(name.strip(), values)}; the factors here are"
            f" {listing(_described(values), 'and')}"
        )
    return factor


def _match(name: str, values: Mapping[str, Sequence[str]]) -> str:
    """Return the factor called *name*; words of the prompt are called by one of them too. "" for none."""
    written = name.strip().strip("{}").casefold().replace("-", "_").replace(" ", "_")
    if written in values:
        return written
    typed = [word.strip().casefold() for word in name.strip().strip("{}").split("|")]
    for factor, words in values.items():
        known = [word.casefold() for word in words]
        if factor.startswith((WORDS, "prompt")) and all(word in known for word in typed):
            return factor
    return ""


def _described(values: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{name} ({'|'.join(words)})" if name.startswith(WORDS) else name for name, words in values.items()]
