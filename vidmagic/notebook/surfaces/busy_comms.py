"""Receive what a page sends to a widget while the cell that made the widget still runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def listen_while_busy(widget: Any, event: str, call: Callable[[], None]) -> None:
    """Call *call*, on another thread than the cell's, for each message to *widget* that has this *event*.

    ipykernel 7.4 sends a comm's messages to the shell that last used the comm, which is the busy one. Its router runs
    on the thread that receives them: read the message there, and leave the front end's own choice as it is.
    """
    comm = widget.comm
    if not hasattr(comm, "_reply_subshell_for"):
        return

    earlier = vars(comm).get("_reply_subshell_for")  # ours, for another event

    def route(data: Any, default: Any) -> Any:
        if earlier is not None:
            earlier(data, default)
        if isinstance(data, dict) and (data.get("content") or {}).get("event") == event:
            call()
        return default

    comm._reply_subshell_for = route  # noqa: SLF001  no public name; guarded above
