"""A place in the notebook's plain HTML that a script fills while the kernel lives, so that no widget is ever saved.

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

from vidmagic.notebook.card.busy_comms import listen_while_busy

PATIENCE = 3.0  # seconds in which a page fills the place, if it can


class HtmlSlot:
    """A place that a script fills, once `open` has brought it to the page; `seen` tells that a page has done so."""

    def __init__(self) -> None:
        self.seen = False
        self.model: Any = None
        self._name = f"vidmagic-{secrets.token_hex(8)}"

    def open(self, script: str, **traits: Any) -> None:
        """Bring *script* to the page, with a model that has these traits.

        Best after the output is shown: pages take one message after the other, and this one takes them a while.
        """
        self.model = kind(script, "place", *traits)(place=self._name, **traits)
        self.on("mounted", self._filled)

    def on(self, event: str, heard: Callable[[], None]) -> None:
        """Call *heard* when the page says *event*, also while a cell runs, then on another thread than the cell's."""
        self.model.on_msg(lambda _, content, __: heard() if content.get("event") == event else None)
        listen_while_busy(self.model, event, heard)

    def html(self, otherwise: str) -> str:
        """Return the place, which holds *otherwise* until a page fills it."""
        return f'<div class="vidmagic-place {self._name}">{otherwise}</div>'

    def unless_seen(self, instead: Callable[[], None]) -> Iterator[float]:
        """Rest as long as a page may take, then call *instead* if none has filled the place."""
        yield PATIENCE
        if not self.seen:
            self.close()
            instead()

    def close(self) -> None:
        """Fill no more places; what is in one stays there."""
        self.model.close()

    def _filled(self) -> None:
        self.seen = True


def can_fill() -> bool:
    """Tell whether the kernel has what it takes; whether the page has, `HtmlSlot.seen` tells later."""
    return find_spec("anywidget") is not None


@functools.cache
def kind(script: str, *names: str) -> Any:
    """Return the kind of model that *script* reads, with traits of these names."""
    import anywidget
    from traitlets import Any as Anything

    here = Path(__file__).parents[1] / "web"
    code = "".join((here / name).read_text(encoding="utf-8") for name in ("slots.js", script))
    # A layout would be a widget, and a message, of its own.
    synced = {name: Anything().tag(sync=True) for name in (*names, "layout")}
    return type("Filling", (anywidget.AnyWidget,), {"_esm": code, **synced})


_brought: dict[str, Any] = {}  # they must live as long as the kernel does


def load_script(name: str) -> None:
    """Bring the script *name* to the page; nothing happens where the kernel or the page lacks anywidget."""
    if not can_fill():
        return
    if name not in _brought or _brought[name].comm is None:  # closed by somebody who closed all widgets
        _brought[name] = kind(name)()
