"""The controls that play several videos in step: a widget without a view.

Its script comes to the page with its model and adds the controls to every comparison there. So the notebook itself
holds nothing but the plain players, and no saved output ever needs a kernel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vidmagic.notebook.place import can_fill

_model: Any = None


def bring() -> None:
    """Bring the controls to the page, once for this kernel; none appear where it or the page lacks anywidget."""
    global _model  # noqa: PLW0603  one a kernel; it must live as long as the kernel does
    if not can_fill():
        return
    if _model is None or _model.comm is None:  # closed by somebody who closed all widgets
        _model = _kind()()


def _kind() -> Any:
    import anywidget

    class Steering(anywidget.AnyWidget):
        """The model; all it does is in its script."""

        _esm = Path(__file__).with_name("steering.js").read_text(encoding="utf-8")

    return Steering
