"""The parts of a prompt that are not words: placeholders, shots, names of inputs. A rewrite must not touch them.

They decide what is bought: a placeholder that is new would make a sweep, one that is lost takes a variable away.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from vidmagic.spec.params import listing

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_MARKS = (
    _PLACEHOLDER,
    re.compile(r"\[\[.*?\]\]"),  # a directive for the sandbox
    re.compile(r"<<<[^<>\n]{1,60}>>>"),  # Kling's elements
    re.compile(r"(?<![\w.@])@[\w-]{1,60}"),  # PixVerse's pictures, a person of Sora
    re.compile(r"\[\s*\d+(?:[.,]\d+)?\s*(?:-\s*\d+(?:[.,]\d+)?\s*)?s(?:ec(?:onds?)?)?\s*\]", re.IGNORECASE),  # [3 s]
    re.compile(r"\b(?:Image|Video|Audio|Shot) \d{1,2}\b"),  # the inputs of Wan and HappyHorse
    re.compile(r"[图视音][片像频]?\d{1,2}"),
    re.compile(r"^[ \t]*(---)[ \t\r]*$", re.MULTILINE),  # Kling's shots
)


def marks(text: str) -> Counter[str]:
    """Return the marks of *text*, each with how often it stands there."""
    return Counter(" ".join((mark[1] if mark.re.groups else mark[0]).split()) for mark in _all(text))


def placeholders(text: str) -> Counter[str]:
    """Return the double braces of *text*, each with how often it stands there."""
    return Counter(mark[0] for mark in _PLACEHOLDER.finditer(text))


def mark_problems(old: str, new: str) -> list[str]:
    """Return which marks of *old* are missing in *new*, and which are new there, in sentences."""
    before, after = marks(old), marks(new)
    lost, added = before - after, after - before
    problems = []
    if lost:
        problems.append(f"The new prompt lost {_texts(lost)}: put it back, or the video will be another one.")
    if added:
        problems.append(f"The new prompt has {_texts(added)}, which yours has not.")
    return problems


def _all(text: str) -> Iterable[re.Match[str]]:
    return (mark for pattern in _MARKS for mark in pattern.finditer(text))


def _texts(counted: Counter[str]) -> str:
    return listing([text if count == 1 else f"{count} × {text}" for text, count in counted.items()], "and")
