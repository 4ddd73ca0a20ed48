"""Find out in which front end this code runs, and what that front end can do."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal

from vidmagic.notebook.surfaces.carried import Cell

Kind = Literal["script", "terminal", "batch", "colab", "live"]
Output = Literal["text, if read", "text", "html", "widgets", "scripts"]


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """A front end, and its shell and kernel where it has any.

    `output` is the best that it shows: text only where a person reads it, text, HTML, ipywidgets, or HTML that our
    scripts fill; the chooser of surfaces alone reads it. `is_watched` says whether somebody could see a cell's video
    arrive after the cell has returned.
    """

    kind: Kind
    output: Output
    is_watched: bool = False
    shell: Any = None
    kernel: Any = None

    @property
    def has_buttons(self) -> bool:
        """Whether a person can press a button while a cell runs."""
        return self.output in {"widgets", "scripts"}

    def execution(self) -> object:
        """Return what identifies the cell that runs now."""
        parent = self.kernel.get_parent() if self.kernel is not None else {}
        return parent.get("header", {}).get("msg_id") or getattr(self.shell, "execution_count", None)

    def cell(self) -> Cell:
        """Return the cell that runs now, by the name that the front end gives it where it gives one."""
        parent = self.kernel.get_parent() if self.kernel is not None else {}
        run = self.execution()
        return Cell(parent.get("metadata", {}).get("cellId") or run, run)


def front_end() -> FrontEnd:
    """Find out where this runs, anew at each call: one kernel may serve a notebook and be executed later.

    "live" has a person before a notebook. "batch" executes a notebook with nobody watching (nbconvert, papermill),
    which the request says by `allow_stdin: false`. "terminal" is IPython's own, "script" is plain Python.
    """
    if "IPython" not in sys.modules:
        return FrontEnd("script", "text, if read")
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return FrontEnd("script", "text, if read")
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return FrontEnd("terminal", "text", shell=shell)
    if "google.colab" in sys.modules:
        return FrontEnd("colab", "widgets", shell=shell, kernel=kernel)
    if kernel.get_parent().get("content", {}).get("allow_stdin", True):
        return FrontEnd("live", "scripts", is_watched=True, shell=shell, kernel=kernel)
    return FrontEnd("batch", "html", shell=shell, kernel=kernel)
