"""A slot in the notebook's plain HTML that a script fills while the kernel lives, so that no widget is ever saved.

A notebook that is saved with a widget in an output and reopened with another kernel shows an error in its place, and
nothing of the HTML beside it. Here the output is the HTML; a widget without a view brings the script to the page.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vidmagic.notebook.surfaces.busy_comms import listen_while_busy

PATIENCE = 3.0  # seconds in which a page fills the slot, if it can


class HtmlSlot:
    """A slot that a script fills, once `open` has brought it to the page; `is_filled` says whether a page has."""

    def __init__(self) -> None:
        self.is_filled = False
        self.model: Any = None
        self._name = f"vidmagic-{secrets.token_hex(8)}"

    def open(self, script: str, **traits: Any) -> None:
        """Bring *script* to the page, with a model that has these traits.

        Call it after the output is shown: pages handle one message after the other, and this one takes them a while.
        """
        self.model = slot_model(script, "slot", *traits)(slot=self._name, **traits)
        self.on("mounted", self._filled)

    def on(self, event: str, call: Callable[[], None]) -> None:
        """Call *call* when the page sends *event*; while a cell runs, on another thread than the cell's."""
        self.model.on_msg(lambda _, content, __: call() if content.get("event") == event else None)
        listen_while_busy(self.model, event, call)

    def html(self, fallback: str) -> str:
        """Return the slot, which holds *fallback* until a page fills it."""
        return f'<div class="vidmagic-slot {self._name}">{fallback}</div>'

    def unless_filled(self, instead: Callable[[], None]) -> Iterator[float]:
        """Wait as long as a page may take, then call *instead* if none has filled the slot."""
        yield PATIENCE
        if not self.is_filled:
            self.close()
            instead()

    def close(self) -> None:
        """Fill no more slots; what is in one stays there."""
        self.model.close()

    def _filled(self) -> None:
        self.is_filled = True


def can_fill() -> bool:
    """Return whether the kernel can bring scripts to a page; `HtmlSlot.is_filled` shows whether the page runs them."""
    return find_spec("anywidget") is not None


@functools.cache
def slot_model(script: str, *names: str) -> Any:
    """Return the class of widgets whose page runs *script*, with traits of these names."""
    import anywidget
    from traitlets import Any as AnyTrait

    web = Path(__file__).parents[1] / "web"
    code = "".join((web / name).read_text(encoding="utf-8") for name in ("slots.js", "kernel_watch.js", script))
    # A layout would be a widget, and a message, of its own.
    synced = {name: AnyTrait().tag(sync=True) for name in (*names, "layout")}
    return type("SlotModel", (anywidget.AnyWidget,), {"_esm": code, **synced})
