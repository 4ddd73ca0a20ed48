"""Read the JSON of services so that nothing in it can harm what comes after.

Services send numbers beyond 64 bits, NaN, halves of surrogate pairs and nesting without end. What is returned holds
finite numbers, whole characters, and no more than DEEPEST levels; it can be stored, encoded and printed.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any

DEEPEST = 64  # levels of a document; what lies deeper becomes null
LONGEST_NUMBER = 100  # digits; a longer one comes as its text

_ESCAPED_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_BLANK = " \t\r\n"
NOT_JSON = (ValueError, RecursionError)


def _whole_number(digits: str) -> int | str:
    return int(digits) if len(digits) <= LONGEST_NUMBER else digits


def _number(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


_HOOKS: dict[str, Any] = {"parse_int": _whole_number, "parse_float": _number, "parse_constant": lambda _: None}
_DECODER = json.JSONDecoder(**_HOOKS)
_LENIENT = json.JSONDecoder(**_HOOKS, strict=False)


def read_json(data: str | bytes) -> Any:
    """Return the document in *data*, which ends with it. Raises one of NOT_JSON."""
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data), "surrogatepass")
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").removeprefix("\ufeff").strip(_BLANK)
    document, end = read_json_at(text, 0)
    if end != len(text):
        raise ValueError("there is more after the document")
    return document


def read_json_at(text: str, at: int, *, strict: bool = True) -> tuple[Any, int]:
    """Return the document that begins at *at* and the index of its end. Raises one of NOT_JSON.

    *text* was decoded from bytes, or read by these functions, so that it holds whole characters, and surrogates only as
    escapes. Without *strict* strings may hold line breaks.
    """
    document, end = (_DECODER if strict else _LENIENT).raw_decode(text, at)
    source = text[at:end]
    if source.count("{") + source.count("[") > DEEPEST:
        document = _pruned(document)
    if "\\u" in source and _ESCAPED_SURROGATE.search(source):
        document = _without_surrogates(document)
    return document, end


def _without_surrogates(document: Any) -> Any:
    """Replace the halves of surrogate pairs; whole pairs become their character."""
    text = json.dumps(document, ensure_ascii=False)
    return _DECODER.decode(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _pruned(document: Any) -> Any:
    """Replace the objects and lists below the deepest level by null."""
    deepest = [document]
    for _ in range(DEEPEST - 1):
        deepest = [child for holder in deepest for _, child in _children(holder)]
    for holder in deepest:
        for key, _ in _children(holder):
            holder[key] = None
    return document


def _children(holder: Any) -> list[tuple[Any, Any]]:
    """Return the objects and lists in *holder*, each with its key or index."""
    members = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    return [(key, child) for key, child in members if isinstance(child, dict | list)]
