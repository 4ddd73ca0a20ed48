"""The card as plain ipywidgets: within a form, and in a page that runs no script of ours."""

from __future__ import annotations

from typing import Any

from vidmagic.escaping import escape
from vidmagic.notebook.style import CARD_ROW, CARD_WIDTH, FONT, READ_ALOUD_ONLY
from vidmagic.notebook.surfaces.busy_comms import listen_while_busy
from vidmagic.notebook.surfaces.card_state import CardState, Controls
from vidmagic.notebook.surfaces.progress_bar import bar_html

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


class WidgetCard:
    """A bar, a button and lines; `box` is the widget."""

    def __init__(self, state: CardState, controls: Controls) -> None:
        import ipywidgets

        self._label = controls.label
        self._bar, self._announcement, self._lines = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        self._button = ipywidgets.Button(
            description=controls.button, tooltip=controls.tooltip, layout={"flex": "0 0 auto", "width": "auto"}
        )
        bar = ipywidgets.VBox([self._bar, self._announcement], layout={"flex": "1 1 auto", "width": "auto"})
        self._row = ipywidgets.HBox([bar, self._button], layout={"align_items": "center"})
        self._below = [ipywidgets.HTML(controls.below)] if controls.below else []
        self.box = ipywidgets.VBox([self._row, self._lines, *self._below], layout={"max_width": "640px"})
        self._button.on_click(lambda _: controls.on_press())
        listen_while_busy(self._button, "click", controls.on_press)
        self.draw(state)

    def draw(self, state: CardState) -> None:
        """Show *state*; what has not changed is not sent again."""
        shown = (
            (self._bar, bar_html(state.value, self._label)),
            (self._announcement, _live_region(state.announcement)),
            (self._lines, state.lines),
        )
        for widget, html in shown:
            if widget.value != html:
                widget.value = html

    def bundle(self) -> dict[str, Any]:
        """Return the output that shows it."""
        return widget_bundle(self.box)

    def close(self, line: str) -> None:
        """Shrink to one line of HTML, for a page that was reloaded and has lost the display handle."""
        self._lines.value = line
        self.box.children = [self._lines]
        for widget in (self._bar, self._announcement, self._button, *self._row.children, self._row, *self._below):
            widget.close()


def widget_bundle(widget: Any) -> dict[str, Any]:
    """Return the output that shows *widget*, without ipywidgets' own text."""
    return {WIDGET_VIEW: widget._repr_mimebundle_()[WIDGET_VIEW]}


def frame_html(controls: Controls, hint: str) -> str:
    """Return the same card as HTML for card.js, which moves the bar and fills the lines and the live region.

    It shows *hint*, HTML, in place of the bar and the button when the kernel is gone.
    """
    return (
        f'<div class="vidmagic-card" style="position:relative;{CARD_WIDTH};contain:content">'
        f'<div class="vidmagic-card-row" style="{CARD_ROW}">'
        f'<div style="flex:1 1 auto">{bar_html(None, controls.label)}</div>'
        f'<button type="button" class="jupyter-widgets jupyter-button widget-button" style="flex:none;width:auto"'
        f' title="{escape(controls.tooltip)}">{escape(controls.button)}</button></div>'
        f'<div class="vidmagic-card-lines"></div>'
        f'<div class="vidmagic-card-gone" style="{FONT}" hidden>Kernel gone. {hint}</div>'
        f"{_live_region('')}{controls.below}</div>"
    )


def _live_region(announcement: str) -> str:
    return f'<div role="status" aria-live="polite" style="{READ_ALOUD_ONLY}">{escape(announcement)}</div>'
