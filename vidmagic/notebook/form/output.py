"""The form in the output of a cell, and what a page shows that cannot show the form."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets
from IPython.display import DisplayHandle, display

from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.surfaces.frontend import front_end
from vidmagic.notebook.surfaces.surface import choose_widget_host, load_script


def show(box: ipywidgets.Box, text: str, cell: str, use_plain_widgets: Callable[[], None]) -> DisplayHandle | None:
    """Show *box*, and an empty output below it; return the display handle of that output.

    Without widgets only *text*, or *cell* with a sentence, is shown, and None is returned. *use_plain_widgets* is
    called for a page that shows only the widgets of ipywidgets.
    """
    front = front_end()
    host = choose_widget_host(front)
    reason = "A form needs a notebook with widgets." if host is None else "A form lives as long as its kernel."
    bundle = {"text/plain": text, "text/html": _fallback_html(reason, cell)}
    if host is None:
        display(bundle, raw=True)
        return None
    host.show(box, bundle, use_plain_widgets)
    load_script(front, "live_regions.js")
    below: DisplayHandle = display({"text/html": "", "text/plain": ""}, raw=True, display_id=True)
    return below


def _fallback_html(reason: str, cell: str) -> str:
    return (
        f'<div class="{LITERAL}">{reason} Run the cell again for a new form, or make the same video by this cell:'
        f'<pre style="white-space:pre-wrap">{escape(cell)}</pre></div>'
    )
