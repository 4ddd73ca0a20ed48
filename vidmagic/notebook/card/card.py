"""The output of a cell for a job or a sweep: it shows the progress, and at the end the video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.notebook.surfaces.surface import Surface


class CardContent(Protocol):
    """What a card shows: of a job, or of a sweep."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will change."""

    def controls(self) -> Controls:
        """Return the fixed parts."""

    def state(self) -> CardState:
        """Return what the card shows now."""

    def end(self, *, quiet: bool) -> CardEnd:
        """Return what stays; *quiet* leaves the player out."""


class Card:
    """One card. `open` shows it; `steps` keeps it true until its content has ended.

    *surface* makes where it is drawn, with the controls, or with None where nothing is left to control.
    """

    def __init__(
        self,
        content: CardContent,
        surface: Callable[[Controls | None], Surface],
        *,
        updates: float = 4.0,
        quiet: bool = False,
    ) -> None:
        self._content = content
        self._surface = surface(None if content.ended else content.controls())
        self._updates = updates
        self._quiet = quiet
        self.is_open = False

    @property
    def is_output(self) -> bool:
        """Whether it stands in the output of its cell; a terminal has none."""
        return self._surface.is_output

    def open(self) -> None:
        """Show the card."""
        self._surface.open(self._content.state())
        self.is_open = True
        live_display().cards.add(self)

    def steps(self) -> Iterator[float]:
        """Redraw the card until its content has ended; yield the seconds to wait between two drawings."""
        while not self._content.ended:
            self._surface.update(self._content.state())
            yield live_display().delay(self._updates, self._surface.messages)
        live_display().cards.discard(self)
        self._surface.close(self._content.end(quiet=self._quiet))
