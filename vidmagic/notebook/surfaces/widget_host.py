"""Show a widget of ipywidgets in the output of a cell, in HTML that a saved notebook can hold where the page allows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from vidmagic.notebook.surfaces.html_slot import HtmlSlot
from vidmagic.notebook.surfaces.live_display import live_display
from vidmagic.notebook.surfaces.widget_card import widget_bundle


class WidgetHost(Protocol):
    """Shows a widget in the cell that runs now."""

    def show(self, widget: Any, fallback: Mapping[str, str], on_no_scripts: Callable[[], None]) -> None:
        """Show *widget*, and *fallback* on a page that cannot show it.

        *on_no_scripts* is called for a page that runs no script of ours, before it shows the widget.
        """


class SlotHost:
    """The page puts the widget into the HTML, so that a saved notebook holds the fallback and no dead widget."""

    def show(self, widget: Any, fallback: Mapping[str, str], on_no_scripts: Callable[[], None]) -> None:
        """Show *widget* in the cell that runs now."""
        from IPython.display import display

        slot = HtmlSlot()
        html = {"text/html": slot.html(fallback["text/html"])}
        handle = display({**fallback, **html}, raw=True, display_id=True)
        slot.open("mount.js", child=f"IPY_MODEL_{widget.model_id}")

        def show_view() -> None:
            on_no_scripts()
            handle.update({**fallback, **widget_bundle(widget)}, raw=True)

        live_display().add(slot.unless_filled(show_view))


class ViewHost:
    """The output holds the widget itself."""

    def show(self, widget: Any, fallback: Mapping[str, str], on_no_scripts: Callable[[], None]) -> None:
        """Show *widget* in the cell that runs now."""
        from IPython.display import display

        on_no_scripts()
        display({**fallback, **widget_bundle(widget)}, raw=True)
