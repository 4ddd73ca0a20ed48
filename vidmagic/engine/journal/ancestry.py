"""The ancestors and children of a job: a job may start from the last frame of another one, its parent."""

from __future__ import annotations

import os

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.rows import read
from vidmagic.engine.journal.store import Store


def ancestors(store: Store, record: Record) -> list[Record]:
    """Return the jobs that led to *record*, the oldest first; the list ends at a parent that the journal lacks."""
    with store.reading() as db:
        rows = db.execute(
            "WITH RECURSIVE line(id, depth) AS (SELECT ?, 1 UNION"
            " SELECT parent, depth + 1 FROM job JOIN line ON job.id = line.id WHERE parent <> '' AND depth < 1000)"
            " SELECT job.* FROM line JOIN job ON job.id = line.id ORDER BY depth DESC",
            (record.parent,),
        ).fetchall()
    return [read(row) for row in rows]


def children(store: Store, job_id: str) -> list[Record]:
    """Return the jobs that start from this one's last frame, the oldest first."""
    with store.reading() as db:
        rows = db.execute("SELECT * FROM job WHERE parent <> '' AND parent = ? ORDER BY n", (job_id,)).fetchall()
    return [read(row) for row in rows]


def by_file(store: Store, path: str) -> Record | None:
    """Return the job that made the file at this absolute path, or None."""
    with store.reading() as db:
        row = db.execute("SELECT * FROM job WHERE path = ? ORDER BY n DESC LIMIT 1", (path,)).fetchone()
    return read(row) if row is not None else None


def by_file_name(store: Store, name: str) -> list[Record]:
    """Return the jobs whose file has this name, in any folder, the newest first."""
    end = os.sep + name
    with store.reading() as db:
        rows = db.execute("SELECT * FROM job WHERE substr(path, -length(?)) = ? ORDER BY n DESC", (end, end)).fetchall()
    return [read(row) for row in rows]


def other_files(store: Store, begin: str, job_id: str) -> list[str]:
    """Return the files whose path begins with *begin* and that other jobs made, be they there or not."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT path FROM job WHERE path >= ?1 AND path < ?1 || char(1114111) AND id <> ?2", (begin, job_id)
        ).fetchall()
    return [row["path"] for row in rows]


def by_checksum(store: Store, *checksums: str) -> Record | None:
    """Return the newest job whose file, or the service's bytes in it, has one of these SHA-256, or None."""
    marks = ", ".join("?" * len(checksums))
    with store.reading() as db:
        row = db.execute(
            f"SELECT * FROM job WHERE path <> '' AND (sha256 IN ({marks}) OR file_sha256 IN ({marks}))"
            " ORDER BY n DESC LIMIT 1",
            (*checksums, *checksums),
        ).fetchone()
    return read(row) if row is not None else None
