"""The line of a `%%video` cell as data: a model, its parameters, its inputs, and how to run it."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics.flag_reader import Flag, FlagUse, ReadLine, by_written, nearest, read_words
from vidmagic.notebook.magics.interpolation import PASSED_ON
from vidmagic.notebook.magics.run_flags import HELP, RUN, all_flags, flags_of, names_model
from vidmagic.notebook.magics.tokens import Word, mask_keys, split
from vidmagic.providers.catalog import Catalog
from vidmagic.session.cost_limit import read_amount
from vidmagic.session.run_options import DEFAULTS, RunOptions
from vidmagic.session.shots import check_name
from vidmagic.spec.models import Model
from vidmagic.spec.params import listing
from vidmagic.spec.request import ROLES

GivenValue = str | bool | list[str] | None
"""A value as it was typed: text, a switch, or several texts. None only where a value is missing, which is refused."""

_ELSEWHERE = {
    "--model": " (the model stands first, without a flag)",  # on a command line; a cell takes it
    "--prompt": " (the prompt goes into the cell's body)",
    "--key": " (a key is set in the environment)",
    "--api-key": " (a key is set in the environment)",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What the line asks for. `model` is as typed, None for the default; `given` holds text, and booleans as such.

    Several values, which stand between commas, are a list, and several models are in `models`; a role that may repeat
    is always a list. `prompt` is filled only where the line carries it, which a command line does.
    """

    model: str | None = None
    given: Mapping[str, GivenValue] = field(default_factory=dict)
    options: RunOptions = DEFAULTS
    models: tuple[str, ...] = ()
    prompt: str = ""
    help: bool = False


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
    line = _CellLine(read, run, splits_values=not with_prompt)
    if any(use.flag == HELP for use in read.uses):
        return Line(next(iter(line.models), None), help=True)
    given, options = line.given(), line.options()
    problems = [*read.problems, *line.problems, *read.clashes()]
    run_options = _run_options(options, problems)
    models = _resolve(line, catalog, default_model, problems, with_prompt=with_prompt)
    for model in models or (None,):
        problems += line.not_taken(model, catalog)
    if problems:
        which = f"`%video models {models[0].short}` lists what it takes." if models else "`%video models` lists all."
        raise InvalidRequest(mask_keys("; ".join(dict.fromkeys(problems))), hint=which)
    several = line.models if len(line.models) > 1 else ()
    return Line(next(iter(line.models), None), given, run_options, several, " ".join(read.words[1:]))


def _resolve(
    line: _CellLine, catalog: Catalog, default_model: Callable[[], Model], problems: list[str], *, with_prompt: bool
) -> list[Model]:
    """Return the chosen models; if they cannot be determined, return none and add a problem."""
    words = line.read.words
    if len(words) > 1 and not with_prompt:
        problems.append(f"only the model stands here, not {' '.join(words)!r}: the prompt goes into the cell's body")
        return []
    if words and any(use.flag.name == "model" for use in line.read.uses):
        problems.append("the model is given twice: it stands first, or after --model")
    try:
        return [catalog.find_model(name)[1] for name in line.models] or [default_model()]
    except InvalidRequest as problem:
        problems.append(problem.message)
        return []


@dataclass(slots=True)
class _CellLine:
    """A line whose words are read: what was set, which models are meant, and what is wrong with it."""

    read: ReadLine
    run: Mapping[str, Flag]
    splits_values: bool
    problems: list[str] = field(default_factory=list)

    @property
    def models(self) -> tuple[str, ...]:
        """The models as typed: the first word, or the value of `--model`, at its commas; none for the default."""
        flagged = [str(use.value) for use in self.read.uses if use.flag.name == "model" and use.value]
        typed = self.read.words[:1] or flagged[-1:]
        return tuple(name for text in typed for name in text.split(",") if name)

    def options(self) -> dict[str, Any]:
        """Return the run options that are set, by name; the parser's types are those of the fields of RunOptions."""
        return {use.flag.name: use.value for use in self._uses(of_run=True) if use.flag.name != "model"}

    def given(self) -> dict[str, GivenValue]:
        """Return the model's values, by name; each may be several, between commas."""
        given: dict[str, GivenValue] = {}
        for use in self._uses(of_run=False):
            earlier = given.get(use.flag.name)
            if use.flag.repeats:
                given[use.flag.name] = [*(earlier if isinstance(earlier, list) else []), str(use.value)]
            else:
                given[use.flag.name] = self._parts(use)
        return given

    def _uses(self, *, of_run: bool) -> list[FlagUse]:
        return [use for use in self.read.uses if (use.flag.written in self.run) is of_run]

    def _parts(self, use: FlagUse) -> GivenValue:
        """Return a value, or the list of those between its commas; quotes keep it one, and so does a link."""
        text = use.value
        is_link = use.flag.name in ROLES and PASSED_ON.match(str(text))
        if not isinstance(text, str) or "," not in text or use.quoted or is_link or not self.splits_values:
            return text
        parts = text.split(",")
        if not all(parts):
            self.problems.append(f"{use.written} {text} has an empty value between its commas")
        return parts

    def not_taken(self, model: Model | None, catalog: Catalog) -> Iterator[str]:
        """Yield a sentence for each unknown flag, and for each flag that *model* does not take."""
        own = all_flags(catalog) if model is None else flags_of(model)
        has = f"{model.short} has {listing(own, 'and')}" if model is not None and own else "`--help` shows them"
        for written in self.read.unknown:
            near = _ELSEWHERE.get(written) or nearest(written, [*own, *self.run])
            yield f"no flag is called {written}{near or f'; {has}'}"
        for use in dict.fromkeys(self.read.uses):
            if model is not None and use.flag.written not in own and use.flag.written not in self.run:
                yield f"{model.short} has no {use.written}; it has {listing(own, 'and')}"


def _run_options(options: Mapping[str, Any], problems: list[str]) -> RunOptions:
    """Return the run options, and add what is wrong with them to *problems*."""
    problems += _option_problems(options)
    try:
        return RunOptions(**{name: value for name, value in options.items() if value is not None})
    except InvalidRequest as problem:
        problems.append(problem.message)
        return DEFAULTS


def _option_problems(options: Mapping[str, Any]) -> Iterator[str]:
    out, cost, shot = options.get("out"), options.get("max_cost"), options.get("shot")
    if out is not None and (not out.isidentifier() or keyword.iskeyword(out)):
        yield f"--out {out!r} cannot be the name of a variable"
    if options.get("quiet") and out is None:
        yield "--quiet needs --out NAME: the video would be nowhere"
    if options.get("improve") and not options.get("dry_run"):
        yield "--improve needs --dry-run: it shows the new prompt, and its cell makes the video"
    if options.get("wish") is not None and not options.get("improve"):
        yield "--wish needs --improve: it is what a language model should change"
    for written, value, check in (("--max-cost", cost, read_amount), ("--shot", shot, check_name)):
        try:
            check(value) if value is not None else None
        except InvalidRequest as problem:
            yield f"{written} {problem.message}"
