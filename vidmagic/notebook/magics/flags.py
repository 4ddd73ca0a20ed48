"""The line of a `%%video` cell as data: a model, its parameters, its images, and how to run it."""

from __future__ import annotations

import keyword
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from vidmagic.errors import InvalidRequest
from vidmagic.notebook.magics.run_flags import RUN, SHORT, Flag, all_flags, flags_of
from vidmagic.notebook.magics.tokens import Word, split
from vidmagic.providers.catalog import Catalog
from vidmagic.session.planning import read_amount
from vidmagic.session.shots import check_name
from vidmagic.spec.models import Model
from vidmagic.spec.params import did_you_mean, listing
from vidmagic.spec.request import REFERENCE, ROLES

_ELSEWHERE = {
    "--model": " (the model stands first, without a flag)",  # on a command line; a cell takes it
    "--prompt": " (the prompt goes into the cell's body)",
    "--key": " (a key is set in the environment)",
    "--api-key": " (a key is set in the environment)",
}
_LINK = re.compile(r"(?:https?|data|ssupload):", re.IGNORECASE)
_LIKE_A_KEY = re.compile(r"\b(?:sk|vda|key)[-_][\w-]{6,}|\b(?=\w*\d)(?=\w*[A-Za-z])\w{24,}")


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
    said = _read(words, catalog, run, several=not with_prompt)
    values = said.values()
    first = next(iter(said.models), None)
    if values.get("help"):
        return Line(first, help=True)
    problems = [*said.problems, *said.clashes(), *_run_problems(values)]
    found = _resolve(said, catalog, default_model, problems, with_prompt=with_prompt)
    for model in found or (None,):
        problems += said.not_taken(model, catalog, run)
    if problems:
        hint = f"`%video models {found[0].short}` lists what it takes." if found else "`%video models` lists them all."
        raise InvalidRequest(_masked("; ".join(dict.fromkeys(problems))), hint=hint)
    ours = {flag.name for flag in run.values()}
    given = {name: value for name, value in values.items() if name not in ours}
    how = {name: value for name, value in values.items() if name in ours and name != "model"}
    several = said.models if len(said.models) > 1 else ()
    return Line(first, given, **how, models=several, prompt=" ".join(said.words[1:]))


def _resolve(
    said: _Said, catalog: Catalog, default_model: Callable[[], Model], problems: list[str], *, with_prompt: bool
) -> list[Model]:
    """Return the models that are meant; none, with a problem more, where that cannot be told."""
    if len(said.words) > 1 and not with_prompt:
        typed = " ".join(said.words)
        problems.append(f"only the model stands here, not {typed!r}: the prompt goes into the cell's body")
        return []
    try:
        return [catalog.find(name)[1] for name in said.models] or [default_model()]
    except InvalidRequest as problem:
        problems.append(problem.message)
        return []


@dataclass(slots=True)
class _Said:
    """What the words say: those that are neither flag nor value, and each flag as written with its value."""

    words: list[str] = field(default_factory=list)
    uses: list[tuple[str, Flag, Any]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def models(self) -> tuple[str, ...]:
        """The models as typed: the first word, or the value of `--model`, at its commas; none for the default."""
        flagged = self.values().get("model") or []
        typed = self.words[:1] or ([flagged] if isinstance(flagged, str) else flagged)
        return tuple(name for each in typed for name in each.split(",") if name)

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
        if self.words and "model" in first:
            yield "the model is given twice: it stands first, or after --model"

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


def _read(words: Sequence[Word], catalog: Catalog, run: Mapping[str, Flag], *, several: bool) -> _Said:
    """Give each flag its value; the kind of a flag is known from all models, so that any model's is read.

    With *several* a model's flag may have more than one value, between commas.
    """
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
            value = _value(word, left, said.problems)
            is_list = several and (flag.name == "model" or SHORT.get(word.flag, word.flag) not in run)
            read = _values(word.flag, flag, value, said.problems) if is_list else value.text
            said.uses.append((word.flag, flag, read))
    return said


def _value(word: Word, left: deque[Word], problems: list[str]) -> Word:
    """Return the value that stands in the flag's own word or in the next one; without text where there is none."""
    if word.text or word.quoted:
        return Word("", word.text or "", word.quoted)
    if word.text is None and left and not left[0].flag:
        return left.popleft()
    problems.append(f"{word.flag} needs a value (one that begins with a dash: {word.flag}=-…)")
    return Word("", None)


def _values(written: str, flag: Flag, value: Word, problems: list[str]) -> str | list[str] | None:
    """Return a value, or the list of those between its commas; quotes keep it one, and so does a link."""
    text = value.text
    one = value.quoted or flag.name == REFERENCE or (flag.name in ROLES and _LINK.match(text or ""))
    if text is None or "," not in text or one:
        return text
    found = text.split(",")
    if not all(found):
        problems.append(f"{written} {text} has an empty value between its commas")
    return found


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


def _names_model(text: str | None, catalog: Catalog) -> bool:
    return any(text in {model.id, model.short} for model in catalog)


def _nearest(written: str, known: Sequence[str]) -> str:
    """Suggest the flag that *written* is the beginning of, or looks like; flags cannot be shortened."""
    longer = [flag for flag in known if len(written) > 2 and flag.startswith(written)]
    return f" (did you mean {listing(longer)}?)" if longer else did_you_mean(written, known)


def _masked(text: str) -> str:
    """Cut what looks like a key down to its first letters."""
    return _LIKE_A_KEY.sub(lambda found: found[0][:3] + "…", text)
