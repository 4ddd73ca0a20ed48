"""All combinations of several values: models, parameters, and alternatives in the prompt."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vidmagic.spec.request import REFERENCE

_CHOICE = re.compile(r"\{\{([^{}|\n]*(?:\|[^{}|\n]*)+)\}\}")


@dataclass(frozen=True, slots=True)
class Variant:
    """One combination: what `Session.plan` is asked for, and in `label` what sets it apart from the others."""

    prompt: str
    model: str | None
    given: Mapping[str, Any]
    label: str


def variants(prompt: str | Sequence[str], model: str | Sequence[str] | None, given: Mapping[str, Any]) -> list[Variant]:
    """Return every combination; the last value changes fastest.

    A prompt as text may hold alternatives (`{{red|blue}}`); several prompts are taken as they are. A list is several
    values; for `reference`, which takes several images at once, only a list of lists is.
    """
    models = _several(model)
    axes = {name: _values(name, value) for name, value in given.items()}
    prompts = list(alternatives(prompt)) if isinstance(prompt, str) else [(text, (text,)) for text in prompt]
    found = []
    for chosen, values, (text, words) in itertools.product(models, itertools.product(*axes.values()), prompts):
        said = [str(chosen)] if len(models) > 1 else []
        said += [_said(name, v) for (name, all_), v in zip(axes.items(), values, strict=True) if len(all_) > 1]
        said += words if len(prompts) > 1 else ()
        found.append(Variant(text, chosen, dict(zip(axes, values, strict=True)), " · ".join(said)))
    return found


def has_alternatives(prompt: str) -> bool:
    """Tell whether *prompt* holds `{{a|b}}`."""
    return _CHOICE.search(prompt) is not None


def alternatives(prompt: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the prompt with each choice of its `{{a|b}}`, and the words that were chosen.

    Spaces round an alternative are not part of it, and it may be empty: `{{red|}}`.
    """
    parts = _CHOICE.split(prompt)  # text, alternatives, text, …
    choices = [[word.strip() for word in part.split("|")] for part in parts[1::2]]
    for words in itertools.product(*choices):
        pieces = itertools.zip_longest(parts[::2], words, fillvalue="")
        yield "".join(itertools.chain.from_iterable(pieces)), tuple(word or "(nothing)" for word in words)


def _values(name: str, value: Any) -> list[Any]:
    if name == REFERENCE and not (isinstance(value, list | tuple) and value and isinstance(value[0], list | tuple)):
        return [value]
    return _several(value)


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | range) else [value]


def _said(name: str, value: Any) -> str:
    text = str(value) if isinstance(value, str | int | float) else f"<{type(value).__name__}>"
    return f"{name.replace('_', ' ')} {text if len(text) <= 40 else text[:39] + '…'}"
