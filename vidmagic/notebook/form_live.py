"""What makes the state line of the form heard by a screen reader: a widget without a view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidmagic.notebook.place import can_fill

_model: Any = None


def bring() -> None:
    """Bring the script to the page, once for this kernel; nothing happens where it or the page lacks anywidget."""
    global _model  # noqa: PLW0603  one a kernel; it must live as long as the kernel does
    if not can_fill():
        return
    if _model is None or _model.comm is None:  # closed by somebody who closed all widgets
        _model = _kind()()


def _kind() -> Any:
    import anywidget

    class Announcing(anywidget.AnyWidget):
        """The model; all it does is in its script."""

        _esm = Path(__file__).with_name("form_live.js").read_text(encoding="utf-8")

    return Announcing
