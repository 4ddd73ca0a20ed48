"""A click on a button that costs money: it counts only for the terms that the page was showing.

While the kernel is busy the page goes on by itself: ipywidgets delays what is typed and sends a click at once, so a
click can arrive before the words that were typed first. Therefore each set of terms has a number, which the page sends
back when it shows them. After a click the kernel sends a fresh number. Messages stay in order, so when the page returns
that number, everything typed before the click has arrived too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import ipywidgets


class ClickGuard:
    """Decide what a click does: *act* once the page is up to date, or *refuse* where it showed other terms.

    Where no page ever returned a number, as in a script, a click acts at once.
    """

    def __init__(self, act: Callable[[], None], refuse: Callable[[], None]) -> None:
        self._act = act
        self._refuse = refuse
        self._latest = ipywidgets.IntText(0)  # the number of the newest terms
        self._shown = ipywidgets.IntText(0)  # the number that the page returned last
        self._link = ipywidgets.jsdlink((self._latest, "value"), (self._shown, "value"))
        self._shown.observe(self._on_shown, "value")
        self._terms: dict[int, object] = {}
        self._pending: list[object] = []  # the terms of a click that waits for the page, at most one

    def set_terms(self, terms: object) -> None:
        """Note the *terms* of the form as it is now: what a click would buy, and for how much."""
        if self._terms.get(self._latest.value, self) != terms:
            self._send_number(terms)

    def _send_number(self, terms: object) -> None:
        number = self._latest.value + 1
        self._terms[number] = terms
        self._latest.value = number

    def click(self) -> None:
        """Handle a click on the button; another one is ignored while one waits for the page."""
        shown, latest = self._shown.value, self._latest.value
        if shown == 0:
            self._act()
        elif not self._pending:
            self._pending = [self._terms[shown]]
            self._send_number(self._terms[latest])

    def _on_shown(self, change: dict[str, int]) -> None:
        shown = change["new"]
        for number in [older for older in self._terms if older < shown]:
            del self._terms[number]
        if self._pending and shown == self._latest.value:
            clicked_terms = self._pending.pop()
            if clicked_terms == self._terms[shown]:
                self._act()
            else:
                self._refuse()

    def keep_order(self, widgets: Iterable[ipywidgets.Widget]) -> None:
        """Send all messages of *widgets* and their children by the route that the page has chosen.

        ipykernel 7.4 sends each widget's to the subshell that last used that widget: a click would overtake a choice.
        """
        for widget in (self._latest, self._shown, *_with_children(widgets)):
            if hasattr(widget.comm, "_reply_subshell_for"):
                widget.comm._reply_subshell_for = _default_route  # noqa: SLF001  no public name; guarded above


def _with_children(widgets: Iterable[ipywidgets.Widget]) -> Iterable[ipywidgets.Widget]:
    for widget in widgets:
        yield widget
        yield from _with_children(getattr(widget, "children", ()))


def _default_route(_: object, default: object) -> object:
    return default
