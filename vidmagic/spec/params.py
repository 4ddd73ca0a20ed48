"""Describe a parameter once: flags, form fields, checks and documentation all read the same `Param`."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from vidmagic.errors import InvalidRequest

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a model.

    `kind` is str, int, float or bool. `default` is what is sent when the user gives nothing; None sends nothing, and
    a `required` one must be given. `low` and `high` are inclusive. The service calls or fetches a `link`.
    `source` names the document of the fact.
    """

    name: str
    kind: type
    help: str
    default: Value | None = None
    choices: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    unit: str = ""
    longest: int | None = None
    required: bool = False
    link: bool = False
    source: str = ""

    @property
    def flag(self) -> str:
        """The parameter as a command line flag: `aspect_ratio` is `--aspect-ratio`."""
        return "--" + self.name.replace("_", "-")

    def read(self, value: object) -> Value:
        """Return *value* as this parameter's kind; text is parsed, nothing is rounded. Raises ValueError."""
        read = _READERS[self.kind](value)
        if self.choices and read not in self.choices:
            raise ValueError(f"{read} is not one of {listing(self.choices)}{did_you_mean(str(value), self.choices)}")
        self._check_range(read)
        return read

    def _check_range(self, value: Value) -> None:
        if isinstance(value, str):
            if self.longest is not None and len(value) > self.longest:
                raise ValueError(f"{len(value):,} characters, at most {self.longest:,} are allowed")
            return
        low, high = self.low, self.high
        below, above = low is not None and value < low, high is not None and value > high
        if not below and not above:
            return
        if low is not None and high is not None:
            where = f"outside {self.describe()}"
        else:
            where = f"{'below' if below else 'above'} {low if below else high:g} {self.unit}"
        raise ValueError(f"{value} is {where}".rstrip())

    def describe(self) -> str:
        """Say what values are taken, as "6 or 10 s" or "0 to 4294967295"."""
        if self.kind is bool:
            said = "yes or no"
        elif self.choices:
            said = listing(self.choices)
        elif self.low is not None and self.high is not None:
            said = f"{self.low:g} to {self.high:g}" if self.high < 10**6 else f"{int(self.low)} to {int(self.high)}"
        else:
            said = "https link" if self.link else {int: "a whole number", float: "a number", str: "text"}[self.kind]
        return f"{said} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class AllowedCombinations:
    """Values of some parameters that are allowed only in these combinations, as rows over `names`.

    `why` is said in place of the rows where the reason says more than they do.
    """

    names: tuple[str, ...]
    rows: frozenset[tuple[Value, ...]]
    why: str = ""
    source: str = ""

    def problem(self, values: Mapping[str, Value]) -> str:
        """Say what is wrong with *values*, or return the empty text."""
        row = tuple(values[name] for name in self.names if name in values)
        if len(row) < len(self.names) or row in self.rows:
            return ""
        given = ", ".join(f"{name} {value}" for name, value in zip(self.names, row, strict=True))
        allowed = "; ".join(" with ".join(map(str, each)) for each in sorted(self.rows, key=str))
        return f"{given} do not go together ({self.why or 'allowed: ' + allowed})"

    def left(self, name: str, values: Mapping[str, Value | None]) -> set[Value]:
        """Return the values of *name* that are still possible with the other *values*."""
        others = [(i, values[n]) for i, n in enumerate(self.names) if n != name and n in values]
        spot = self.names.index(name)
        return {row[spot] for row in self.rows if all(row[i] == value for i, value in others)}


def fill(
    params: Iterable[Param],
    given: Mapping[str, object],
    together: Iterable[AllowedCombinations] = (),
    *,
    problems: list[str] | None = None,
    whose: str = "this model",
) -> dict[str, Value]:
    """Check *given* against *params*, add the defaults, and return what is to be sent.

    All problems come in one InvalidRequest; with *problems* given they are appended there instead.
    """
    found: list[str] = [] if problems is None else problems
    known = {param.name: param for param in params}
    values: dict[str, Value] = {}
    found += [
        f"{whose} has no {name}{did_you_mean(name, known)}; it has {listing(sorted(known), 'and')}"
        for name in given
        if name not in known
    ]
    for name, param in known.items():
        value = given.get(name)
        value = param.default if value is None else value
        if value is None:
            if param.required:
                found.append(f"{name} is needed: {param.help}")
            continue
        try:
            values[name] = param.read(value)
        except ValueError as problem:
            found.append(f"{name}: {problem}")
    found += [said for rule in together if (said := rule.problem(values))]
    if found and problems is None:
        raise InvalidRequest("; ".join(found))
    return values


def listing(values: Iterable[object], word: str = "or") -> str:
    """Join values as people do: "6 or 10", "a, b and c"."""
    said = [str(value) for value in values]
    if len(said) < 2:
        return said[0] if said else "nothing"
    return f"{', '.join(said[:-1])} {word} {said[-1]}"


def did_you_mean(word: str, known: Iterable[object]) -> str:
    """Return " (did you mean x?)" for the nearest known word, or the empty text."""
    by_lower = {str(each).lower(): str(each) for each in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[near[0]]}?)" if near else ""


def _int(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004  one kind of error for one kind of mistake
    try:
        number = int(value) if isinstance(value, str) else value
        if number == int(number):
            return int(number)
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"{value!r} is not a whole number")


def _float(value: object) -> float:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return number
    raise ValueError(f"{value!r} is not a number")


def _bool(value: object) -> bool:
    said = str(value).lower()
    if said in {"true", "yes", "on"} or value is True:
        return True
    if said in {"false", "no", "off"} or value is False:
        return False
    raise ValueError(f"{value!r} is not yes or no")


def _str(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")  # noqa: TRY004  one kind of error for one kind of mistake
    return value


_READERS: dict[type, Callable[[object], Value]] = {int: _int, float: _float, bool: _bool, str: _str}
