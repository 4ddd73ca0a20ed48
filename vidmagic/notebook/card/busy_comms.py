"""Hear what a widget's page says while the cell that made the widget still runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def listen_while_busy(widget: Any, event: str, heard: Callable[[], None]) -> None:
    """Call *heard*, on another thread than the cell's, for each message of *widget* that is of this *event*.

    ipykernel 7.4 sends a comm's messages to the shell that last used the comm, which is the busy one. Its router runs
    on the thread that receives them: look at the message there, and keep the front end's own choice.
    """
    comm = widget.comm
    if not hasattr(comm, "_reply_subshell_for"):
        return

    earlier = vars(comm).get("_reply_subshell_for")  # ours, for another event

    def route(data: Any, default: Any) -> Any:
        if earlier is not None:
            earlier(data, default)
        if isinstance(data, dict) and (data.get("content") or {}).get("event") == event:
            heard()
        return default

    comm._reply_subshell_for = route  # noqa: SLF001  no public name; guarded above
