"""What a card shows: its controls, which stay, its state, which is drawn again and again, and its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Controls:
    """The fixed parts of a card: *label* names what the bar measures, a press on the *button* calls *on_press*.

    `below` is HTML that stands below all else.
    """

    label: str
    button: str
    tooltip: str
    on_press: Callable[[], None]
    below: str = ""


@dataclass(frozen=True, slots=True)
class CardState:
    """What a card shows now.

    `value` is the bar, 0 to 1, None for unknown; `lines` is the HTML below it. `title` is HTML of what does not change,
    and `hint` HTML of what to do where the kernel is gone: a page without it has nothing else that is true.
    `announcement` is read aloud when it changes. `text` is all of it for a page without HTML. `notes` are
    written once where a card is text only.
    """

    value: float | None
    lines: str
    announcement: str
    text: str
    title: str = ""
    hint: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardEnd:
    """What stays of a card: `html` and `text` in the notebook, `written` in a terminal.

    `line` is HTML for a page that was reloaded and can no longer be given the whole of it.
    """

    html: str
    text: str
    line: str
    written: tuple[str, ...]
