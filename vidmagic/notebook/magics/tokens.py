"""Split a line into words: `'…'` and `"…"` group a word; a backslash has no special meaning."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass

from vidmagic.errors import InvalidRequest

_WORD = re.compile(
    r"""(?P<flag>[-–—]{1,2}[^\s="']*=)?(?P<quote>["'])(?P<text>(?:(?!(?P=quote)).)*)(?P=quote)(?=\s|$)|(?P<bare>\S+)""",
    re.DOTALL,
)
_FLAG = re.compile(r"(?P<flag>[-–—]{1,2}[^\s=]*)(?:=(?P<text>.*))?", re.DOTALL)  # text editors make dashes long
_NUMBER = re.compile(r"-(\d+\.?\d*|\.\d+)")
_LIKE_A_KEY = re.compile(r"\b(?:sk|vda|key)[-_][\w-]{6,}|\b(?=\w*\d)(?=\w*[A-Za-z])\w{24,}")
_OPEN = re.compile(r"""(?:[-–—]{1,2}[^\s="']*=)?["']""")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the line: `flag` as written, "" for none; `text` is its value or the word itself, None for none.

    `--seed=1` is one word with both. `quoted` distinguishes `--negative=""` from `--negative=`, and `"a,b"`, one value,
    from `a,b`.
    """

    flag: str
    text: str | None
    quoted: bool = False


def split(line: str) -> list[Word]:
    """Return the words of *line*. Raises InvalidRequest when a quote is not closed."""
    words = []
    for piece in _WORD.finditer(line):
        if _is_open(piece):
            typed = mask_keys(line[piece.start() :].strip())
            raise InvalidRequest(f"a quote is not closed, or text touches a closing one: {typed}")
        words.append(_word(piece))
    return words


def without_flags(line: str, flags: Mapping[str, bool]) -> str:
    """Return *line* as typed without some *flags*; the value of each is whether a word may stand behind it."""
    left, skips = [], False
    for piece in _WORD.finditer(line):
        read = _word(piece)
        if skips and not read.flag:
            skips = False
        elif read.flag in flags:
            skips = flags[read.flag] and read.text is None
        else:
            left.append(piece[0])
            skips = False
    return " ".join(left)


def unfinished(line: str) -> tuple[list[Word], str]:
    """Return the whole words of *line*, and as typed the last one, at which the cursor stands ("" after a space)."""
    pieces = list(_WORD.finditer(line))
    for at, piece in enumerate(pieces):
        if _is_open(piece):
            return [_word(whole) for whole in pieces[:at]], line[piece.start() :]
    if pieces and pieces[-1].end() == len(line):
        return [_word(whole) for whole in pieces[:-1]], pieces[-1][0]
    return [_word(whole) for whole in pieces], ""


def word(text: str) -> Word:
    """Return the word that *text* is, as a shell hands it over: split already, and without its quotes."""
    flag = _FLAG.fullmatch(text)
    if flag is None or text == "-" or _NUMBER.fullmatch(text):
        return Word("", text, quoted=True)
    return Word(flag["flag"], flag["text"])


def mask_keys(text: str) -> str:
    """Cut what looks like a key down to its first letters: a notebook stores the messages it shows."""
    return _LIKE_A_KEY.sub(lambda key: key[0][:3] + "…", text)


def _is_open(piece: re.Match[str]) -> bool:
    return piece["bare"] is not None and _OPEN.match(piece["bare"]) is not None


def _word(piece: re.Match[str]) -> Word:
    if piece["bare"] is not None:
        return dataclasses.replace(word(piece["bare"]), quoted=False)
    return Word((piece["flag"] or "").rstrip("="), piece["text"], quoted=True)
