"""Lists that people ask for, as rows of text: the models, one model's parameters, the jobs."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import DONE, PAUSED, STATES, UNKNOWN
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.providers import keys
from vidmagic.providers.catalog import Catalog
from vidmagic.spec.models import Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value, did_you_mean, fill, listing

URGENT = (UNKNOWN, PAUSED)  # the states that wait for a person
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
LONGEST = 48  # characters of a prompt or of an error in a list


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under the names of their columns; `notes` stand below as lines of their own."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        cells = [[plain(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        title = [plain(self.title)] if self.title else []
        return "\n".join(line.rstrip() for line in [*title, *lines, *map(plain, self.notes)])


def models(catalog: Catalog) -> Table:
    """List the models, with what they take, what a default one costs, and whether their key is set."""
    found = {}
    rows = []
    for model in catalog:
        service = catalog.find_model(model.id)[0].service
        if service.name not in found:
            found[service.name] = keys.find_key(service)
        key = found[service.name]
        state = "set" if key is not None else f"{service.key_env} is not set"
        rows.append((model.short, model.id, _takes(model), _price(model), state))
    broken = tuple(f"{name} did not load: {reason}" for name, reason in catalog.broken.items())
    return Table(("model", "id", "takes", "default price", "key"), tuple(rows), notes=broken)


def parameters(model: Model) -> Table:
    """List what *model* takes, as flags."""
    rows = [(_flag(p), p.describe(), _default(p), p.help) for p in model.params]
    rows += [
        ("--" + role.replace("_", "-"), "file, https link or variable", "", _use(role, model)) for role in model.roles()
    ]
    return Table(
        ("flag", "values", "default", "meaning"), tuple(rows), f"{model.short} · {model.id}", tuple(_notes(model))
    )


def chosen(
    store: Store, catalog: Catalog, *, state: str = "", model: str = "", since: str = "", limit: str = "20"
) -> list[Record]:
    """Return at most *limit* jobs, of a state, of a model, not older than *since* ("2h", "3d", "2026-11-20").

    Those that want a person come first, unknown and paused ones; then the newest. Raises InvalidRequest.
    """
    if state and state not in STATES:
        raise InvalidRequest(
            f"no state is called {state!r}{did_you_mean(state, STATES)}; there are {listing(STATES, 'and')}"
        )
    if not limit.isdecimal() or not 0 < int(limit) < 10**6:
        raise InvalidRequest(f"{limit!r} is no number of jobs")
    wanted: dict[str, Any] = {
        "model": catalog.find_model(model)[1].id if model else "",
        "since": _moment(since) if since else 0.0,
        "limit": int(limit),
    }
    if state:
        return store.find(states=[state], **wanted)
    urgent = store.find(states=URGENT, **wanted)
    return [*urgent, *(record for record in store.find(**wanted) if record.state not in URGENT)][: int(limit)]


def jobs(records: Iterable[Record]) -> Table:
    """List jobs, as they come."""
    rows = tuple(
        (
            record.id,
            record.state,
            record.model,
            time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created)),
            "rehearsal" if record.in_sandbox else record.short_price,
            "" if record.in_sandbox else record.charged,
            _cut(record.prompt),
            record.path if record.state == DONE else _cut((record.error or {}).get("message", "")),
        )
        for record in records
    )
    return Table(("job", "state", "model", "started", "estimate", "charged", "prompt", "file or reason"), rows)


def age(seconds: float) -> str:
    """Say how long ago something was, as "just now", "5 min ago", "3 h ago" or "12 d ago"."""
    for unit, size in (("d", _SECONDS["d"]), ("h", _SECONDS["h"]), ("min", _SECONDS["m"])):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def _moment(text: str) -> float:
    """Read "30m", "2h", "3d", "1w" ago, or a day, as seconds since 1970. Raises InvalidRequest."""
    if span := re.fullmatch(r"(\d{1,6})([mhdw])", text):
        return time.time() - int(span[1]) * _SECONDS[span[2]]
    try:
        return datetime.strptime(text, "%Y-%m-%d").timestamp()  # noqa: DTZ007  a person means the day where they are
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{text!r} is no time: write 30m, 2h, 3d, 1w or a day as 2026-11-20") from None


def _takes(model: Model) -> str:
    if model.longest_prompt == 0:
        return listing([param.name for param in model.params if param.required], "and")
    return listing([_images(mode) for mode in model.modes])


def _images(mode: Mode) -> str:
    wanted = [
        role.replace("_", " ") + (f" ×{low}-{high}" if high > 1 else "") for role, (low, high) in mode.images.items()
    ]
    return " + ".join(wanted) or "text only"


def _price(model: Model) -> str:
    try:
        price = model.price(_defaults(model))
    except InvalidRequest:  # a required parameter has no default to be priced
        return "unknown"
    return "unknown" if price is None else str(price)


def _defaults(model: Model) -> dict[str, Value]:
    mode = model.modes[0]
    return fill(model.params_in(mode), mode.defaults)


def _flag(param: Param) -> str:
    return f"{param.flag} / --no-{param.flag[2:]}" if param.kind is bool else param.flag


def _default(param: Param) -> str:
    if isinstance(param.default, bool):
        return "yes" if param.default else "no"
    return "" if param.default is None else str(param.default)


def _use(role: str, model: Model) -> str:
    return "in " + listing([mode.name for mode in model.modes if role in mode.images], "and") + " mode"


def _notes(model: Model) -> Iterator[str]:
    if model.longest_prompt:
        yield f"prompt: at most {model.longest_prompt:,} characters"
    for mode in model.modes:
        differs = [f"{p.name} {p.describe()}" for p in mode.params]
        differs += [f"{name} {value}" for name, value in mode.defaults.items()]
        differs += [f"no {name}" for name in sorted(mode.without)]
        differs += [_together(rule) for rule in mode.together]
        yield f"{mode.name} mode ({_images(mode)}){': ' + ', '.join(differs) if differs else ''}"
    if model.note:
        yield model.note


def _together(rule: AllowedCombinations) -> str:
    if rule.why:
        return rule.why
    rows = "; ".join(" with ".join(map(str, row)) for row in sorted(rule.rows, key=str))
    return f"{' with '.join(rule.names)} only {rows}"


def _cut(text: str) -> str:
    line = plain(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _width(text: str) -> int:
    """Return how many columns of a terminal *text* takes: Chinese characters take two."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in {"W", "F"}) for char in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
