"""Shots and their takes: a shot is a name within a folder of notebooks, and each of its jobs is a take."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import read
from vidmagic.engine.journal.store import Store


@dataclass(frozen=True, slots=True)
class Take:
    """One job as a take of a shot: "kite 2"; `picked` marks the pick; `record` is None unless it was read."""

    shot: str
    number: int
    picked: bool
    job_id: str
    record: Record | None = None

    def __str__(self) -> str:
        return f"{self.shot} {self.number}"


def add(store: Store, folder: str, shot: str, job_ids: Iterable[str]) -> None:
    """Make the jobs takes of *shot*, in order; a job that is one already keeps its number."""
    added = [(folder, shot, job_id) for job_id in job_ids]

    def add_all(db: sqlite3.Connection) -> None:
        db.executemany(
            "INSERT OR IGNORE INTO take (folder, shot, number, job_id)"
            " SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3 FROM take WHERE folder = ?1 AND shot = ?2",
            added,
        )

    store.write(add_all)


def of_shot(store: Store, folder: str, shot: str) -> list[Take]:
    """Return the takes of *shot* by their numbers."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT job.*, take.number, take.picked FROM take JOIN job ON job.id = take.job_id"
            " WHERE take.folder = ? AND take.shot = ? ORDER BY take.number",
            (folder, shot),
        ).fetchall()
    return [Take(shot, row["number"], bool(row["picked"]), row["id"], read(row)) for row in rows]


def of_job(store: Store, folder: str, job_id: str) -> list[Take]:
    """Return the takes of *folder* that a job is: it may belong to several shots."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT shot, number, picked FROM take WHERE folder = ? AND job_id = ? ORDER BY shot", (folder, job_id)
        ).fetchall()
    return [Take(row["shot"], row["number"], bool(row["picked"]), job_id) for row in rows]


def first_of_job(store: Store, job_id: str, folder: str = "") -> Take | None:
    """Return the first take that a job became, of *folder* before those of other folders, or None."""
    with store.reading() as db:
        row = db.execute(
            "SELECT shot, number, picked FROM take WHERE job_id = ? ORDER BY folder = ? DESC, rowid LIMIT 1",
            (job_id, folder),
        ).fetchone()
    return None if row is None else Take(row["shot"], row["number"], bool(row["picked"]), job_id)


def shots(store: Store, folder: str) -> list[tuple[str, int]]:
    """Return the shots of *folder* by name, each with how many takes it has."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT shot, count(*) AS takes FROM take WHERE folder = ? GROUP BY shot ORDER BY shot", (folder,)
        ).fetchall()
    return [(row["shot"], row["takes"]) for row in rows]


def folders(store: Store, shot: str) -> list[str]:
    """Return the folders that have a shot of this name, the one with the newest take first."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT folder FROM take WHERE shot = ? GROUP BY folder ORDER BY max(rowid) DESC", (shot,)
        ).fetchall()
    return [row["folder"] for row in rows]


def pick(store: Store, folder: str, shot: str, number: int) -> bool:
    """Mark one take as the pick of its shot, instead of any other; return False if there is none of that number."""

    def pick_it(db: sqlite3.Connection) -> bool:
        key = (folder, shot, number)
        if db.execute("SELECT 1 FROM take WHERE folder = ? AND shot = ? AND number = ?", key).fetchone() is None:
            return False
        db.execute("UPDATE take SET picked = (number = ?) WHERE folder = ? AND shot = ?", (number, folder, shot))
        return True

    return store.write(pick_it)
