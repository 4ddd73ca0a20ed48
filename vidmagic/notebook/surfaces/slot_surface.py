"""A card that a script of ours draws into plain HTML: in a live notebook."""

from __future__ import annotations

import time
from typing import Any

from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.notebook.surfaces.html_slot import HtmlSlot
from vidmagic.notebook.surfaces.html_surface import end_bundle, saved_bundle
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.notebook.surfaces.widget_card import frame_html
from vidmagic.notebook.surfaces.widget_surface import WidgetSurface


class SlotSurface:
    """One output of a cell. Where the page does not run the script, ipywidgets take its place."""

    is_output = True

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._slot = HtmlSlot()
        self._handle: Any = None
        self._opened = 0.0
        self._widgets: WidgetSurface | None = None

    @property
    def messages(self) -> int:
        """How many messages an update costs."""
        return 1 if self._widgets is None else self._widgets.messages

    def open(self, state: CardState) -> None:
        """Show *state* as a new output of the cell that runs now."""
        from IPython.display import display

        bundle = saved_bundle(state, self._controls.below)
        bundle["text/html"] = self._slot.html(bundle["text/html"])
        self._opened = time.monotonic()
        self._handle = display(bundle, raw=True, display_id=True)
        frame = frame_html(self._controls, state.hint)
        self._slot.open("card.js", frame=frame, ended=False, player=None, **_traits(state))
        self._slot.on("pressed", self._controls.on_press)

    def update(self, state: CardState) -> None:
        """Show *state* in place of the one before."""
        if self._widgets is not None:
            self._widgets.update(state)
        elif not self._slot.is_filled and live_display().may_fall_back(self._opened):
            self._slot.close()
            self._widgets = WidgetSurface(self._controls, self._handle)
            self._widgets.open(state)
        else:
            self._send(_traits(state))

    def close(self, end: CardEnd) -> None:
        """Leave *end* as the output, also in a page that was loaded since and does not know which output is meant."""
        if self._widgets is not None:
            self._widgets.close(end)
            return
        self._handle.update(end_bundle(end), raw=True)
        self._slot.on("left", lambda: self._send({"player": end_bundle(end)}))
        self._slot.on("replaced", self._slot.close)
        self._send({"lines": end.line, "ended": True})
        live_display().keep_open(self._slot)

    def _send(self, traits: dict[str, object]) -> None:
        with self._slot.model.hold_sync():  # one message, of what has changed
            for name, value in traits.items():
                setattr(self._slot.model, name, value)


def _traits(state: CardState) -> dict[str, object]:
    return {"value": state.value, "lines": state.lines, "announcement": state.announcement}
