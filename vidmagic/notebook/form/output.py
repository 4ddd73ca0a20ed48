"""The form in the output of a cell, and what a page shows that cannot show the form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets
from IPython.display import DisplayHandle, display

from vidmagic.escaping import LITERAL, escape
from vidmagic.notebook.card.card import VIEWS
from vidmagic.notebook.card.frontend import front_end
from vidmagic.notebook.card.html_slot import can_fill, load_script
from vidmagic.notebook.card.mount import Mount

WIDGET = "application/vnd.jupyter.widget-view+json"


def show(box: ipywidgets.Box, text: str, cell: str, use_plain_widgets: Callable[[], None]) -> DisplayHandle | None:
    """Show *box*, and an empty output below it; return the display handle of that output.

    Without widgets only *text*, or *cell* with a sentence, is shown, and None is returned. *use_plain_widgets* is
    called for a page that shows no widgets of our own.
    """
    front = front_end()
    reason = "A form lives as long as its kernel." if front.has_widgets else "A form needs a notebook with widgets."
    bundle = {"text/plain": text, "text/html": _fallback_html(reason, cell)}
    if not front.has_widgets:
        display(bundle, raw=True)
        return None
    if front.kind == "live" and can_fill():
        _show_in_html(box, bundle, use_plain_widgets)
    else:
        use_plain_widgets()
        display(bundle | _view(box), raw=True)
    below: DisplayHandle = display({"text/html": "", "text/plain": ""}, raw=True, display_id=True)
    return below


def _show_in_html(box: ipywidgets.Box, bundle: dict[str, str], use_plain_widgets: Callable[[], None]) -> None:
    """Let the page put the form into the HTML, so that a saved notebook holds the sentence and no dead form."""
    mount = Mount(box)
    handle = display(bundle | {"text/html": mount.html(bundle["text/html"])}, raw=True, display_id=True)

    def show_view() -> None:
        use_plain_widgets()
        handle.update(bundle | _view(box), raw=True)

    VIEWS.add(mount.unless_seen(show_view))
    load_script("live_regions.js")


def _view(box: ipywidgets.Box) -> dict[str, Any]:
    return {WIDGET: box._repr_mimebundle_()[WIDGET]}


def _fallback_html(reason: str, cell: str) -> str:
    return (
        f'<div class="{LITERAL}">{reason} Run the cell again for a new form, or make the same video by this cell:'
        f'<pre style="white-space:pre-wrap">{escape(cell)}</pre></div>'
    )
