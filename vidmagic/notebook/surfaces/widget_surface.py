"""A card as ipywidgets in the output of a cell: on a page that runs no script of ours."""

from __future__ import annotations

from typing import Any

from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.notebook.surfaces.html_surface import end_bundle, html_bundle
from vidmagic.notebook.surfaces.widget_card import WidgetCard


class WidgetSurface:
    """One output of a cell; *handle* is the display handle of an output that it takes over."""

    messages = 2
    is_output = True

    def __init__(self, controls: Controls, handle: Any = None) -> None:
        self._controls = controls
        self._handle = handle
        self._card: WidgetCard | None = None

    def open(self, state: CardState) -> None:
        """Show *state* as a new output of the cell that runs now, or in the output that there is."""
        from IPython.display import display

        self._card = WidgetCard(state, self._controls)
        bundle = html_bundle(state, self._controls.below) | self._card.bundle()
        if self._handle is None:
            self._handle = display(bundle, raw=True, display_id=True)
        else:
            self._handle.update(bundle, raw=True)

    def update(self, state: CardState) -> None:
        """Show *state* in the widgets."""
        if self._card is not None:
            self._card.draw(state)

    def close(self, end: CardEnd) -> None:
        """Leave *end* as the output."""
        self._handle.update(end_bundle(end), raw=True)
        if self._card is not None:
            self._card.close(end.line)
