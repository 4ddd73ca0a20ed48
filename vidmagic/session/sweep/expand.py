"""All combinations of several values: models, parameters, and alternatives in the prompt."""

from __future__ import annotations

import itertools
import math
import numbers
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vidmagic.engine.job import Job
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import shorten
from vidmagic.session.sweep.wildcards import words_of
from vidmagic.spec.request import REFERENCE

MOST = 10_000  # combinations of one sweep
WORDS = "words"  # the factor of the first alternatives in a prompt; those of the second are "words2"
_CHOICE = re.compile(r"\{\{([^{}|\n]*(?:\|[^{}|\n]*)+|[ \t]*@[^{}|\n]+)\}\}")


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination: what `Session.plan` is asked for, and its `factors`: by name, what sets it apart, as text.

    The factors are `model`, a swept parameter, `words` (the alternatives of the prompt, then `words2` …) and `prompt`
    (whole prompts). Of a table, `row` is the number of its row, `columns` are the row's cells as text, and `shot` is
    the shot that the row names.
    """

    prompt: str
    model: str | None
    given: Mapping[str, object]
    factors: Mapping[str, str]
    row: int = 0
    columns: Mapping[str, str] = field(default_factory=dict)
    shot: str = ""

    @property
    def source(self) -> str:
        """Where it comes from in the words of an error: its row in a table, else what sets it apart."""
        return f"row {self.row}" if self.row else self.label

    @property
    def label(self) -> str:
        """The factors in one line, as "hailuo · seed 1 · red"."""
        return " · ".join(factor_text(name, value) for name, value in self.factors.items())


def factor_text(name: str, value: str) -> str:
    """Return what one factor is: a model or words by themselves, a parameter with its name, as "seed 1"."""
    is_plain = name in {"model", "prompt", "shot"} or name.startswith(WORDS)
    return value if is_plain else f"{name.replace('_', ' ')} {value}"


def variants(
    prompt: str | Sequence[str], model: str | Sequence[str] | None, given: Mapping[str, object], *, most: int = MOST
) -> Iterator[Variant]:
    """Yield every combination; the last value changes fastest. Raises InvalidRequest for more than *most* of them.

    A prompt as text may hold alternatives (`{{red|blue}}`); several prompts are taken as they are. A list is several
    values; for a reference, which may be several at once, only a list of lists is.
    """
    models: Sequence[str | None] = [model] if isinstance(model, str) or model is None else model
    axes = {name: _values(name, value) for name, value in given.items()}
    choices = [len(words) for words in _choices(prompt)] if isinstance(prompt, str) else [len(prompt)]
    count = math.prod([len(models), *map(len, axes.values()), *choices])
    if count > most:
        raise too_many(count, most)
    prompts = list(alternatives(prompt)) if isinstance(prompt, str) else [(text, (text,)) for text in prompt]
    parts = _word_factors(len(choices)) if isinstance(prompt, str) else ["prompt"]
    for model_name, values, (text, words) in itertools.product(models, itertools.product(*axes.values()), prompts):
        factors = {"model": str(model_name)} if len(models) > 1 else {}
        factors |= {name: _text(value) for name, value in zip(axes, values, strict=True) if len(axes[name]) > 1}
        factors |= zip(parts, words, strict=True) if len(prompts) > 1 else ()
        yield Variant(text, model_name, dict(zip(axes, values, strict=True)), factors)


def too_many(count: int, most: int) -> InvalidRequest:
    """Return the error of a sweep of *count* combinations."""
    hint = "`--sample 6` draws some of them." if most == MOST else ""
    return InvalidRequest(f"these are {count:,} combinations; a sweep takes at most {most:,}", hint=hint)


def has_alternatives(prompt: str) -> bool:
    """Return whether *prompt* holds `{{a|b}}` or `{{@file}}`."""
    return _CHOICE.search(prompt) is not None


def alternatives(prompt: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the prompt with each choice of its `{{a|b}}`, and the words that were chosen.

    Spaces round an alternative are not part of it, and it may be empty: `{{red|}}`. `@light.txt` stands for the lines
    of that file. Raises InvalidRequest for a file that cannot be read.
    """
    texts = _CHOICE.split(prompt)[::2]
    for words in itertools.product(*_choices(prompt)):
        pieces = itertools.zip_longest(texts, words, fillvalue="")
        yield "".join(itertools.chain.from_iterable(pieces)), tuple(word or "(nothing)" for word in words)


def _choices(prompt: str) -> list[list[str]]:
    """Return the alternatives of each `{{a|b}}` in *prompt*."""
    return [
        [part for word in choice.split("|") for part in words_of(word.strip())] for choice in _CHOICE.findall(prompt)
    ]


def _word_factors(count: int) -> list[str]:
    return [WORDS if number == 1 else f"{WORDS}{number}" for number in range(1, count + 1)]


def _values(name: str, value: object) -> Sequence[object]:
    is_several = isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple)
    if name.startswith(REFERENCE) and not is_several:
        return [value]
    return value if isinstance(value, list | tuple | range) else [value]


def _text(value: object) -> str:
    if isinstance(value, Job):
        text = f"job {value.id}"
    elif isinstance(value, os.PathLike):
        text = Path(value).name
    else:
        text = str(value) if isinstance(value, str | numbers.Real) else f"<{type(value).__name__}>"
    return shorten(text, 40, empty="")
