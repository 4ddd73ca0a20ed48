"""Check a request body against the fields that a document names, as strictly as the document reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["lacking", "unwanted", "invalid"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type, then what the document allows. `longest` counts characters, or items of a list."""

    type: type
    required: bool = False
    choices: tuple[Any, ...] | None = None
    low: int | None = None
    high: int | None = None
    longest: int | None = None
    not_empty: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field, in words."""

    kind: Kind
    field: str
    message: str


def check(body: Any, fields: Mapping[str, Field], where: str = "") -> list[Problem]:
    """Return every problem of `body`; `where` is the path of the object that is checked."""
    if not isinstance(body, dict):
        return [Problem("invalid", where, f"{where or 'the body'} is not an object")]
    unwanted = [Problem("unwanted", where + name, f"{where}{name} is no field here") for name in body.keys() - fields]
    lacking = [
        Problem("lacking", where + name, f"{where}{name} is required")
        for name, wanted in fields.items()
        if wanted.required and name not in body
    ]
    present = ((name, wanted) for name, wanted in fields.items() if name in body)
    faults = ((where + name, _fault(body[name], wanted)) for name, wanted in present)
    return (
        unwanted + lacking + [Problem("invalid", name, f"{name} {text}") for name, text in faults if text is not None]
    )


def _fault(value: Any, wanted: Field) -> str | None:
    # A bool is an int to Python, not to a JSON API.
    if type(value).__name__ != wanted.type.__name__:
        return f"is {type(value).__name__}, not {wanted.type.__name__}"
    if wanted.choices is not None and value not in wanted.choices:
        return f"is {value!r}, not one of {', '.join(map(str, wanted.choices))}"
    if wanted.low is not None and value < wanted.low:
        return f"is {value}, lower than {wanted.low}"
    if wanted.high is not None and value > wanted.high:
        return f"is {value}, higher than {wanted.high}"
    if wanted.longest is not None and len(value) > wanted.longest:
        return f"has {len(value)} characters or items, more than {wanted.longest}"
    return "is empty" if wanted.not_empty and not value else None
