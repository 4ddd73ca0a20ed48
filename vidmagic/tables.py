"""Lists that people ask for, as rows of text: the models, one model's parameters, the jobs."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vidmagic import keys
from vidmagic.catalog import Catalog
from vidmagic.errors import InvalidRequest
from vidmagic.jobs.record import DONE, STATES, Record
from vidmagic.jobs.store import Store
from vidmagic.markup import plain
from vidmagic.params import Param, Together, Value, did_you_mean, fill, listing
from vidmagic.provider import Mode, Model

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
        service = catalog.find(model.id)[0].service
        if service.name not in found:
            found[service.name] = keys.find(service)
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


def chosen(store: Store, catalog: Catalog, *, state: str = "", model: str = "", limit: str = "20") -> list[Record]:
    """Return the newest jobs, at most *limit*, of a state and of a model. Raises InvalidRequest."""
    if state and state not in STATES:
        raise InvalidRequest(
            f"no state is called {state!r}{did_you_mean(state, STATES)}; there are {listing(STATES, 'and')}"
        )
    if not limit.isdecimal() or int(limit) == 0:
        raise InvalidRequest(f"{limit!r} is no number of jobs")
    return store.find(
        states=[state] if state else [], model=catalog.find(model)[1].id if model else "", limit=int(limit)
    )


def jobs(records: Iterable[Record]) -> Table:
    """List jobs, as they come."""
    rows = tuple(
        (
            record.id,
            record.state,
            record.model,
            time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created)),
            "rehearsal" if record.rehearsal else record.short_price,
            "" if record.rehearsal else record.charged,
            _cut(record.prompt),
            record.path if record.state == DONE else _cut((record.error or {}).get("message", "")),
        )
        for record in records
    )
    return Table(("job", "state", "model", "started", "estimate", "charged", "prompt", "file or reason"), rows)


def _takes(model: Model) -> str:
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


def _together(rule: Together) -> str:
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
