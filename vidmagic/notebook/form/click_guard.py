"""A press of a button that costs money: it counts only for what the page was showing.

While the kernel is busy a page goes on by itself: it keeps back what is typed and sends a click at once, so a click
can arrive before the words that were typed first. Therefore each set of terms has a number, which the page hands back
when it shows them. A press gives out a fresh number: messages keep their order, so when that one comes back,
everything typed before the press has come too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import ipywidgets


class ClickGuard:
    """Decide what a press means: *act* once the page has told everything, or *refuse* where it lagged behind.

    Where no page ever handed a number back, as in a script, a press acts at once.
    """

    def __init__(self, act: Callable[[], None], refuse: Callable[[], None]) -> None:
        self._act = act
        self._refuse = refuse
        self._told = ipywidgets.IntText(0)
        self._heard = ipywidgets.IntText(0)
        self._link = ipywidgets.jsdlink((self._told, "value"), (self._heard, "value"))
        self._heard.observe(self._on_heard, "value")
        self._terms: dict[int, object] = {}
        self._held: list[object] = []

    def show(self, terms: object) -> None:
        """Note that the form now stands at *terms*: what a press would buy, and for how much."""
        if self._terms.get(self._told.value, self) != terms:
            self._give_out(terms)

    def _give_out(self, terms: object) -> None:
        number = self._told.value + 1
        self._terms[number] = terms
        self._told.value = number

    def press(self) -> None:
        """Take a press of the button; one more while one is held counts for nothing."""
        heard, told = self._heard.value, self._told.value
        if heard == 0:
            self._act()
        elif not self._held:
            self._held = [self._terms[heard]]
            self._give_out(self._terms[told])

    def _on_heard(self, change: dict[str, int]) -> None:
        heard = change["new"]
        for number in [each for each in self._terms if each < heard]:
            del self._terms[number]
        if self._held and heard == self._told.value:
            seen = self._held.pop()
            if seen == self._terms[heard]:
                self._act()
            else:
                self._refuse()

    def keep_order(self, widgets: Iterable[Any]) -> None:
        """Let all messages of *widgets*, and of what they hold, go the way that the page has chosen.

        ipykernel 7.4 sends each widget's to the shell that last used that widget: a click would overtake a choice.
        """
        for widget in (self._told, self._heard, *_whole(widgets)):
            if hasattr(widget.comm, "_reply_subshell_for"):
                widget.comm._reply_subshell_for = _as_sent  # noqa: SLF001  no public name; guarded above


def _whole(widgets: Iterable[Any]) -> Iterable[Any]:
    for widget in widgets:
        yield widget
        yield from _whole(getattr(widget, "children", ()))


def _as_sent(_: object, default: object) -> object:
    return default
