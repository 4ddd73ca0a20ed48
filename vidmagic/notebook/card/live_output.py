"""One output of a cell that moves while something runs, and ends as plain HTML."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from vidmagic.escaping import LITERAL
from vidmagic.notebook.card.frontend import FrontEnd
from vidmagic.notebook.card.html_slot import PATIENCE, HtmlSlot, can_fill
from vidmagic.notebook.card.terminal import show_line
from vidmagic.notebook.card.widget_card import CardState, WidgetCard
from vidmagic.notebook.views.style import FONT, QUIET

_ROW = "display:flex;align-items:center;min-height:28px"  # as high as the row with the button that replaces it
APART = 0.2  # seconds between two outputs that change to ipywidgets: each of them is a score of messages


class LiveOutput:
    """A bar, a button and lines, by the best means that the front end has.

    A script of ours draws them into the output's plain HTML. Where the page lets none in, ipywidgets follow after a
    moment; where it has no widgets the HTML itself is renewed; a terminal gets a line of text.
    """

    _next_change = 0.0  # of any output, on the monotonic clock

    def __init__(self, front: FrontEnd, *, label: str, button: str, tip: str, pressed: Callable[[], None]) -> None:
        self.front = front
        self._facts = {"label": label, "button": button, "tip": tip}
        self._pressed = pressed
        self._handle: Any = None
        self._place: HtmlSlot | None = None
        self._usual: WidgetCard | None = None
        self._opened = 0.0
        self._last: CardState | None = None

    @property
    def messages(self) -> int:
        """How many messages a drawing costs."""
        return 2 if self._usual is not None else 1

    @property
    def is_open(self) -> bool:
        """Whether there is an output; a terminal has none."""
        return self._handle is not None

    def open(self, moment: CardState, *, live: bool) -> None:
        """Show *moment*; without *live* nothing more is expected to move."""
        if not self.front.has_html:
            return
        from IPython.display import display

        if self.front.has_widgets and live:
            if self.front.kind == "live" and can_fill():
                self._place = HtmlSlot()
            else:
                self._usual = WidgetCard(moment, **self._facts, pressed=self._pressed)
        self._opened, self._last = time.monotonic(), moment
        self._handle = display(self._bundle(moment), raw=True, display_id=True)
        if self._place is not None:
            self._place.open("card.js", over=False, **self._facts, **_traits(moment))
            self._place.on("pressed", self._pressed)

    def draw(self, moment: CardState) -> None:
        """Show *moment* in place of what was there."""
        if self._place is not None and not self._place.seen and self._may_change():
            self._place.close()
            self._place = None
            self._usual = WidgetCard(moment, **self._facts, pressed=self._pressed)
            self._update(self._bundle(moment))
        elif self._place is not None:
            with self._place.model.hold_sync():  # one message, of what has changed
                for name, value in _traits(moment).items():
                    setattr(self._place.model, name, value)
        elif self._usual is not None:
            self._usual.draw(moment)
        elif self._handle is None:
            show_line(moment.text)
        elif moment != self._last:
            self._update(self._bundle(moment))
        self._last = moment

    def close(self, shown: str, text: str, line: str) -> None:
        """End as *shown*, with *text* for pages without HTML; *line* is for a page that has lost the output's name."""
        self._update({"text/html": shown, "text/plain": text})
        if self._place is not None:
            with self._place.model.hold_sync():
                self._place.model.lines, self._place.model.over = line, True
            self._place.close()
        if self._usual is not None:
            self._usual.close(line)

    def _may_change(self) -> bool:
        now = time.monotonic()
        if now < max(self._opened + PATIENCE, LiveOutput._next_change):
            return False
        LiveOutput._next_change = now + APART
        return True

    def _update(self, bundle: dict[str, Any]) -> None:
        self._handle.update(bundle, raw=True)

    def _bundle(self, moment: CardState) -> dict[str, Any]:
        html = _saved_html(moment)
        bundle = {"text/plain": moment.text, "text/html": html if self._place is None else self._place.html(html)}
        return bundle if self._usual is None else bundle | self._usual.bundle()


def _traits(moment: CardState) -> dict[str, Any]:
    return {"value": moment.value, "lines": moment.lines, "told": moment.told}


def _saved_html(moment: CardState) -> str:
    """Return what a page shows that has neither widgets nor a kernel."""
    bar = f' value="{moment.value:.3f}"' if moment.value is not None else ""
    return (
        f'<div class="{LITERAL}" style="{FONT};max-width:640px" role="status">'
        f'<div style="{_ROW}"><progress max="1"{bar} style="width:100%" aria-label="progress"></progress></div>'
        f'{moment.lines}<div style="{FONT};{QUIET}">{moment.hint}</div></div>'
    )
