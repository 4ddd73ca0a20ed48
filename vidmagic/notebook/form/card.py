"""The card of a job in a form: the same bar and words, in a box of the form in place of an output of its own."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
from IPython.display import DisplayHandle

from vidmagic.engine.job import Job
from vidmagic.engine.states import DONE
from vidmagic.notebook.card.card import Card, ended, moment, status_html, words
from vidmagic.notebook.card.frontend import front_end
from vidmagic.notebook.card.widget_card import WidgetCard


class FormCard(Card):
    """A card in *box*; *below* is the display handle of the output in which the video stays, None without one."""

    def __init__(
        self,
        job: Job,
        box: ipywidgets.Box,
        below: DisplayHandle | None,
        *,
        updates: float,
        on_end: Callable[[Job], None],
    ) -> None:
        super().__init__(job, front_end(), updates=updates)
        self._box = box
        self._below = below
        self._on_end = on_end
        self._parts = WidgetCard(moment(job), **words(job), pressed=job.cancel)

    def open(self) -> None:
        """Put the card into the form."""
        self._box.children = [self._parts.box]

    def _draw(self) -> None:
        self._parts.draw(moment(self.job))

    def _close(self) -> None:
        """End as plain HTML below the form, which a saved notebook keeps, and as one line in the form."""
        shown, text = ended(self.job, quiet=False)
        if self._below is not None:
            self._below.update({"text/html": shown, "text/plain": text}, raw=True)
        self._box.children = [ipywidgets.HTML(shown if self._below is None else self._line())]
        self._parts.close("")
        self._on_end(self.job)

    def _line(self) -> str:
        return ended(self.job, quiet=True)[0] if self.job.state == DONE else status_html(self.job)
