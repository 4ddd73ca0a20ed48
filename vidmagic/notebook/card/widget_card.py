"""The card as plain ipywidgets: within a form, and in a page that runs no script of ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vidmagic.escaping import escape
from vidmagic.notebook.card.busy_comms import listen_while_busy


@dataclass(frozen=True, slots=True)
class CardState:
    """`value` is the bar, 0 to 1, None for unknown; `lines` stand below it as HTML, `hint` under them in a saved page.

    `told` is announced when it changes, `text` is all of it for a page without HTML.
    """

    value: float | None
    lines: str
    told: str
    text: str
    hint: str


_TRACK = "height:6px;margin:0 8px 0 0;border-radius:3px;overflow:hidden;background:var(--jp-layout-color3,#8884)"
_FILLED = "height:100%;border-radius:3px;background:var(--jp-brand-color1,#1976d2)"
_UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"


class WidgetCard:
    """A bar, a button and lines; `box` is the widget. *label* names what the bar measures."""

    def __init__(self, moment: CardState, *, label: str, button: str, tip: str, pressed: Callable[[], None]) -> None:
        import ipywidgets

        self._label = label
        self._bar, self._told, self._lines = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self._button = ipywidgets.Button(description=button, tooltip=tip, layout={"flex": "0 0 auto", "width": "auto"})
        bar = ipywidgets.VBox([self._bar, self._told], layout={"flex": "1 1 auto", "width": "auto"})
        self._row = ipywidgets.HBox([bar, self._button], layout={"align_items": "center"})
        self.box = ipywidgets.VBox([self._row, self._lines], layout={"max_width": "640px"})
        self._button.on_click(lambda _: pressed())
        listen_while_busy(self._button, "click", pressed)
        self.draw(moment)

    def draw(self, moment: CardState) -> None:
        """Show *moment*; what has not changed is not sent again."""
        told = f'<div role="status" aria-live="polite" style="{_UNSEEN}">{escape(moment.told)}</div>'
        shown = (self._bar, bar_html(moment.value, self._label)), (self._told, told), (self._lines, moment.lines)
        for widget, html in shown:
            if widget.value != html:
                widget.value = html

    def bundle(self) -> dict[str, Any]:
        """Return the output that shows it."""
        data: dict[str, Any] = self.box._repr_mimebundle_()
        return {name: value for name, value in data.items() if name == "application/vnd.jupyter.widget-view+json"}

    def close(self, line: str) -> None:
        """Shrink to one line, for a page that was reloaded and has lost the display handle."""
        self._lines.value = line
        self.box.children = [self._lines]
        for each in (self._bar, self._told, self._button, *self._row.children, self._row):
            each.close()


def bar_html(value: float | None, label: str) -> str:
    """Return the bar; a bar of unknown length says no value."""
    percent = 0.0 if value is None else round(value * 100, 1)
    now = "" if value is None else f' aria-valuenow="{percent:g}"'
    return (
        f'<div role="progressbar" aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="100"{now}'
        f' style="{_TRACK}"><div class="progress-bar" style="{_FILLED};width:{percent:g}%"></div></div>'
    )
