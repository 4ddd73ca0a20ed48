"""What changed from one take to the next: words of the prompt, parameters, images."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vidmagic.engine.journal.record import Record
from vidmagic.spec.request import FIRST

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(rf"[{_HAN}]|[^\W{_HAN}]+(?:['’-][^\W{_HAN}]+)*|[^\w\s]")  # Chinese: each character is a word
_MOST = 8  # differences that are named; more than that is another prompt
_LONGEST = 60  # characters of one phrase


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `what` is "" for the prompt's words, else a parameter; `old` was struck, `new` was added."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        if not self.what and not (self.old and self.new):
            return f"+ “{self.new}”" if self.new else f"− “{self.old}”"
        return f"{self.what} {self.old or 'none'} → {self.new or 'none'}".strip()


@dataclass(frozen=True, slots=True)
class Changes:
    """What a take has that the one *since* had not."""

    since: str
    found: tuple[Change, ...]

    def __str__(self) -> str:
        return f"since {self.since}: {', '.join(map(str, self.found)) or 'the same request again'}"


def changes(since: str, before: Record, after: Record) -> Changes:
    """Compare two takes; *since* is what the earlier one is called."""
    both = before.params.keys() & after.params.keys() if before.model != after.model else None
    found = [
        *_words(before.prompt, after.prompt),
        *_values({"model": _short(before)}, {"model": _short(after)}),
        *_values(_only(both, before.params), _only(both, after.params)),
        *_values(_images(before), _images(after)),
        *_values(_kind(before), _kind(after)),
    ]
    return Changes(since, tuple(found))


def _words(before: str, after: str) -> list[Change]:
    """Return the phrases that were struck and added; a prompt that is all another is not taken apart."""
    old, new = list(_WORD.finditer(before)), list(_WORD.finditer(after))
    same = difflib.SequenceMatcher(None, [w[0] for w in old], [w[0] for w in new], autojunk=False)
    found = [
        Change("", _phrase(before, old[a:b]), _phrase(after, new[c:d]))
        for kind, a, b, c, d in same.get_opcodes()
        if kind != "equal"
    ]
    if len(found) > _MOST:
        return [Change("", _cut(before), _cut(after))]
    if not found and before != after:
        return [Change("spaces of the prompt", "as they were", "others")]
    return found


def _phrase(text: str, words: list[re.Match[str]]) -> str:
    whole = text[words[0].start() : words[-1].end()] if words else ""
    return _cut(whole.strip(" ,，、.。;；") or whole)


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _values(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change(name.replace("_", " "), _said(before.get(name)), _said(after.get(name)))


def _only(names: Collection[str] | None, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what only one of two models has: that follows from the model."""
    return values if names is None else {name: value for name, value in values.items() if name in names}


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else _cut(str(value))


def _short(record: Record) -> str:
    return record.model.rpartition("/")[2]


def _images(record: Record) -> dict[str, str]:
    """Name each image by what the user called it and the beginning of its digest, which tells equal names apart.

    A first frame that is another job's last one is told by that job.
    """
    said: dict[str, str] = {}
    for number, image in enumerate(record.images, 1):
        role = str(image["role"])
        if role == FIRST and record.parent:
            said["from"] = record.parent
        else:
            said[role if role not in said else f"{role} {number}"] = f"{image['name']} ({str(image['sha256'])[:6]})"
    return said


def _kind(record: Record) -> dict[str, str]:
    return {"run": "rehearsal" if record.in_sandbox else "real"}
