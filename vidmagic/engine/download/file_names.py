"""The names of finished videos: words of the request, or time, model and id; safe in every file system."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Iterator

from vidmagic.engine.journal.record import Record

MOST_WORDS = 8
LONGEST_WORDS = 48  # characters of the prompt
LONGEST = (
    120  # bytes: with a number, a suffix and what marks an unfinished file, the shortest limit (143) is not passed
)

_ARTICLES = {"a", "an", "the"}
_DEVICES = re.compile(
    r"(?:con|prn|aux|nul|conin|conout|clock|com\d|lpt\d)", re.IGNORECASE
)  # Windows takes none of them
_BETWEEN_WORDS = re.compile(r"[\s_-]+")
_APOSTROPHES = str.maketrans("", "", "'’")


def dated_name(record: Record) -> str:
    """Return a name of time, model and id, which no other job has."""
    when = time.strftime("%Y%m%d-%H%M%S", time.localtime(record.created))
    model = "".join(char for char in record.model.rpartition("/")[2].lower() if char.isalnum() or char in ".-_")
    return f"{when}-{model[:40]}-{record.id}"


def name_in_words(prompt: str, model: str, shot: str = "", take: int = 0) -> str:
    """Return a name of shot, take and the first words of the prompt; of the model where the prompt has no word.

    Two requests may have the same.
    """
    words = "-".join(_words(prompt)) or "-".join(_words(model.rpartition("/")[2])) or "video"
    head = f"{_cut(_normal(shot), LONGEST // 2)}-{take:02}-" if shot else ""
    name = _cut(head + words, LONGEST)
    return f"video-{name}" if _DEVICES.fullmatch(name) else name


def _words(text: str) -> Iterator[str]:
    """Yield the first words of *text* in small letters, without an article at the beginning."""
    length = 0
    words = [word for word in _BETWEEN_WORDS.split(_normal(_normal(text[:2000]).lower())) if word]
    if len(words) > 1 and words[0] in _ARTICLES:
        del words[0]
    for word in words[:MOST_WORDS]:
        left = LONGEST_WORDS - length
        if len(word) > left and length:
            return
        yield word[:left]  # Chinese has no spaces: a whole sentence is one word
        length += len(word) + 1


def _normal(text: str) -> str:
    """Return *text* composed in one way, letters, marks and digits only: file systems differ in the form."""
    composed = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES))
    return "".join(char if unicodedata.category(char)[0] in "LMN" or char in "-_" else " " for char in composed)


def _cut(text: str, most: int) -> str:
    """Return *text* cut to *most* bytes of UTF-8, between two characters."""
    return text.encode("utf-8")[:most].decode("utf-8", "ignore").strip("-_ ")
