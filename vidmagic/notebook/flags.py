"""The line of a `%%video` cell as data: a model, its parameters, its images, and how to run it."""

from __future__ import annotations

import keyword
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vidmagic.catalog import Catalog
from vidmagic.errors import InvalidRequest
from vidmagic.notebook.vocabulary import RUN, SHORT, Flag, all_flags, flags_of
from vidmagic.notebook.words import Word, split
from vidmagic.params import did_you_mean, listing
from vidmagic.plan import read_amount
from vidmagic.provider import Model
from vidmagic.request import REFERENCE

_ELSEWHERE = {
    "--model": " (the model stands first, without a flag)",
    "--prompt": " (the prompt goes into the cell's body)",
    "--key": " (a key is set in the environment)",
    "--api-key": " (a key is set in the environment)",
}
_LIKE_A_KEY = re.compile(r"\b(?:sk|vda|key)[-_][\w-]{6,}|\b(?=\w*\d)(?=\w*[A-Za-z])\w{24,}")


@dataclass(frozen=True, slots=True)
class Line:
    """What the line asks for. `model` is as typed, None for the default; `given` holds text, and booleans as such.

    `given["reference"]` is a list. `prompt` is filled only where the line carries it, which a command line does.
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
    prompt: str = ""


def parse(line: str, catalog: Catalog, default_model: Callable[[], Model]) -> Line:
    """Read the line after `%%video`. Raises one InvalidRequest that names every problem."""
    try:
        words = split(line)
    except InvalidRequest as problem:
        raise InvalidRequest(_masked(problem.message)) from None
    return parse_words(words, catalog, default_model)


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
    said = _read(words, catalog, run)
    values = said.values()
    if values.get("help"):
        return Line(said.model, help=True)
    problems = [*said.problems, *said.clashes(), *_run_problems(values)]
    model = _resolve(said, catalog, default_model, problems, with_prompt=with_prompt)
    problems += said.not_taken(model, catalog, run)
    if problems:
        hint = f"`%video models {model.short}` lists what it takes." if model else "`%video models` lists the models."
        raise InvalidRequest(_masked("; ".join(problems)), hint=hint)
    ours = {flag.name for flag in run.values()}
    given = {name: value for name, value in values.items() if name not in ours}
    how = {name: value for name, value in values.items() if name in ours}
    return Line(said.model, given, **how, prompt=" ".join(said.words[1:]))


def _resolve(
    said: _Said, catalog: Catalog, default_model: Callable[[], Model], problems: list[str], *, with_prompt: bool
) -> Model | None:
    """Return the model that is meant; None, with a problem more, where that cannot be told."""
    if len(said.words) > 1 and not with_prompt:
        typed = " ".join(said.words)
        problems.append(f"only the model stands here, not {typed!r}: the prompt goes into the cell's body")
        return None
    try:
        return default_model() if said.model is None else catalog.find(said.model)[1]
    except InvalidRequest as problem:
        problems.append(problem.message)
        return None


@dataclass(slots=True)
class _Said:
    """What the words say: those that are neither flag nor value, and each flag as written with its value."""

    words: list[str] = field(default_factory=list)
    uses: list[tuple[str, Flag, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def model(self) -> str | None:
        """The model as typed: the first word, None without one."""
        return self.words[0] if self.words else None

    def values(self) -> dict[str, Any]:
        """Return what was set, by name."""
        found = {flag.name: value for _, flag, value in self.uses if flag.name != REFERENCE}
        references = [value for _, flag, value in self.uses if flag.name == REFERENCE]
        return found | ({REFERENCE: references} if references else {})

    def clashes(self) -> Iterator[str]:
        """Say which flags are given twice, or against each other."""
        first: dict[str, tuple[str, Flag]] = {}
        for written, flag, _ in self.uses:
            if flag.name == REFERENCE:
                continue
            if flag.name not in first:
                first[flag.name] = written, flag
            elif first[flag.name][1].sets == flag.sets:
                yield f"{written} is given twice"
            else:
                yield f"{first[flag.name][0]} and {written} exclude each other"

    def not_taken(self, model: Model | None, catalog: Catalog, run: Mapping[str, Flag]) -> Iterator[str]:
        """Say which flags nobody has, and which *model* has not."""
        own = all_flags(catalog) if model is None else flags_of(model)
        has = f"{model.short} has {listing(own, 'and')}" if model is not None and own else "`--help` shows them"
        for written in self.unknown:
            near = _ELSEWHERE.get(written) or _nearest(written, [*own, *run])
            yield f"no flag is called {written}{near or f'; {has}'}"
        for written in dict.fromkeys(written for written, _, _ in self.uses):
            if model is not None and written not in own and SHORT.get(written, written) not in run:
                yield f"{model.short} has no {written}; it has {listing(own, 'and')}"


def _read(words: Sequence[Word], catalog: Catalog, run: Mapping[str, Flag]) -> _Said:
    """Give each flag its value; the kind of a flag is known from all models, so that any model's is read."""
    known = {**all_flags(catalog), **run}
    said = _Said()
    left = deque(words)
    while left:
        word = left.popleft()
        flag = known.get(SHORT.get(word.flag, word.flag))
        if not word.flag:
            said.words.append(word.text or "")
        elif flag is None:
            said.unknown.append(word.flag)
            if word.text is None and left and not left[0].flag and not _names_model(left[0].text, catalog):
                left.popleft()  # most likely its value, and no model
        elif flag.sets is not None:
            said.uses.append((word.flag, flag, flag.sets))
            if word.text is not None:
                said.problems.append(f"{word.flag} takes no value")
        else:
            said.uses.append((word.flag, flag, _value(word, left, said.problems)))
    return said


def _value(word: Word, left: deque[Word], problems: list[str]) -> str | None:
    """Return the value that stands in the flag's own word or in the next one."""
    if word.text or word.quoted:
        return word.text or ""
    if word.text is None and left and not left[0].flag:
        return left.popleft().text or ""
    problems.append(f"{word.flag} needs a value (one that begins with a dash: {word.flag}=-…)")
    return None


def _run_problems(values: Mapping[str, Any]) -> Iterator[str]:
    out, cost = values.get("out"), values.get("max_cost")
    if out is not None and (not out.isidentifier() or keyword.iskeyword(out)):
        yield f"--out {out!r} cannot be the name of a variable"
    if values.get("quiet") and out is None:
        yield "--quiet needs --out NAME: the video would be nowhere"
    if cost is not None:
        try:
            read_amount(cost)
        except InvalidRequest as problem:
            yield f"--max-cost {problem.message}"


def _names_model(text: str | None, catalog: Catalog) -> bool:
    return any(text in {model.id, model.short} for model in catalog)


def _nearest(written: str, known: Sequence[str]) -> str:
    """Suggest the flag that *written* is the beginning of, or looks like; flags cannot be shortened."""
    longer = [flag for flag in known if len(written) > 2 and flag.startswith(written)]
    return f" (did you mean {listing(longer)}?)" if longer else did_you_mean(written, known)


def _masked(text: str) -> str:
    """Cut what looks like a key down to its first letters."""
    return _LIKE_A_KEY.sub(lambda found: found[0][:3] + "…", text)
