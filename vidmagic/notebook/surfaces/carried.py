"""Which cell of the notebook carries which video: a video is embedded once, and linked wherever else it is shown."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple


class Cell(NamedTuple):
    """A cell, and which of its runs it is; where a front end does not name its cells, each run is one."""

    cell: Hashable
    run: Hashable


class Carried:
    """The videos that the cells of this kernel carry."""

    def __init__(self) -> None:
        self._by_path: dict[Path, Cell] = {}

    def may_carry(self, path: Path, cell: Cell) -> bool:
        """Return whether *cell* may carry the video at *path*; from then on it does, and no other may.

        A cell that runs again has lost what it carried.
        """
        for other, holder in list(self._by_path.items()):
            if holder.cell == cell.cell and holder.run != cell.run:
                self._by_path.pop(other, None)
        return self._by_path.setdefault(path, cell).cell == cell.cell
