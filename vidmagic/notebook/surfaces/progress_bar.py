"""The progress bar: as HTML for a live page, as HTML for a saved page, and as text."""

from __future__ import annotations

from vidmagic.escaping import escape

_TRACK = "height:6px;margin:0 8px 0 0;border-radius:3px;overflow:hidden;background:var(--jp-layout-color3,#8884)"
_FILLED = "height:100%;border-radius:3px;background:var(--jp-brand-color1,#1976d2)"
_BLOCKS = 20  # characters of the bar as text


def bar_html(value: float | None, label: str) -> str:
    """Return a bar for a live page: *value* from 0 to 1, None for unknown. card.js moves its `progress-bar`."""
    percent = 0.0 if value is None else round(value * 100, 1)
    now = "" if value is None else f' aria-valuenow="{percent:g}"'
    return (
        f'<div role="progressbar" aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="100"{now}'
        f' style="{_TRACK}"><div class="progress-bar" style="{_FILLED};width:{percent:g}%"></div></div>'
    )


def saved_bar_html(value: float | None) -> str:
    """Return a bar for a saved page, which stands still: without a value the element would move for ever.

    JupyterLab removes the colours of `bar_html` there, but not the element itself.
    """
    return f'<progress max="1" value="{value or 0:.3f}" style="width:100%" aria-label="progress"></progress>'


def bar_text(value: float | None) -> str:
    """Return the bar as text with a space behind it; "" for an unknown value."""
    return "" if value is None else f"{'█' * int(value * _BLOCKS):░<{_BLOCKS}} "
