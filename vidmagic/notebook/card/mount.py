"""Show a widget in a place of plain HTML, so that the notebook itself never holds it."""

from __future__ import annotations

from typing import Any

from vidmagic.notebook.card.html_slot import HtmlSlot


class Mount(HtmlSlot):
    """A place for *widget*."""

    def __init__(self, widget: Any) -> None:
        super().__init__()
        self.open("mount.js", child=f"IPY_MODEL_{widget.model_id}")
