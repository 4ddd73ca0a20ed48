"""Choose the surface on which a front end shows something live."""

from __future__ import annotations

from typing import Protocol

from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.notebook.surfaces.frontend import FrontEnd
from vidmagic.notebook.surfaces.html_slot import HtmlSlot, can_fill
from vidmagic.notebook.surfaces.html_surface import HtmlSurface
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.notebook.surfaces.slot_surface import SlotSurface
from vidmagic.notebook.surfaces.terminal_surface import TerminalSurface
from vidmagic.notebook.surfaces.widget_host import SlotHost, ViewHost, WidgetHost
from vidmagic.notebook.surfaces.widget_surface import WidgetSurface


class Surface(Protocol):
    """Where a card is drawn."""

    @property
    def is_output(self) -> bool:
        """Whether it stands in the output of a cell."""

    @property
    def messages(self) -> int:
        """How many messages to the page one update costs."""

    def open(self, state: CardState) -> None:
        """Show *state* for the first time."""

    def update(self, state: CardState) -> None:
        """Show *state* in place of the one before."""

    def close(self, end: CardEnd) -> None:
        """Leave *end*; nothing follows."""


def choose_surface(front: FrontEnd, controls: Controls | None = None) -> Surface:
    """Return a new surface, the best that *front* has; without *controls* it has no button."""
    if front.output in {"text", "text, if read"}:
        return TerminalSurface(always=front.output == "text")
    if controls is None or front.output == "html":
        return HtmlSurface()
    if front.output == "scripts" and can_fill():
        return SlotSurface(controls)
    return WidgetSurface(controls)


def choose_widget_host(front: FrontEnd) -> WidgetHost | None:
    """Return how *front* shows a widget of ipywidgets; None where it cannot."""
    if front.output == "scripts" and can_fill():
        return SlotHost()
    return ViewHost() if front.has_buttons else None


def load_script(front: FrontEnd, name: str) -> None:
    """Load the script *name* into the page; nothing happens where kernel or page cannot run it."""
    if front.output == "scripts" and can_fill():
        live_display().load_script(name)


def choose_slot(front: FrontEnd) -> HtmlSlot | None:
    """Return a slot that a script of ours can fill; None where kernel or page cannot run it."""
    return HtmlSlot() if front.output == "scripts" and can_fill() else None
