"""The card of a job in a form: in a box of the form, with the video in an output below it."""

from __future__ import annotations

import dataclasses

import ipywidgets
from IPython.display import DisplayHandle

from vidmagic.engine.job import Job
from vidmagic.notebook.card.card import Card
from vidmagic.notebook.card.job_content import JobContent, status_html
from vidmagic.notebook.surfaces.card_state import CardEnd, CardState, Controls
from vidmagic.notebook.surfaces.widget_card import WidgetCard


def form_card(job: Job, box: ipywidgets.Box, below: DisplayHandle | None, *, updates: float) -> Card:
    """Return a card in *box*; *below* is the display handle of the output for the video, None without one."""
    return Card(FormContent(job), lambda controls: FormSurface(controls, box, below), updates=updates)


class FormContent(JobContent):
    """The content of the card of *job*; what went wrong stands below the form, and only the status in it."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.job = job

    def end(self, *, quiet: bool) -> CardEnd:
        """Return what stays."""
        end = super().end(quiet=quiet)
        return end if self.job.has_video else dataclasses.replace(end, line=status_html(self.job))


class FormSurface:
    """A surface within a form; without *controls*, for a job that has ended, it has no bar and no button."""

    messages = 2
    is_output = True

    def __init__(self, controls: Controls | None, box: ipywidgets.Box, below: DisplayHandle | None) -> None:
        self._controls = controls
        self._box = box
        self._below = below
        self._card: WidgetCard | None = None

    def open(self, state: CardState) -> None:
        """Put the card into the form."""
        if self._controls is None:
            self._box.children = [ipywidgets.HTML(state.lines)]
        else:
            self._card = WidgetCard(state, self._controls)
            self._box.children = [self._card.box]

    def update(self, state: CardState) -> None:
        """Show *state* in the widgets."""
        if self._card is not None:
            self._card.draw(state)

    def close(self, end: CardEnd) -> None:
        """Leave *end* below the form, where a saved notebook holds it, and one line in the form."""
        if self._below is not None:
            self._below.update({"text/html": end.html, "text/plain": end.text}, raw=True)
        self._box.children = [ipywidgets.HTML(end.html if self._below is None else end.line)]
        if self._card is not None:
            self._card.close("")
