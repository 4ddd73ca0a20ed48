"""Check a request body against the fields that a document names, as strictly as the document reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["lacking", "unwanted", "invalid"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its type, then what the document allows. `longest` is a number of characters, or of list items."""

    type: type
    required: bool = False
    choices: tuple[object, ...] | None = None
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


def check(body: object, fields: Mapping[str, Field], where: str = "") -> list[Problem]:
    """Return every problem of *body*; *where* is the path of the object that is checked."""
    if not isinstance(body, dict):
        return [Problem("invalid", where, f"{where or 'the body'} is not an object")]
    names = body.keys() - fields
    unwanted = [Problem("unwanted", where + name, f"{where}{name} is not a field here") for name in names]
    lacking = [
        Problem("lacking", where + name, f"{where}{name} is required")
        for name, asked in fields.items()
        if asked.required and name not in body
    ]
    present = ((name, asked) for name, asked in fields.items() if name in body)
    faults = ((where + name, _fault(body[name], asked)) for name, asked in present)
    return (
        unwanted + lacking + [Problem("invalid", name, f"{name} {text}") for name, text in faults if text is not None]
    )


def _fault(value: Any, asked: Field) -> str | None:
    # A bool is an int to Python, not to a JSON API.
    if type(value).__name__ != asked.type.__name__:
        return f"is {type(value).__name__}, not {asked.type.__name__}"
    if asked.choices is not None and value not in asked.choices:
        return f"is {value!r}, not one of {', '.join(map(str, asked.choices))}"
    if asked.low is not None and value < asked.low:
        return f"is {value}, lower than {asked.low}"
    if asked.high is not None and value > asked.high:
        return f"is {value}, higher than {asked.high}"
    if asked.longest is not None and len(value) > asked.longest:
        return f"has {len(value)} characters or items, more than {asked.longest}"
    return "is empty" if asked.not_empty and not value else None
