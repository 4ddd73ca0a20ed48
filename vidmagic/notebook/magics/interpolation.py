"""Put notebook variables where the user wrote `{{name}}`, and find the input that a flag names.

Only names, attributes and items are looked up: nothing is called, and no code in a prompt is run.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping, Sequence
from numbers import Number
from typing import Any

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import shorten
from vidmagic.media.local_file import local_file
from vidmagic.media.video import Video
from vidmagic.spec.params import did_you_mean

_NAME = r"[^\W\d]\w*"
_STEP = rf"""\.{_NAME}|\[-?\d+\]|\["[^"\\\n]*"\]|\['[^'\\\n]*'\]"""
_PATH = rf"{_NAME}(?:{_STEP})*"
_SLOT = re.compile(r"\{\{[ \t]*(" + _PATH + r")[ \t]*\}\}")
PASSED_ON = re.compile(r"(?:https?|data|ssupload):|[a-z][a-z0-9_+.-]*://", re.IGNORECASE)  # a link, a service's name


def interpolate(text: str, namespace: Mapping[str, object]) -> str:
    """Replace `{{name}}`, `{{a.b}}`, `{{a[0]}}` and `{{a["k"]}}` once; all else stays as typed.

    Raises one InvalidRequest for all that cannot be replaced.
    """
    problems: list[str] = []

    def value(slot: re.Match[str]) -> str:
        try:
            return _as_text(read_path(slot[1], namespace))
        except InvalidRequest as problem:
            problems.append(f"{{{{{slot[1]}}}}}: {problem.message}")
            return ""

    prompt = _SLOT.sub(value, text)
    if problems:
        raise InvalidRequest("; ".join(dict.fromkeys(problems)), hint="`--raw` sends double braces as typed.")
    return prompt


def read_path(path: str, namespace: Mapping[str, object]) -> Any:
    """Return what *path* (`a.b[0]["k"]`) leads to in *namespace*. Raises InvalidRequest."""
    first = re.match(_NAME, path)
    assert first is not None
    name = first[0]
    if name not in namespace:
        public = [other for other in namespace if not other.startswith("_")]
        raise InvalidRequest(f"no variable is called {name}{did_you_mean(name, public)}")
    value: Any = namespace[name]  # a user's class may raise anything
    for step in re.findall(_STEP, path[len(name) :]):
        if step.startswith("._"):
            raise InvalidRequest(f"{step} is private")
        try:
            value = getattr(value, step[1:]) if step.startswith(".") else value[ast.literal_eval(step[1:-1])]
        except Exception as error:
            raise InvalidRequest(f"{step} cannot be read: {_error_text(error)}") from error
    return value


def variable_or_path(value: str, namespace: Mapping[str, object]) -> object:
    """Return the image that the text of a flag names: a link or a file as it is, or a variable's image.

    A file goes before a variable of the same name. A video, or a job (which is waited for), gives its last frame.
    """
    if PASSED_ON.match(value) or local_file(value) is not None:
        return value
    name = re.match(_NAME, value)
    if name is None or re.fullmatch(_PATH, value) is None or name[0] not in namespace:
        images = [key for key, held in namespace.items() if not key.startswith("_") and holds_image(held)]
        raise InvalidRequest(f"{value!r} is neither a file nor a variable{did_you_mean(value, images)}")
    try:
        source = read_path(value, namespace)
    except InvalidRequest as problem:
        raise InvalidRequest(f"{value!r} is not a file, and as a variable {problem.message}") from problem
    if isinstance(source, Job):
        source = source.result()
    if isinstance(source, Video):
        return source.last_frame()
    if not holds_image(source) and not isinstance(source, str):
        raise InvalidRequest(f"the variable {value!r} holds a {type(source).__name__}, not an image")
    return source


def variable_or_name(value: str, namespace: Mapping[str, object]) -> object:
    """Return the video or sound of the variable that the text of a flag names, else the text as it is.

    Of several videos, such as a sweep's, a list is returned. What is not a variable is for the session to find: a shot,
    a job or a file.
    """
    name = re.match(_NAME, value)
    if PASSED_ON.match(value) or name is None or re.fullmatch(_PATH, value) is None or name[0] not in namespace:
        return value
    try:
        source = read_path(value, namespace)
    except InvalidRequest:  # kite.mp4 is a file, whatever the variable `kite` holds
        return value
    if isinstance(source, Sequence) and source and all(isinstance(member, Job | Video) for member in source):
        return list(source)
    return source if holds_recording(source) or isinstance(source, str) else value


def holds_recording(value: object) -> bool:
    """Return whether *value* may be a video or sound, judged by its type: none of its code is run."""
    if isinstance(value, bytes | bytearray | memoryview | os.PathLike | Job):
        return True
    return hasattr(type(value), "getvalue") or isinstance(getattr(value, "__dict__", {}).get("data"), bytes)


def holds_image(value: object) -> bool:
    """Return whether *value* may be an image, judged by its type: none of its code is run."""
    kind = type(value)
    if hasattr(kind, "__array_interface__") or (hasattr(kind, "shape") and hasattr(kind, "dtype")):
        return not isinstance(value, Number)  # NumPy's numbers have a shape too
    return holds_recording(value)


def _as_text(value: object) -> str:
    """Return str(value), but refuse a text such as "<object at 0x…>", which is useless in a prompt."""
    try:
        text = str(value)
    except Exception as error:
        raise InvalidRequest(f"it cannot be made text: {_error_text(error)}") from error
    if not isinstance(value, str) and text.startswith("<") and text.endswith(">"):
        raise InvalidRequest(f"it holds {shorten(text, 80)}, which is not text")
    return text


def _error_text(error: Exception) -> str:
    return shorten(f"{type(error).__name__}: {error}")
