"""A parameter as a field of the form: a `Param` becomes a widget, and what the widget holds a value again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import ipywidgets

from vidmagic.escaping import escape
from vidmagic.spec.params import Param, Value

MOST_CHOICES = 24  # a range of more whole numbers is typed
LABEL = {"description_width": "11.5em"}
_NOT_SENT = ""  # a Dropdown takes None for "nothing is selected"


class Field:
    """One parameter. What it shows is what is sent; an empty text is left to the service.

    A number is typed as text: a numeric widget would move one that is out of range without a word.
    """

    def __init__(self, param: Param, value: object = None) -> None:
        self.param = param
        self.choices = _choices(param)
        self.offered = self.choices
        self.widget = _widget(param, self.choices, param.default if value is None else value)

    @property
    def value(self) -> Any:
        """What the field holds, None for nothing."""
        value = self.widget.value
        if isinstance(value, str) and not self.choices and self.param.kind is not str:
            value = value.strip()
        return None if isinstance(value, str) and value == _NOT_SENT else value

    def offer(self, left: Collection[Value]) -> str:
        """Leave only the choices that are in *left*; say so where the value had to change, else the empty text."""
        offered = tuple(choice for choice in self.choices if choice in left)
        if not isinstance(self.widget, ipywidgets.Dropdown) or not offered or offered == self.offered:
            return ""
        before = self.value
        self.offered = offered
        kept = next((each for each in (before, self.param.default) if each in offered), offered[0])
        self.widget.options = _options(self.param, offered)
        self.widget.value = _NOT_SENT if before is None else kept
        return "" if before is None or kept == before else f"{label(self.param.name)} is now {said(self.param, kept)}"


def readable(param: Param, value: object) -> Any:
    """Return *value* if the parameter takes it, else None: two models may differ in what they take by one name."""
    try:
        return None if value is None else param.read(value)
    except ValueError:
        return None


def label(name: str) -> str:
    """Return what people read for a parameter: `aspect_ratio` is "aspect ratio"."""
    return name.replace("_", " ")


def said(param: Param, value: Value) -> str:
    """Return a value as people read it: "6 s", "yes"."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value} {param.unit}".strip()


def _choices(param: Param) -> tuple[Value, ...]:
    if param.choices:
        return param.choices
    if param.kind is bool:
        return () if param.default is not None else (True, False)
    if param.kind is int and param.default is not None and param.low is not None and param.high is not None:
        numbers = range(int(param.low), int(param.high) + 1)
        return tuple(numbers) if len(numbers) <= MOST_CHOICES else ()
    return ()


def _options(param: Param, choices: Sequence[Value]) -> list[tuple[str, Value]]:
    nothing: list[tuple[str, Value]] = [("(left to the service)", _NOT_SENT)] if param.default is None else []
    return nothing + [(said(param, choice), choice) for choice in choices]


def _widget(param: Param, choices: Sequence[Value], value: Any) -> Any:
    """Make the widget; its description is a real label."""
    if param.kind is bool and not choices:
        words = f"{label(param.name)}: {param.help}"
        return ipywidgets.Checkbox(param.read(value), description=words, indent=False, layout={"width": "auto"})
    # ipywidgets shows the tooltip of a field only where it has no label, so the label carries it.
    named = f'<span title="{escape(param.help)}">{escape(label(param.name))}</span>'
    common = {"description": named, "description_allow_html": True, "style": LABEL, "layout": {"width": "auto"}}
    if choices:
        value = _NOT_SENT if value is None else param.read(value)
        return ipywidgets.Dropdown(options=_options(param, choices), value=value, **common)
    empty = "needed" if param.required else param.help if param.kind is str else param.describe()
    return ipywidgets.Text("" if value is None else str(value), placeholder=empty, **common)
