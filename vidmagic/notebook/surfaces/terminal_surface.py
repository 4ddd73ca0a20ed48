"""A card as a line of text: in a terminal and in a script."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from vidmagic.escaping import plain
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState
from vidmagic.notebook.surfaces.terminal import show_line, write_line


class TerminalSurface:
    """Lines on stderr. Without *always* they are written only to a terminal, so that a script's log stays clean."""

    messages = 1
    is_output = False

    def __init__(self, *, always: bool) -> None:
        self._always = always

    def open(self, state: CardState) -> None:
        """Write the notes; the state itself appears with the first update."""
        self._write(map(plain, state.notes))

    def update(self, state: CardState) -> None:
        """Show *state* in place of the line before."""
        show_line(state.text)

    def close(self, end: CardEnd) -> None:
        """Clear the line and write what stays."""
        show_line("")
        self._write(end.written)

    def _write(self, lines: Iterable[str]) -> None:
        if self._always or sys.stderr.isatty():
            for line in lines:
                write_line(line)
