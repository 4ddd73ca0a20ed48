"""A press of a button that costs money: it counts only for what the page was showing.

While the kernel is busy a page goes on by itself: it keeps back what is typed and sends a click at once, so a click
can arrive before the words that were typed first. Therefore each state of the form has a number, which the page hands
back when it has come to it; messages keep their order, so by then everything typed before has come too.
"""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets


class Press:
    """Decide what a press means: *act* now, *act* once the page has told everything, or *refuse*.

    A page that never hands a number back, or none at all, is believed.
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
        number = self._told.value + 1
        self._terms[number] = terms
        self._told.value = number

    def press(self) -> None:
        """Take a press of the button."""
        heard, told = self._heard.value, self._told.value
        if heard in {0, told}:
            self._act()
        elif not self._held:
            self._held = [self._terms.get(heard)]

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
