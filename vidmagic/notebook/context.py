"""The context of a line or a cell: the session, the settings, the user's variables and the front end."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.notebook.card.present import display_with, show
from vidmagic.notebook.card.waiting import waits
from vidmagic.notebook.surfaces.frontend import FrontEnd
from vidmagic.session.session import Session
from vidmagic.session.settings import Settings
from vidmagic.session.sweep.sweep import Sweep


@dataclass(frozen=True, slots=True)
class NotebookContext:
    """The surroundings of one line or cell; the magics make it anew for each and pass it down.

    `namespace` holds the user's variables, whatever they are; a cell's `--out` writes to it.
    """

    session: Session
    settings: Settings
    namespace: MutableMapping[str, Any]
    front: FrontEnd

    def waits(self, flag: str | None = None) -> bool:
        """Return whether a cell waits: by its *flag* ("always" or "never"), else by the `wait` setting."""
        return waits(flag, self.settings.wait, self.front)

    def override_embed(self, jobs: Iterable[Job], embed: bool | None) -> None:
        """Embed or link the videos of *jobs*, whatever the `embed` setting says; None leaves it to the setting."""
        if embed is not None:
            display_with(jobs, dataclasses.replace(self.session.display(), embed="always" if embed else "never"))

    def show(
        self, shown: Job | Sweep, *, quiet: bool = False, wait: bool = False, again: bool = False, below: str = ""
    ) -> None:
        """Show a job or a sweep in the cell that runs now, once unless *again*.

        *below* is HTML that stands below a job. With *wait*, return at its end and raise the error it ended with.
        """
        show(shown, self.front, updates=self.settings.updates, quiet=quiet, wait=wait, again=again, below=below)
