"""What all live cards of this kernel share: the thread that draws, the budget of messages, the scripts in the page."""

from __future__ import annotations

import functools
import time
import weakref
from collections import deque
from collections.abc import Hashable, Iterator
from typing import TYPE_CHECKING

from vidmagic.engine.scheduler import Scheduler
from vidmagic.notebook.surfaces.carried import Carried
from vidmagic.notebook.surfaces.html_slot import PATIENCE, HtmlSlot, slot_model
from vidmagic.notebook.surfaces.job_view import JobView

if TYPE_CHECKING:
    import anywidget

_MESSAGES = 120.0  # a second, for all cards together: far below Jupyter's limit, and a page stays smooth
_ENDED = 50  # ended cards whose slots stay open, for pages that are loaded later
_APART = 0.2  # seconds between two cards that change to ipywidgets: each of them is a score of messages


class LiveDisplay:
    """The live cards of this kernel."""

    def __init__(self) -> None:
        self.carried = Carried()
        self.cards: weakref.WeakSet[Hashable] = weakref.WeakSet()
        self._views: weakref.WeakKeyDictionary[Hashable, JobView] = weakref.WeakKeyDictionary()
        self._scheduler = Scheduler("views", 1)  # apart from the jobs' threads: no open stream stops a card
        self._next_fallback = 0.0  # on the monotonic clock
        self._ended: deque[HtmlSlot] = deque()
        self._scripts: dict[str, anywidget.AnyWidget] = {}  # they must live as long as the kernel does

    def view(self, shown: Hashable) -> JobView:
        """Return how the job or sweep *shown* is displayed."""
        return self._views.setdefault(shown, JobView())

    def add(self, steps: Iterator[float]) -> None:
        """Pull *steps*, each a number of seconds to wait, on the thread that draws."""
        self._scheduler.add(steps)

    def delay(self, updates: float, messages: int) -> float:
        """Return the seconds until a card's next update: *updates* a second, fewer where many cards are live."""
        return max(1 / updates, len(self.cards) * messages / _MESSAGES)

    def may_fall_back(self, opened: float) -> bool:
        """Return whether a card that was opened at *opened*, and that no page has drawn, may use ipywidgets now."""
        now = time.monotonic()
        if now < max(opened + PATIENCE, self._next_fallback):
            return False
        self._next_fallback = now + _APART
        return True

    def keep_open(self, slot: HtmlSlot) -> None:
        """Let the page of an ended card still ask for its player; of very many cards, the newest."""
        self._ended.append(slot)
        if len(self._ended) > _ENDED:
            self._ended.popleft().close()

    def load_script(self, name: str) -> None:
        """Load the script *name* into the page, once, and again where somebody has closed all widgets."""
        if name not in self._scripts or self._scripts[name].comm is None:
            self._scripts[name] = slot_model(name)()


@functools.cache
def live_display() -> LiveDisplay:
    """Return the one of this kernel."""
    return LiveDisplay()
