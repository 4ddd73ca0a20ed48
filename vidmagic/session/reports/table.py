"""A table as plain text, for a terminal and for the text side of a notebook's output."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from vidmagic.escaping import plain


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under the names of their columns; `notes` stand below as lines of their own."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        cells = [[plain(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        title = [plain(self.title)] if self.title else []
        return "\n".join(line.rstrip() for line in [*title, *lines, *map(plain, self.notes)])


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: Chinese characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in {"W", "F"}) for char in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
