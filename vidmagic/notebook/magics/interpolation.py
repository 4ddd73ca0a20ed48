"""Put notebook variables where the user wrote `{{name}}`, and find the image that a flag names.

Only names, attributes and items are looked up: nothing is called, and no code in a prompt is run.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from numbers import Number
from pathlib import Path
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import shorten
from vidmagic.media.video import Video
from vidmagic.spec.params import did_you_mean

_NAME = r"[^\W\d]\w*"
_STEP = rf"""\.{_NAME}|\[-?\d+\]|\["[^"\\\n]*"\]|\['[^'\\\n]*'\]"""
_PATH = rf"{_NAME}(?:{_STEP})*"
_SLOT = re.compile(r"\{\{[ \t]*(" + _PATH + r")[ \t]*\}\}")
_PASSED_ON = re.compile(r"(?:https?|data|ssupload):", re.IGNORECASE)


def interpolate(text: str, namespace: Mapping[str, Any]) -> str:
    """Replace `{{name}}`, `{{a.b}}`, `{{a[0]}}` and `{{a["k"]}}` once; all else stays as typed.

    Raises one InvalidRequest for all that cannot be replaced.
    """
    problems: list[str] = []

    def value(slot: re.Match[str]) -> str:
        try:
            return _as_text(look_up(slot[1], namespace))
        except InvalidRequest as problem:
            problems.append(f"{{{{{slot[1]}}}}}: {problem.message}")
            return ""

    said = _SLOT.sub(value, text)
    if problems:
        raise InvalidRequest("; ".join(dict.fromkeys(problems)), hint="`--raw` sends double braces as typed.")
    return said


def look_up(path: str, namespace: Mapping[str, Any]) -> Any:
    """Return what *path* (`a.b[0]["k"]`) leads to in *namespace*. Raises InvalidRequest."""
    found = re.match(_NAME, path)
    assert found is not None
    name = found[0]
    if name not in namespace:
        public = [each for each in namespace if not each.startswith("_")]
        raise InvalidRequest(f"no variable is called {name}{did_you_mean(name, public)}")
    value = namespace[name]
    for step in re.findall(_STEP, path[len(name) :]):
        if step.startswith("._"):
            raise InvalidRequest(f"{step} is private")
        try:
            value = getattr(value, step[1:]) if step.startswith(".") else value[ast.literal_eval(step[1:-1])]
        except Exception as error:
            raise InvalidRequest(f"{step} cannot be read: {_said(error)}") from error
    return value


def variable_or_path(value: str, namespace: Mapping[str, Any]) -> Any:
    """Return the image that the text of a flag names: a link or a file as it is, or a variable's image.

    A file goes before a variable of the same name. A video, or a job (which is waited for), gives its last frame.
    """
    if _PASSED_ON.match(value) or _is_file(value):
        return value
    name = re.match(_NAME, value)
    if name is None or re.fullmatch(_PATH, value) is None or name[0] not in namespace:
        images = [each for each, held in namespace.items() if not each.startswith("_") and holds_image(held)]
        raise InvalidRequest(f"{value!r} is neither a file nor a variable{did_you_mean(value, images)}")
    try:
        held = look_up(value, namespace)
    except InvalidRequest as problem:
        raise InvalidRequest(f"{value!r} is no file, and as a variable {problem.message}") from problem
    if isinstance(held, Job):
        held = held.result()
    if isinstance(held, Video):
        return held.last_frame()
    if not holds_image(held) and not isinstance(held, str):
        raise InvalidRequest(f"{value!r} is no file, and the variable holds no image but a {type(held).__name__}")
    return held


def holds_image(value: object) -> bool:
    """Tell from its type whether *value* may be an image; none of its code is run."""
    kind = type(value)
    if isinstance(value, bytes | bytearray | memoryview | os.PathLike | Job):
        return True
    if hasattr(kind, "__array_interface__") or (hasattr(kind, "shape") and hasattr(kind, "dtype")):
        return not isinstance(value, Number)  # NumPy's numbers have a shape too
    return hasattr(kind, "getvalue") or isinstance(getattr(value, "__dict__", {}).get("data"), bytes)


def _is_file(text: str) -> bool:
    try:
        return Path(text).expanduser().is_file()
    except (OSError, RuntimeError, ValueError):  # too long a name, an unknown home, a NUL
        return False


def _as_text(value: object) -> str:
    """Return str(value), but not the name and address of an object, which nobody wants in a prompt."""
    try:
        said = str(value)
    except Exception as error:
        raise InvalidRequest(f"it cannot be made text: {_said(error)}") from error
    if not isinstance(value, str) and said.startswith("<") and said.endswith(">"):
        raise InvalidRequest(f"it is no text but {shorten(said, 80)}")
    return said


def _said(error: Exception) -> str:
    return shorten(f"{type(error).__name__}: {error}")
