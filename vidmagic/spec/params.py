"""Describe a parameter once: flags, form fields, checks and documentation all read the same `Param`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from vidmagic.errors import InvalidRequest
from vidmagic.spec.parsers import KINDS, PARSERS

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a model.

    `kind` is str, int, float or bool. `default` is what is sent when the user gives nothing; None sends nothing, and
    a `required` one must be given. `low` and `high` are inclusive. The service calls or fetches a `link`.
    `words` name the choices in their order where a number says little: users may type either. `examples` show the form
    of a text that has one of its own. `source` names the document of the fact.
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
    words: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    source: str = ""

    @property
    def flag(self) -> str:
        """The parameter as a command line flag: `aspect_ratio` is `--aspect-ratio`."""
        return "--" + self.name.replace("_", "-")

    def read(self, value: object) -> Value:
        """Return *value* as this parameter's kind; text is parsed, nothing is rounded.

        Raises ValueError with what belongs after the name: "must be 6 or 10 s, not 7".
        """
        if isinstance(value, str) and value in self.words:
            return self.choices[self.words.index(value)]
        parsed = PARSERS[self.kind](value)
        if parsed is None:
            raise ValueError(f"must be {self.describe() if self.words else KINDS[self.kind]}, not {value!r}")
        if self.choices and parsed not in self.choices:
            suggestion = did_you_mean(str(value), self.choices) if self.kind is str else ""
            raise ValueError(f"must be {self.describe()}, not {parsed}{suggestion}")
        if isinstance(parsed, str):
            if self.longest is not None and len(parsed) > self.longest:
                raise ValueError(f"must have at most {self.longest:,} characters, not {len(parsed):,}")
        elif not self._in_range(parsed):
            raise ValueError(f"must be {self._range()}, not {parsed}")
        return parsed

    def _in_range(self, number: float) -> bool:
        return (self.low is None or number >= self.low) and (self.high is None or number <= self.high)

    def _range(self) -> str:
        if self.low is None:
            return f"at most {self.high:g} {self.unit}".strip()
        return self.describe() if self.high is not None else f"at least {self.low:g} {self.unit}".strip()

    def text(self, value: Value) -> str:
        """Return *value* as users read it: "yes", or the word for a choice."""
        if isinstance(value, bool):
            return "yes" if value else "no"
        return self.words[self.choices.index(value)] if self.words and value in self.choices else str(value)

    def describe(self) -> str:
        """Return what values are allowed, as "6 or 10 s", "4 to 12 or -1 s" or "0 to 4294967295"."""
        if self.kind is bool:
            allowed = KINDS[bool]
        elif self.choices:
            allowed = listing(self.words or _spans(self.choices))
        elif self.low is not None and self.high is not None:
            allowed = f"{self.low:g} to {self.high:g}" if self.high < 10**6 else f"{int(self.low)} to {int(self.high)}"
        else:
            allowed = "https link" if self.link else KINDS[self.kind]
            allowed += f", as {listing(self.examples)}" if self.examples else ""
        return f"{allowed} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class AllowedCombinations:
    """Values of some parameters that are allowed only in these combinations, as rows over `names`.

    `why` stands in the message in place of the rows where it explains more than they do.
    """

    names: tuple[str, ...]
    rows: frozenset[tuple[Value, ...]]
    why: str = ""
    source: str = ""

    def problem(self, values: Mapping[str, Value]) -> str:
        """Return what is wrong with *values*, the empty text for nothing."""
        given = tuple(values[name] for name in self.names if name in values)
        if len(given) < len(self.names) or given in self.rows:
            return ""
        pairs = ", ".join(f"{name} {value}" for name, value in zip(self.names, given, strict=True))
        allowed = "; ".join(" with ".join(map(str, row)) for row in sorted(self.rows, key=str))
        return f"{pairs} do not go together ({self.why or 'allowed: ' + allowed})"

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
    known = {param.name: param for param in params}
    new = _unknown_names(given, known, whose)
    values: dict[str, Value] = {}
    for name, param in known.items():
        value = given.get(name)
        value = param.default if value is None else value
        if value is None:
            new += [f"{name} is needed: {param.help}"] if param.required else []
            continue
        try:
            values[name] = param.read(value)
        except ValueError as problem:
            new.append(f"{name} {problem}")
    new += filter(None, (rule.problem(values) for rule in together))
    if problems is not None:
        problems += new
    elif new:
        raise InvalidRequest("; ".join(new))
    return values


def _unknown_names(given: Iterable[str], known: Mapping[str, Param], whose: str) -> list[str]:
    return [
        f"{whose} has no {name}{did_you_mean(name, known)}; it has {listing(sorted(known), 'and')}"
        for name in given
        if name not in known
    ]


def _spans(choices: tuple[Value, ...]) -> list[str]:
    """Return choices as texts, of which four whole numbers or more that follow each other are one: "3 to 15"."""
    spans: list[list[Value]] = []
    for choice in choices:
        last = spans[-1][-1] if spans else None
        follows = isinstance(last, int) and isinstance(choice, int) and choice == last + 1
        if follows:
            spans[-1].append(choice)
        else:
            spans.append([choice])
    return [text for span in spans for text in ([f"{span[0]} to {span[-1]}"] if len(span) > 3 else map(str, span))]


def listing(values: Iterable[object], word: str = "or") -> str:
    """Join values with commas and a last word: "6 or 10", "a, b and c"."""
    texts = [str(value) for value in values]
    if len(texts) < 2:
        return texts[0] if texts else "nothing"
    return f"{', '.join(texts[:-1])} {word} {texts[-1]}"


def did_you_mean(word: str, known: Iterable[object]) -> str:
    """Return " (did you mean x?)" for the nearest known word, or the empty text."""
    import difflib  # only a mistake needs it

    by_lower = {str(name).lower(): str(name) for name in known}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1)
    return f" (did you mean {by_lower[near[0]]}?)" if near else ""
