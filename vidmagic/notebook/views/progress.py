"""The progress of work that the cell waits for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator

from vidmagic.notebook.surfaces.card_state import CardEnd, CardState
from vidmagic.notebook.surfaces.surface import Surface

_PATIENCE = 0.5  # seconds: work that is done by then needs no bar; joining videos that are coded alike takes less
_INTERVAL = 0.25  # seconds between two drawings


def show_progress(fractions: Generator[float, None, None], surface: Surface, label: str) -> None:
    """Pull *fractions* to their end; a bar called *label* appears if that takes a while, and goes when it is done.

    Whatever ends it early, an interrupt too, closes *fractions* at once, so that they leave nothing behind.
    """
    due, is_open = time.monotonic() + _PATIENCE, False
    with contextlib.closing(fractions):
        try:
            for fraction in fractions:
                if time.monotonic() < due:
                    continue
                due = time.monotonic() + _INTERVAL
                state = CardState(fraction, (text := f"{label} · {fraction:.0%}"), text, text)
                if not is_open:
                    surface.open(state)
                    is_open = True
                surface.update(state)
        finally:
            if is_open:
                surface.close(CardEnd("", "", "", written=()))
