"""The difference of two texts in words: a Chinese character is a word, and so is a punctuation mark."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+(?:['’-][^\W{_HAN}]+)*|[^\w\s]")
_TRIFLE = 3  # letters: what two texts have in common by chance, as "a" or a comma

Words = list[re.Match[str]]


class Run(NamedTuple):
    """The words from `old_start` to `old_end` of the one text, and those from `new_start` to `new_end` of the other."""

    same: bool
    old_start: int
    old_end: int
    new_start: int
    new_end: int


class Span(NamedTuple):
    """A part of both texts, with the spaces after it: `old` became `new`, or stayed the same."""

    same: bool
    old: str
    new: str


def words(text: str) -> Words:
    """Return the words of *text* with their positions."""
    return list(_WORD.finditer(text))


def runs(old: Words, new: Words) -> list[Run]:
    """Return which words of two texts are the same and which differ, in their order."""
    matcher = difflib.SequenceMatcher(None, [word[0] for word in old], [word[0] for word in new], autojunk=False)
    return [Run(kind == "equal", *positions) for kind, *positions in matcher.get_opcodes()]


def spans(before: str, after: str) -> list[Span]:
    """Return both texts in parts, so that all `old` together are *before* and all `new` are *after*.

    A trifle that two changes have between them is part of one larger change: a text of single words cannot be read.
    """
    old, new = words(before), words(after)
    merged = _merged(runs(old, new), old)
    return [
        Span(run.same, _text(before, old, run.old_start, run.old_end), _text(after, new, run.new_start, run.new_end))
        for run in merged
    ]


def _merged(parts: Sequence[Run], old: Words) -> Iterable[Run]:
    merged: list[Run] = []
    for at, part in enumerate(parts):
        is_between = 0 < at < len(parts) - 1
        same = part.same and not (is_between and _is_trifle(old[part.old_start : part.old_end]))
        last = merged[-1] if merged else None
        if last is not None and not last.same and not same:
            merged[-1] = Run(False, last.old_start, part.old_end, last.new_start, part.new_end)
        else:
            merged.append(part._replace(same=same))
    return merged


def _is_trifle(same: Words) -> bool:
    return len(same) == 1 and len(same[0][0]) <= _TRIFLE


def _text(text: str, all_words: Words, start: int, end: int) -> str:
    """Return the words from *start* to *end* as they stand in *text*, with the spaces up to the next word."""
    first = all_words[start].start() if 0 < start < len(all_words) else 0 if start == 0 else len(text)
    last = all_words[end].start() if end < len(all_words) else len(text)
    return text[first:last] if end > start or (not all_words and start == 0) else ""


def changed(before: str, after: str) -> Iterator[tuple[Words, Words]]:
    """Yield the words that were removed and those that came in their place, for each difference."""
    old, new = words(before), words(after)
    for run in runs(old, new):
        if not run.same:
            yield old[run.old_start : run.old_end], new[run.new_start : run.new_end]
