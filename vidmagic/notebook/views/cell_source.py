"""A request as text: the `%%video` cell that asks for the same, read back by `flags.parse`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vidmagic.session.run_options import DEFAULTS, RunOptions, options_at
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import Param
from vidmagic.spec.request import ROLES

_BARE = re.compile(r"[\w.:;/\\+@%~][\w.:;/\\+@%~=*()\[\]{}-]*")  # a comma would part it into several values


class NotOnALine(ValueError):
    """A value that no line of a cell can hold: it has both kinds of quotes, or more than one line."""


def request_cell(
    model: Model,
    mode: Mode | None,
    prompt: str,
    given: Mapping[str, Any],
    options: RunOptions = DEFAULTS,
) -> str:
    """Return the cell, with the flags that differ from the defaults; Python where a line cannot hold a value.

    *given* are the model's parameters and, by role, images as text (a path, a link or a variable's name). Of *options*
    the shot, the video that is continued (by its name) and those that a form has are written.
    """
    values = _without_defaults(model, mode, given)
    names = ["shot", "from_", *(option.name for option in options_at("form"))]
    run_values = {name: getattr(options, name) for name in names}
    run_values = {name: value for name, value in run_values.items() if value != getattr(DEFAULTS, name)}
    try:
        words = [word for name, value in (values | run_values).items() for word in _flag(name, value)]
    except NotOnALine:
        return _python(model, prompt, values | run_values)
    words = [model.short, *words]
    words += ["--raw"] if "{{" in prompt or any("{{" in word for word in words) else []
    return f"%%video {' '.join(words)}\n{prompt}"


def quoted(text: str) -> str:
    """Return *text* as one word of a cell's line. Raises NotOnALine."""
    if len(text.splitlines()) > 1 or text != "".join(text.splitlines()):
        raise NotOnALine(text)
    if _BARE.fullmatch(text):
        return text
    mark = next((mark for mark in "\"'" if mark not in text), None)
    if mark is None:
        raise NotOnALine(text)
    return f"{mark}{text}{mark}"


def _without_defaults(model: Model, mode: Mode | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return *given* without defaults; a task stays, for it may choose the mode whose default it is."""
    params = {param.name: param for param in (model.params if mode is None else model.params_in(mode))}
    defaults = {} if mode is None else mode.defaults
    return {
        name: value
        for name, value in given.items()
        if name in ROLES
        or name == "task"
        or not _is_default(params[name], defaults.get(name, params[name].default), value)
    }


def _is_default(param: Param, default: object, value: object) -> bool:
    try:
        return default is not None and param.read(value) == param.read(default)
    except ValueError:  # it is shown as typed; the form says what is wrong with it
        return False


def _flag(name: str, value: Any) -> list[str]:
    written = "--" + name.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return [written if value else f"--no-{written[2:]}"]
    if isinstance(value, list):
        return [word for element in value for word in (written, quoted(str(element)))]
    return [written, quoted(str(value))]


def _python(model: Model, prompt: str, values: Mapping[str, Any]) -> str:
    arguments = [repr(prompt), f"model={model.short!r}", *(f"{name}={value!r}" for name, value in values.items())]
    return f"import vidmagic\nvidmagic.start({', '.join(arguments)})"
