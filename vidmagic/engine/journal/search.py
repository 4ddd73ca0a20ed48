"""Find jobs of the journal: by words, state, model, age, rating, tag and shot."""

from __future__ import annotations

import json
import sqlite3
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import from_json, read
from vidmagic.engine.journal.store import Store
from vidmagic.engine.journal.word_index import Match, matches
from vidmagic.engine.states import DONE

_Condition = tuple[str, Sequence[object]]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """What jobs must be like; a field that is left as it is leaves all of them.

    `words` stand in the prompt, the note or the tags. `stars` is the least rating; `unrated` jobs have none. `tags` are
    compared whatever their case. `ids` are those of all jobs that may be found. `since` is in seconds since 1970.
    `with_video` leaves jobs that are done and whose file nobody has deleted.
    """

    words: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    model: str = ""
    since: float = 0.0
    stars: int = 0
    unrated: bool = False
    tags: tuple[str, ...] = ()
    ids: tuple[str, ...] | None = None
    with_video: bool = False


def find(store: Store, chosen: JobFilter, *, limit: int = -1, offset: int = 0) -> list[Record]:
    """Return at most *limit* jobs after the first *offset* ones, newest first."""
    match = matches(store, chosen.words)
    with store.reading() as db:
        where, values = _where(db, chosen, match)
        rows = db.execute(
            f"SELECT * FROM job WHERE {where} ORDER BY n DESC LIMIT ? OFFSET ?", [*values, limit, offset]
        ).fetchall()
    return [read(row) for row in rows]


def search(store: Store, words: Sequence[str], limit: int) -> list[Record]:
    """Return the jobs that all *words* stand in, newest first; no words find every job."""
    return find(store, JobFilter(words=tuple(words)), limit=limit)


def count(store: Store, chosen: JobFilter) -> int:
    """Return how many jobs there are."""
    match = matches(store, chosen.words)
    with store.reading() as db:
        where, values = _where(db, chosen, match)
        return int(db.execute(f"SELECT count(*) FROM job WHERE {where}", values).fetchone()[0])


def same_tag(tag: str) -> str:
    """Return what a tag and all other ways to write it have in common."""
    return unicodedata.normalize("NFC", tag).casefold()


def _where(db: sqlite3.Connection, chosen: JobFilter, match: Sequence[Match]) -> tuple[str, list[object]]:
    db.create_function("has_tag", 2, _has_tag, deterministic=True)
    conditions = [*match, *_conditions(chosen)]
    return " AND ".join(text for text, _ in conditions) or "1", [value for _, values in conditions for value in values]


def _conditions(chosen: JobFilter) -> Iterator[_Condition]:
    if chosen.states:
        yield f"state IN ({', '.join('?' * len(chosen.states))})", chosen.states
    if chosen.model:
        yield "model = ?", [chosen.model]
    if chosen.since:
        yield "created >= ?", [chosen.since]
    if chosen.stars:
        yield "stars >= ?", [chosen.stars]
    if chosen.unrated:
        yield "stars IS NULL", []
    for tag in chosen.tags:
        yield "tags <> '[]' AND has_tag(tags, ?)", [same_tag(tag)]
    if chosen.ids is not None:
        yield "id IN (SELECT value FROM json_each(?))", [json.dumps(chosen.ids)]
    if chosen.with_video:
        yield "state = ? AND deleted = 0", [DONE]


def _has_tag(tags: str, tag: str) -> bool:
    """Return whether the column *tags*, which may be damaged, holds *tag*."""
    stored = from_json(tags)
    return isinstance(stored, list) and any(isinstance(other, str) and same_tag(other) == tag for other in stored)
