"""Scripts that look after our plain HTML on the page; a widget without a view brings each of them, once a kernel."""

from __future__ import annotations

from typing import Any

from vidmagic.notebook.place import can_fill, kind

_brought: dict[str, Any] = {}  # they must live as long as the kernel does


def bring(name: str) -> None:
    """Bring the script *name* to the page; nothing happens where the kernel or the page lacks anywidget."""
    if not can_fill():
        return
    if name not in _brought or _brought[name].comm is None:  # closed by somebody who closed all widgets
        _brought[name] = kind(name)()
