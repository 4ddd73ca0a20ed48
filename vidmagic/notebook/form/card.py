"""The card of a job in a form: in a box of the form, with the video in an output below it."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
from IPython.display import DisplayHandle

from vidmagic.engine.job import Job
from vidmagic.engine.states import DONE
from vidmagic.notebook.card.card import Card
from vidmagic.notebook.card.card_state import CardEnd, CardState
from vidmagic.notebook.card.job_content import JobContent, status_html
from vidmagic.notebook.card.widget_card import WidgetCard


def form_card(
    job: Job, box: ipywidgets.Box, below: DisplayHandle | None, *, updates: float, on_end: Callable[[Job], None]
) -> Card:
    """Return a card in *box*; *below* is the display handle of the output for the video, None without one."""
    return Card(JobContent(job), lambda _: FormSurface(job, box, below, on_end), updates=updates)


class FormSurface:
    """A surface within a form. It has its button even if the job had ended before."""

    messages = 2
    is_output = True

    def __init__(
        self, job: Job, box: ipywidgets.Box, below: DisplayHandle | None, on_end: Callable[[Job], None]
    ) -> None:
        self._job = job
        self._box = box
        self._below = below
        self._on_end = on_end
        content = JobContent(job)
        self._card = WidgetCard(content.state(), content.controls())

    def open(self, state: CardState) -> None:
        """Put the card into the form."""
        self._card.draw(state)
        self._box.children = [self._card.box]

    def update(self, state: CardState) -> None:
        """Show *state* in the widgets."""
        self._card.draw(state)

    def close(self, end: CardEnd) -> None:
        """Leave *end* below the form, where a saved notebook holds it, and one line in the form."""
        if self._below is not None:
            self._below.update({"text/html": end.html, "text/plain": end.text}, raw=True)
        line = end.line if self._job.state == DONE else status_html(self._job)
        self._box.children = [ipywidgets.HTML(end.html if self._below is None else line)]
        self._card.close("")
        self._on_end(self._job)
