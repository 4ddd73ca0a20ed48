"""The line of a `%%video` cell as data: a model, its parameters, its images, and how to run it."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics.flag_reader import Flag, FlagUse, ReadLine, by_written, nearest, read_words
from vidmagic.notebook.magics.run_flags import RUN, all_flags, flags_of, names_model
from vidmagic.notebook.magics.tokens import Word, mask_keys, split
from vidmagic.providers.catalog import Catalog
from vidmagic.session.planning import read_amount
from vidmagic.session.shots import check_name
from vidmagic.spec.models import Model
from vidmagic.spec.params import listing
from vidmagic.spec.request import ROLES

_ELSEWHERE = {
    "--model": " (the model stands first, without a flag)",  # on a command line; a cell takes it
    "--prompt": " (the prompt goes into the cell's body)",
    "--key": " (a key is set in the environment)",
    "--api-key": " (a key is set in the environment)",
}
_LINK = re.compile(r"(?:https?|data|ssupload):", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """What the line asks for. `model` is as typed, None for the default; `given` holds text, and booleans as such.

    Several values, which stand between commas, are a list, and several models are in `models`; `given["reference"]` is
    always a list. `prompt` is filled only where the line carries it, which a command line does.
    """

    model: str | None = None
    given: dict[str, Any] = field(default_factory=dict)
    out: str | None = None
    wait: Literal["always", "never"] | None = None
    again: bool = False
    dry_run: bool = False
    max_cost: str | None = None
    sandbox: bool = False
    embed: bool | None = None
    raw: bool = False
    quiet: bool = False
    help: bool = False
    yes: bool = False
    shot: str = ""
    from_: str | None = None
    models: tuple[str, ...] = ()
    prompt: str = ""


def parse(line: str, catalog: Catalog, default_model: Callable[[], Model]) -> Line:
    """Read the line after `%%video`. Raises one InvalidRequest that names every problem."""
    return parse_words(split(line), catalog, default_model)


def parse_words(
    words: Sequence[Word],
    catalog: Catalog,
    default_model: Callable[[], Model],
    *,
    run: Mapping[str, Flag] = RUN,
    with_prompt: bool = False,
) -> Line:
    """Read words that are split already; *run* are the flags taken beside the model's own.

    With *with_prompt* the words after the model are the prompt. Raises one InvalidRequest that names every problem.
    """
    known = {**all_flags(catalog), **by_written(run.values())}
    read = read_words(words, known, stands_alone=lambda text: names_model(text, catalog))
    line = _CellLine(read, splits_values=not with_prompt)
    values = line.values(run)
    if values.get("help"):
        return Line(next(iter(line.models), None), help=True)
    problems = [*read.problems, *line.problems, *read.clashes(), *_run_problems(values)]
    models = _resolve(line, catalog, default_model, problems, with_prompt=with_prompt)
    for model in models or (None,):
        problems += line.not_taken(model, catalog, run)
    if problems:
        hint = (
            f"`%video models {models[0].short}` lists what it takes." if models else "`%video models` lists them all."
        )
        raise InvalidRequest(mask_keys("; ".join(dict.fromkeys(problems))), hint=hint)
    return _line(line, values, run)


def _line(line: _CellLine, values: Mapping[str, Any], run: Mapping[str, Flag]) -> Line:
    run_names = {flag.name for flag in run.values()}
    given = {name: value for name, value in values.items() if name not in run_names}
    options = {name: value for name, value in values.items() if name in run_names and name != "model"}
    several = line.models if len(line.models) > 1 else ()
    return Line(next(iter(line.models), None), given, **options, models=several, prompt=" ".join(line.read.words[1:]))


def _resolve(
    line: _CellLine, catalog: Catalog, default_model: Callable[[], Model], problems: list[str], *, with_prompt: bool
) -> list[Model]:
    """Return the models that are meant; none, with a problem more, where that cannot be known."""
    words = line.read.words
    if len(words) > 1 and not with_prompt:
        problems.append(f"only the model stands here, not {' '.join(words)!r}: the prompt goes into the cell's body")
        return []
    if words and any(use.flag.name == "model" for use in line.read.uses):
        problems.append("the model is given twice: it stands first, or after --model")
    try:
        return [catalog.find(name)[1] for name in line.models] or [default_model()]
    except InvalidRequest as problem:
        problems.append(problem.message)
        return []


@dataclass(slots=True)
class _CellLine:
    """A line whose words are read: what was set, which models are meant, and what is wrong with it."""

    read: ReadLine
    splits_values: bool
    problems: list[str] = field(default_factory=list)

    @property
    def models(self) -> tuple[str, ...]:
        """The models as typed: the first word, or the value of `--model`, at its commas; none for the default."""
        flagged = [str(use.value) for use in self.read.uses if use.flag.name == "model" and use.value]
        typed = self.read.words[:1] or flagged[-1:]
        return tuple(name for text in typed for name in text.split(",") if name)

    def values(self, run: Mapping[str, Flag]) -> dict[str, Any]:
        """Return what was set, by name; the values of a model's flag may be several, between commas."""
        values: dict[str, Any] = {}
        for use in self.read.uses:
            if use.flag.repeats:
                values.setdefault(use.flag.name, []).append(use.value)
            else:
                is_split = self.splits_values and (use.flag.name == "model" or use.flag.written not in run)
                values[use.flag.name] = self._parts(use) if is_split else use.value
        return values

    def _parts(self, use: FlagUse) -> str | bool | list[str] | None:
        """Return a value, or the list of those between its commas; quotes keep it one, and so does a link."""
        text = use.value
        is_link = use.flag.name in ROLES and _LINK.match(str(text))
        if not isinstance(text, str) or "," not in text or use.quoted or is_link:
            return text
        parts = text.split(",")
        if not all(parts):
            self.problems.append(f"{use.written} {text} has an empty value between its commas")
        return parts

    def not_taken(self, model: Model | None, catalog: Catalog, run: Mapping[str, Flag]) -> Iterator[str]:
        """Yield a sentence for each flag that nobody has, and for each that *model* has not."""
        own = all_flags(catalog) if model is None else flags_of(model)
        has = f"{model.short} has {listing(own, 'and')}" if model is not None and own else "`--help` shows them"
        for written in self.read.unknown:
            near = _ELSEWHERE.get(written) or nearest(written, [*own, *run])
            yield f"no flag is called {written}{near or f'; {has}'}"
        for use in dict.fromkeys(self.read.uses):
            if model is not None and use.flag.written not in own and use.flag.written not in run:
                yield f"{model.short} has no {use.written}; it has {listing(own, 'and')}"


def _run_problems(values: Mapping[str, Any]) -> Iterator[str]:
    out, cost, shot = values.get("out"), values.get("max_cost"), values.get("shot")
    if out is not None and (not out.isidentifier() or keyword.iskeyword(out)):
        yield f"--out {out!r} cannot be the name of a variable"
    if values.get("quiet") and out is None:
        yield "--quiet needs --out NAME: the video would be nowhere"
    for written, value, check in (("--max-cost", cost, read_amount), ("--shot", shot, check_name)):
        try:
            check(value) if value is not None else None
        except InvalidRequest as problem:
            yield f"{written} {problem.message}"
