"""Match jobs by words of their prompts, their notes and their tags.

The index is SQLite's FTS5 with trigrams, which needs no spaces between words and so finds Chinese too. The search
creates and updates it, the start of a job never does: a SQLite without FTS5 can store jobs all the same. Words of one
or two characters have no trigram, and without FTS5 no word has one: those are searched in the prompts themselves.
Notes and tags change and are few: they are searched as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from vidmagic.engine.journal.store import Store
from vidmagic.errors import JournalError

_INDEX = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS prompt_words USING fts5 (prompt, content='job', content_rowid='n',"
    " tokenize='trigram')"
)
_CATCH_UP = (
    "INSERT INTO prompt_words (rowid, prompt) SELECT n, prompt FROM job"
    " WHERE n > (SELECT coalesce(max(id), 0) FROM prompt_words_docsize)"
)


Match = tuple[str, Sequence[object]]  # a condition on a row of the table `job`, and its values


def matches(store: Store, words: Sequence[str]) -> list[Match]:
    """Return a condition for each of *words*: the prompt, the note or the tags hold it."""
    is_indexed = bool(words) and _is_indexed(store)
    return [_match(word, is_indexed=is_indexed and len(word) >= 3) for word in words]


def _match(word: str, *, is_indexed: bool) -> Match:
    like = f"%{_like(word)}%"
    prompt, value = ("prompt LIKE ? ESCAPE '\\'", like)
    if is_indexed:
        prompt, value = "n IN (SELECT rowid FROM prompt_words WHERE prompt_words MATCH ?)", _quoted(word)
    remarks = "(note <> '' OR tags <> '[]') AND (note LIKE ? ESCAPE '\\' OR tags LIKE ? ESCAPE '\\')"
    return f"({prompt} OR {remarks})", [value, like, like]


def _is_indexed(store: Store) -> bool:
    """Update the index; return False where there can be none: an old SQLite, or a read-only journal."""
    if not _has_trigrams():
        return False
    try:
        store.write(_update_index)
    except JournalError:
        return False
    return True


def _update_index(db: sqlite3.Connection) -> None:
    db.execute(_INDEX)
    db.execute(_CATCH_UP)


def _has_trigrams() -> bool:
    """Return whether this SQLite has FTS5 with trigrams (since 3.34), by a trial in memory."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("CREATE VIRTUAL TABLE trial USING fts5 (x, tokenize='trigram')")
    except sqlite3.OperationalError:
        return False
    finally:
        db.close()
    return True


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
