"""A button below each video of a comparison, while the kernel lives."""

from __future__ import annotations

import functools
from typing import Protocol

from vidmagic.errors import VidmagicError
from vidmagic.notebook.surfaces.frontend import front_end
from vidmagic.notebook.surfaces.html_slot import HtmlSlot
from vidmagic.notebook.surfaces.surface import choose_slot


class Choosable(Protocol):
    """What has a button below each of its videos."""

    def button_labels(self) -> list[str]:
        """Return what each button says now, "" for none."""

    def press(self, at: int) -> None:
        """Do what the button *at* does. Raises VidmagicError."""


def with_choice(shown: Choosable, html: str) -> str:
    """Return the comparison *html* so that the page can add the buttons; as it is, where no script of ours runs."""
    slot = choose_slot(front_end())
    if slot is None:
        return html
    labels = shown.button_labels()
    slot.open("choice.js", labels=labels, message="")
    for at in range(len(labels)):
        slot.on(f"choose {at}", functools.partial(_press, shown, slot, at))
    return slot.html(html)


def _press(shown: Choosable, slot: HtmlSlot, at: int) -> None:
    label, message = shown.button_labels()[at], ""
    try:
        shown.press(at)
    except VidmagicError as problem:
        message = problem.message
    slot.model.labels = shown.button_labels()
    slot.model.message = ""  # the same answer again is a change, too
    slot.model.message = message or f"Done: {label}"
