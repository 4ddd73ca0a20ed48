"""The file chooser of ipywidgets, for pages that show only the widgets of ipywidgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from vidmagic.notebook.form.upload import Files

SMALL_ONLY = "A file above 9 MB cannot be uploaded here: type its path."


class SimpleUpload:
    """A button; `widget` is the ipywidget. A file comes as one message, which a server refuses above 10 MB.

    *on_files* gets the files and returns what is wrong with them, then *on_change* is called.
    """

    def __init__(
        self,
        label: str,
        *,
        accept: str,
        max_files: int,
        on_files: Callable[[Files], str],
        on_change: Callable[[], None],
    ) -> None:
        self.widget = ipywidgets.FileUpload(description=f"Choose {label}", accept=accept, multiple=max_files > 1)
        self._on_files, self._on_change = on_files, on_change
        self._problem = ""
        self.widget.observe(self._on_value, "value")

    @property
    def missing_reason(self) -> str:
        """What is wrong with the last choice, else ""."""
        return self._problem

    @property
    def lost_reason(self) -> str:
        """The same: no file is ever partly uploaded."""
        return self._problem

    def refuse(self, reason: str) -> None:
        """Note *reason* as why the file is missing, until another is chosen."""
        self._problem = reason

    def reset(self) -> None:
        """Drop the last problem."""
        self._problem = ""

    def _on_value(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        self._problem = self._on_files([(file["name"], bytes(file["content"])) for file in change["new"]])
        self.widget.value = ()  # a saved notebook would hold the bytes
        self._on_change()


class NoUpload:
    """What a field has that takes no files, in place of a chooser."""

    def __init__(self) -> None:
        self.widget = ipywidgets.HTML(layout={"display": "none"})
        self.missing_reason = self.lost_reason = ""

    def refuse(self, reason: str) -> None:
        """Do nothing: a file that another model took is not taken here."""

    def reset(self) -> None:
        """Do nothing."""
