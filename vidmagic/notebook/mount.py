"""Show a widget in a place of plain HTML, so that the notebook itself never holds it.

A notebook that is saved with a widget in an output and reopened with another kernel shows an error in its place, and
nothing of the HTML beside it. Here the output is the HTML; a second widget, which has no view, puts the first one into
it, on every page that shows it while the kernel lives.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from vidmagic.notebook.hearing import hear_while_busy

PATIENCE = 3.0  # seconds in which a page puts the widget into its place, if it can


class Mount:
    """A place for *widget*; `html` is what stands there where no kernel is. `seen` tells that a page has filled it."""

    def __init__(self, widget: Any) -> None:
        self.place = f"vidmagic-{secrets.token_hex(8)}"
        self.seen = False
        self._model = _kind()(place=self.place, child=f"IPY_MODEL_{widget.model_id}")
        self._model.on_msg(lambda *_: self._filled())
        hear_while_busy(self._model, "mounted", self._filled)

    def html(self, otherwise: str) -> str:
        """Return the place, which holds *otherwise* until a page fills it."""
        return f'<div class="{self.place}">{otherwise}</div>'

    def unless_seen(self, instead: Callable[[], None]) -> Iterator[float]:
        """Rest as long as a page may take, then call *instead* if none has filled the place."""
        yield PATIENCE
        if not self.seen:
            self.close()
            instead()

    def close(self) -> None:
        """Fill no more places; a widget stays where it is."""
        self._model.close()

    def _filled(self) -> None:
        self.seen = True


def can_mount() -> bool:
    """Tell whether the kernel has what it takes; whether the page has, `Mount.seen` tells later."""
    return find_spec("anywidget") is not None


def _kind() -> Any:
    import anywidget
    from traitlets import Unicode

    class Mounting(anywidget.AnyWidget):
        """The model: which widget goes where; all else is in its script."""

        _esm = Path(__file__).with_name("mount.js").read_text(encoding="utf-8")
        place = Unicode().tag(sync=True)
        child = Unicode().tag(sync=True)

    return Mounting
