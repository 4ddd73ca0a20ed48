"""Find jobs by words of their prompts.

The index is SQLite's FTS5 with trigrams, which needs no spaces between words and so finds Chinese too. The search
creates and updates it, the start of a job never does: a SQLite without FTS5 can store jobs all the same. Words of one
or two characters have no trigram, and without FTS5 no word has one: those are searched in the prompts themselves.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import read
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


def search(store: Store, words: Sequence[str], limit: int) -> list[Record]:
    """Return the jobs whose prompts hold all *words*, newest first; no words find every job."""
    indexed = [word for word in words if len(word) >= 3] if _is_indexed(store) else []
    others = [word for word in words if word not in indexed]
    conditions = ["prompt LIKE ? ESCAPE '\\'"] * len(others)
    if indexed:
        conditions.append("n IN (SELECT rowid FROM prompt_words WHERE prompt_words MATCH ?)")
    values = [f"%{_like(word)}%" for word in others] + ([" ".join(map(_quoted, indexed))] if indexed else [])
    with store.reading() as db:
        rows = db.execute(
            f"SELECT * FROM job WHERE {' AND '.join(conditions or ['1'])} ORDER BY n DESC LIMIT ?",
            [*values, limit],
        ).fetchall()
    return [read(row) for row in rows]


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
