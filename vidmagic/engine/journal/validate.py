"""What the fields of a job may hold: files and rows from elsewhere are checked before anything relies on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation

from vidmagic.engine.states import STATES

MOST_STARS = 5
LATEST = 253_000_000_000.0  # seconds since 1970: within the year 9987, the calendar's end is near
_MOST = 2**63 - 1  # what SQLite takes
_PRICE = ("amount", "currency", "source", "date", "text")


def problems(values: Mapping[str, object]) -> list[str]:
    """Return what is wrong with the fields of a record, each as a phrase such as "created is not a time"."""
    return [f"{name} is not {_RULES[name][0]}" for name, value in values.items() if not fits(name, value)]


def fits(name: str, value: object) -> bool:
    """Return whether the field *name* of a record may hold *value*."""
    return name not in _RULES or _RULES[name][1](value)


def is_finite(value: object) -> bool:
    """Return whether *value* is JSON in which every number is a number."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_flag(value: object) -> bool:
    return value in (False, True)  # 0 and 1 too: so they stand in rows


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LATEST  # NaN is neither


def _is_object(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(name, str) for name in value)


def _is_optional_object(value: object) -> bool:
    return value is None or _is_object(value)


def _is_stars(value: object) -> bool:
    return value is None or (_is_whole(value) and value in range(1, MOST_STARS + 1))


def _is_tags(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(tag, str) for tag in value)


def _is_images(value: object) -> bool:
    return isinstance(value, list | tuple) and all(map(_is_image, value))


def _is_image(value: object) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("role"), str)


def _is_texts(value: object) -> bool:
    return value is None or (isinstance(value, Mapping) and all(isinstance(text, str) for text in value.values()))


def _is_price(value: object) -> bool:
    if value is None:
        return True
    if not isinstance(value, Mapping) or not all(isinstance(value.get(name), str) for name in _PRICE):
        return False
    try:
        return Decimal(value["amount"]).is_finite()
    except InvalidOperation:
        return False


_Rule = tuple[str, Callable[[object], bool]]
_TEXT: _Rule = "text", _is_text
_TIME: _Rule = "a time", _is_time
_WHOLE: _Rule = "a whole number", _is_whole
_OPTIONAL: _Rule = "an object", _is_optional_object
_RULES: Mapping[str, _Rule] = {
    **dict.fromkeys(("id", "model", "prompt", "fingerprint", "service", "wire_name", "mode", "origin"), _TEXT),
    **dict.fromkeys(("folder", "task_id", "path", "sha256", "owner", "parent"), _TEXT),
    **dict.fromkeys(("note", "finished_from", "file_sha256"), _TEXT),
    **dict.fromkeys(("created", "updated", "accepted", "ready", "deleted"), _TIME),
    **dict.fromkeys(("size", "width", "height", "request_take"), _WHOLE),
    **dict.fromkeys(("params", "reported", "full"), ("an object", _is_object)),
    **dict.fromkeys(("ticket", "links"), _OPTIONAL),
    "images": ("a list of images", _is_images),
    "error": ("an error", _is_texts),
    "price": ("a price", _is_price),
    "stars": (f"none or 1 to {MOST_STARS}", _is_stars),
    "tags": ("a list of texts", _is_tags),
    **dict.fromkeys(("in_sandbox", "draft"), ("true or false", _is_flag)),
    "state": ("a state", lambda value: isinstance(value, str) and value in STATES),
    "charged": ("yes, no or unknown", lambda value: value in {"yes", "no", "unknown"} if _is_text(value) else False),
}
