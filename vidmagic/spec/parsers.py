"""Read a value of a parameter as its kind: text is parsed, nothing is rounded."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable

Parser = Callable[[object], str | int | float | bool | None]  # None for a value that is not of its kind


def _int(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real | str):  # the numbers of NumPy are Real
        return None
    try:
        if isinstance(value, str | numbers.Integral):
            return int(value)
        number = float(value)
        return int(number) if number.is_integer() else None
    except (ValueError, OverflowError):
        return None


def _float(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, numbers.Real | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _bool(value: object) -> bool | None:
    text = str(value).lower()
    if text in {"true", "yes", "on"} or value is True:
        return True
    return False if text in {"false", "no", "off"} or value is False else None


def _str(value: object) -> str | None:
    return value if isinstance(value, str) else None


PARSERS: dict[type, Parser] = {int: _int, float: _float, bool: _bool, str: _str}
KINDS = {int: "a whole number", float: "a number", bool: "yes or no", str: "text"}
