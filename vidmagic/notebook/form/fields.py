"""A parameter as a field of the form: a `Param` becomes a widget, and what the widget holds becomes a value."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import ipywidgets

from vidmagic.escaping import escape
from vidmagic.spec.params import Param, Value

MAX_CHOICES = 24  # a range of more whole numbers is typed
LABEL = {"description_width": "11.5em"}
_NOT_SENT = ""  # a Dropdown takes None for "nothing is selected"


class Field:
    """One parameter. The value it shows is the value that is sent; an empty text leaves it to the service.

    A number is typed as text: a numeric widget would silently move one that is out of range.
    """

    def __init__(self, param: Param, value: Value | None = None) -> None:
        self.param = param
        self.choices = _choices(param)
        self.offered = self.choices
        self.widget = _widget(param, self.choices, param.default if value is None else value)

    @property
    def value(self) -> Value | None:
        """The value that the field holds, None for nothing."""
        value: Value = self.widget.value
        if isinstance(value, str) and not self.choices and self.param.kind is not str:
            value = value.strip()
        return None if isinstance(value, str) and value == _NOT_SENT else value

    def offer(self, allowed: Collection[Value]) -> str:
        """Offer only the choices that are in *allowed*; return a message if the value had to change, else ""."""
        offered = tuple(choice for choice in self.choices if choice in allowed)
        if not isinstance(self.widget, ipywidgets.Dropdown) or not offered or offered == self.offered:
            return ""
        before = self.value
        self.offered = offered
        preferred = (before, self.param.default, offered[0])
        after = next(value for value in preferred if value is not None and value in offered)
        self.widget.options = _options(self.param, offered)
        self.widget.value = _NOT_SENT if before is None else after
        unchanged = before is None or after == before
        return "" if unchanged else f"{label(self.param.name)} is now {value_text(self.param, after)}"


def readable(param: Param, value: object) -> Value | None:
    """Return *value* if the parameter takes it, else None: two models may take different values by one name."""
    try:
        return None if value is None else param.read(value)
    except ValueError:
        return None


def label(name: str) -> str:
    """Return the label of a parameter: `aspect_ratio` is "aspect ratio"."""
    return name.replace("_", " ")


def value_text(param: Param, value: Value) -> str:
    """Return the text of a value: "6 s", "yes"."""
    return param.text(value) if isinstance(value, bool) else f"{param.text(value)} {param.unit}".strip()


def _choices(param: Param) -> tuple[Value, ...]:
    if param.choices:
        return param.choices
    if param.kind is bool:
        return () if param.default is not None else (True, False)
    if param.kind is int and param.default is not None and param.low is not None and param.high is not None:
        numbers = range(int(param.low), int(param.high) + 1)
        return tuple(numbers) if len(numbers) <= MAX_CHOICES else ()
    return ()


def _options(param: Param, choices: Sequence[Value]) -> list[tuple[str, Value]]:
    nothing: list[tuple[str, Value]] = [("(left to the service)", _NOT_SENT)] if param.default is None else []
    return nothing + [(value_text(param, choice), choice) for choice in choices]


def _widget(param: Param, choices: Sequence[Value], value: Value | None) -> ipywidgets.Widget:
    """Make the widget; its description is a real label."""
    if param.kind is bool and not choices:
        description = f"{label(param.name)}: {param.help}"
        return ipywidgets.Checkbox(param.read(value), description=description, indent=False, layout={"width": "auto"})
    # ipywidgets shows the tooltip of a field only where it has no label, so the label carries it.
    named = f'<span title="{escape(param.help)}">{escape(label(param.name))}</span>'
    common = {"description": named, "description_allow_html": True, "style": LABEL, "layout": {"width": "auto"}}
    if choices:
        value = _NOT_SENT if value is None else param.read(value)
        return ipywidgets.Dropdown(options=_options(param, choices), value=value, **common)
    placeholder = "required" if param.required else param.help if param.kind is str else param.describe()
    return ipywidgets.Text("" if value is None else str(value), placeholder=placeholder, **common)
