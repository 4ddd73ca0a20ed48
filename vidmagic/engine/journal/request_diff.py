"""The differences between two takes: words of the prompt, parameters, inputs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from vidmagic.engine.journal.record import Record
from vidmagic.spec.prompt_words import cut, phrase
from vidmagic.spec.request import FIRST
from vidmagic.spec.word_diff import Words, changed

_MOST = 8  # differences that are listed; more than that is another prompt


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: `what` is "" for the prompt's words, else a parameter; `old` was removed, `new` was added."""

    what: str
    old: str
    new: str

    def __str__(self) -> str:
        if not self.what and not (self.old and self.new):
            return f"+ “{self.new}”" if self.new else f"− “{self.old}”"
        return f"{self.what} {self.old or 'none'} → {self.new or 'none'}".strip()


@dataclass(frozen=True, slots=True)
class Changes:
    """The differences of a take from another one, which is called *since* and may be the pick of the shot."""

    since: str
    differences: tuple[Change, ...]
    picked: bool = False

    @property
    def opening(self) -> str:
        """What stands before the differences, or alone where the two requests are the same."""
        if not self.differences:
            return f"same as {self.since}"
        return f"compared with the pick, {self.since}:" if self.picked else f"since {self.since}:"

    def __str__(self) -> str:
        return f"{self.opening} {', '.join(map(str, self.differences))}".strip()


def changes(since: str, before: Record, after: Record, *, picked: bool = False) -> Changes:
    """Compare the requests of two takes; *since* is the name of the one before, *picked* whether it is the pick."""
    both = before.params.keys() & after.params.keys() if before.model != after.model else None
    differences = [
        *_words(before.prompt, after.prompt),
        *_values({"model": _short(before)}, {"model": _short(after)}),
        *_values(_only(both, before.params), _only(both, after.params)),
        *_values(_inputs(before), _inputs(after)),
        *_values(_kind(before), _kind(after)),
    ]
    return Changes(since, tuple(differences), picked)


def _words(before: str, after: str) -> list[Change]:
    """Return the phrases that were removed and added; two prompts without much in common are shown whole."""
    phrases = [Change("", _cut_phrase(before, old), _cut_phrase(after, new)) for old, new in changed(before, after)]
    if len(phrases) > _MOST:
        return [Change("", cut(before), cut(after))]
    if not phrases and before != after:
        return [Change("spaces of the prompt", "as they were", "others")]
    return phrases


def _cut_phrase(text: str, words: Words) -> str:
    return cut(phrase(text, words))


def _values(before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change(name.replace("_", " "), _text(before.get(name)), _text(after.get(name)))


def _only(names: Collection[str] | None, values: Mapping[str, object]) -> Mapping[str, object]:
    """Return the values of *names*: a parameter that only one of two models has is not a change of its own."""
    return values if names is None else {name: value for name, value in values.items() if name in names}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else cut(str(value))


def _short(record: Record) -> str:
    return record.model.rpartition("/")[2]


def _inputs(record: Record) -> dict[str, str]:
    """Return each input's name and the beginning of its digest, which distinguishes equal names, by its role.

    A first frame that is the last frame of another job is shown as the id of that job, and so is a job's video.
    """
    inputs: dict[str, str] = {}
    for number, given in enumerate(record.images, 1):
        role, name = str(given["role"]), str(given["name"])
        if role == FIRST and record.parent:
            inputs["from"] = record.parent
        else:
            text = f"job {name}" if name == given.get("job") else f"{name} ({str(given['sha256'])[:6]})"
            inputs[role if role not in inputs else f"{role} {number}"] = text
    return inputs


def _kind(record: Record) -> dict[str, str]:
    return {"run": "sandbox" if record.in_sandbox else "real"}
