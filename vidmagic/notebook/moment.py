"""What a card shows at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """`value` is the bar, 0 to 1, None for unknown; `lines` stand below it as HTML, `hint` under them in a saved page.

    `told` is announced when it changes, `text` is all of it for a page without HTML.
    """

    value: float | None
    lines: str
    told: str
    text: str
    hint: str
