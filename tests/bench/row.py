"""One measured figure beside what it is compared with, and the table of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A figure: `what` was measured, its `value` in `unit`, that of a peer, and the `aim` as text."""

    bench: str
    what: str
    value: float
    unit: str
    beside: str = ""
    other: float | None = None
    aim: str = ""

    def cells(self) -> tuple[str, ...]:
        """Return the row as text: bench, what, figure, the peer's, their ratio, aim."""
        other = "" if self.other is None else f"{number(self.other)} {self.unit} ({self.beside})"
        ratio = f"{number(self.value / self.other)}×" if self.other else ""
        return self.bench, self.what, f"{number(self.value)} {self.unit}".strip(), other or self.beside, ratio, self.aim


HEAD = ("bench", "what", "vidmagic", "beside", "ratio", "aim")


def number(value: float) -> str:
    """Return a figure with three significant digits."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.001 or value == 0 else f"{value:.1e}"


def markdown(rows: Iterable[Row]) -> str:
    """Return the table as Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (HEAD, ("---",) * len(HEAD), *(r.cells() for r in rows)))


def text(rows: Sequence[Row]) -> str:
    """Return the table in columns."""
    cells = [HEAD, *(row.cells() for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )
