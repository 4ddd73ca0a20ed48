"""A progress bar that a screen reader hears too: that of ipywidgets has neither a role nor a name."""

from __future__ import annotations

from typing import Any

from vidmagic.markup import escape

_TRACK = "height:6px;margin:0 8px 0 0;border-radius:3px;overflow:hidden;background:var(--jp-layout-color3,#8884)"
_FILLED = "height:100%;border-radius:3px;background:var(--jp-brand-color1,#1976d2)"
_UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"


class Bar:
    """A bar and the words that are announced; `widget` goes into a box. *label* names what it measures."""

    def __init__(self, label: str, layout: dict[str, str]) -> None:
        import ipywidgets

        self._label = label
        self._told = ipywidgets.HTML()
        self._drawn = ipywidgets.HTML(bar_html(None, label))
        self.widget = ipywidgets.VBox([self._drawn, self._told], layout=layout)

    def draw(self, value: float | None) -> None:
        """Show *value*, 0 to 1, None for unknown."""
        _put(self._drawn, bar_html(value, self._label))

    def tell(self, words: str) -> None:
        """Have *words* announced, once; for a change of state, not for each step."""
        _put(self._told, f'<div role="status" aria-live="polite" style="{_UNSEEN}">{escape(words)}</div>')

    def close(self) -> None:
        """Take the widgets away for good."""
        for each in (self._drawn, self._told, self.widget):
            each.close()


def bar_html(value: float | None, label: str) -> str:
    """Return the bar; a bar of unknown length says no value."""
    percent = 0.0 if value is None else round(value * 100, 1)
    now = "" if value is None else f' aria-valuenow="{percent:g}"'
    return (
        f'<div role="progressbar" aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="100"{now}'
        f' style="{_TRACK}"><div class="progress-bar" style="{_FILLED};width:{percent:g}%"></div></div>'
    )


def _put(place: Any, html: str) -> None:
    if place.value != html:
        place.value = html
