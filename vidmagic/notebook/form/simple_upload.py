"""The file chooser of ipywidgets, for pages that show no widget of our own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from vidmagic.notebook.form.upload import Files

SMALL_ONLY = "A file above 9 MB does not come through the browser here: type its path."


class SimpleUpload:
    """A button; `widget` is what is seen. A file comes as one message, which a server cuts off above 10 MB.

    *took* gets the files and returns what is wrong with them, then *changed* is called.
    """

    def __init__(self, label: str, *, count: int, took: Callable[[Files], str], changed: Callable[[], None]) -> None:
        self.widget = ipywidgets.FileUpload(
            description=f"Choose {label}", accept="image/png,image/jpeg,image/webp", multiple=count > 1
        )
        self._took, self._changed = took, changed
        self._problem = ""
        self.widget.observe(self._on_files, "value")

    @property
    def waiting(self) -> str:
        """What was wrong with the last choice, else the empty text."""
        return self._problem

    @property
    def given_up(self) -> str:
        """The same: nothing is ever on its way."""
        return self._problem

    def refuse(self, why: str) -> None:
        """Note *why* there is no image, until another is chosen."""
        self._problem = why

    def forget(self) -> None:
        """Drop what was wrong."""
        self._problem = ""

    def _on_files(self, change: dict[str, Any]) -> None:
        if not change["new"]:
            return
        self._problem = self._took([(file["name"], bytes(file["content"])) for file in change["new"]])
        self.widget.value = ()  # a saved notebook would hold the bytes
        self._changed()
