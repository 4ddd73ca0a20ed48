"""A card as plain HTML that is renewed: in a front end without widgets, and for what has no button."""

from __future__ import annotations

from typing import Any

from vidmagic.escaping import LITERAL
from vidmagic.notebook.style import CARD_ROW, CARD_WIDTH, FONT, QUIET
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState
from vidmagic.notebook.surfaces.progress_bar import saved_bar_html


class HtmlSurface:
    """One output of a cell."""

    messages = 1
    is_output = True

    def __init__(self) -> None:
        self._handle: Any = None
        self._shown: CardState | None = None

    def open(self, state: CardState) -> None:
        """Show *state* as a new output of the cell that runs now."""
        from IPython.display import display

        self._handle = display(html_bundle(state), raw=True, display_id=True)
        self._shown = state

    def update(self, state: CardState) -> None:
        """Show *state* in place of the one before."""
        if state != self._shown:
            self._handle.update(html_bundle(state), raw=True)
            self._shown = state

    def close(self, end: CardEnd) -> None:
        """Leave *end* as the output."""
        self._handle.update(end_bundle(end), raw=True)


def html_bundle(state: CardState, below: str = "") -> dict[str, Any]:
    """Return the output for a page without widgets, renewed with the state; *below* is that of the controls."""
    return {
        "text/plain": state.text,
        "text/html": _html(state.value, state.lines, f"If the kernel is gone: {state.hint}", below),
    }


def saved_bundle(state: CardState, below: str = "") -> dict[str, Any]:
    """Return the output that a notebook holds while a script of the page shows the card: it is true at any time."""
    line = f'<div style="{FONT}">{state.title}</div>'
    return {"text/plain": state.text, "text/html": _html(0.0, line, f"Saved while it ran. {state.hint}", below)}


def _html(value: float | None, lines: str, hint: str, below: str) -> str:
    return (
        f'<div class="{LITERAL}" style="{FONT};{CARD_WIDTH}" role="status">'
        f'<div style="{CARD_ROW}">{saved_bar_html(value)}</div>'
        f'{lines}<div style="{FONT};{QUIET}">{hint}</div>{below}</div>'
    )


def end_bundle(end: CardEnd) -> dict[str, Any]:
    """Return the output that stays: a saved notebook holds no widget."""
    return {"text/html": end.html, "text/plain": end.text}
