"""The journal's tables, step by step. Append only: a released step is never changed."""

from __future__ import annotations

import sqlite3

APPLICATION = 0x7669646D  # "vidm": `file` and other tools recognise the journal by it
MIGRATIONS = (
    # 1: the first journal
    """
    CREATE TABLE job (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        model TEXT NOT NULL,
        service TEXT NOT NULL,
        wire_name TEXT NOT NULL,
        mode TEXT NOT NULL,
        prompt TEXT NOT NULL,
        params TEXT NOT NULL,
        images TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        rehearsal INTEGER NOT NULL,
        origin TEXT NOT NULL,
        folder TEXT NOT NULL,
        state TEXT NOT NULL,
        charged TEXT NOT NULL,
        task_id TEXT NOT NULL,
        ticket TEXT,
        links TEXT,
        error TEXT,
        price TEXT,
        reported TEXT NOT NULL,
        path TEXT NOT NULL,
        size INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        owner TEXT NOT NULL,
        created REAL NOT NULL,
        updated REAL NOT NULL,
        accepted REAL NOT NULL,
        ready REAL NOT NULL
    ) STRICT;
    CREATE INDEX job_fingerprint ON job (fingerprint, n);
    CREATE INDEX job_state ON job (state, n);
    CREATE INDEX job_model ON job (model, n);
    CREATE TABLE heard (
        job_id TEXT NOT NULL REFERENCES job (id),
        at REAL NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX heard_job ON heard (job_id);
    CREATE TABLE owner (
        id TEXT PRIMARY KEY,
        host TEXT NOT NULL,
        boot TEXT NOT NULL,
        pid INTEGER NOT NULL,
        started TEXT NOT NULL,
        beat REAL NOT NULL
    ) STRICT;
    """,
    # 2: shots and their takes, and the job whose last frame a job starts from
    """
    ALTER TABLE job ADD COLUMN parent TEXT NOT NULL DEFAULT '';
    CREATE INDEX job_parent ON job (parent) WHERE parent <> '';
    CREATE TABLE take (
        folder TEXT NOT NULL,
        shot TEXT NOT NULL,
        number INTEGER NOT NULL,
        job_id TEXT NOT NULL REFERENCES job (id),
        picked INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (folder, shot, number),
        UNIQUE (folder, shot, job_id)
    ) STRICT;
    CREATE INDEX take_job ON take (job_id);
    """,
    # 3: an owner's pid namespace; jobs that were made although their request had been made before
    """
    ALTER TABLE owner ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
    ALTER TABLE job ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
    """,
    # 4: ratings; drafts and what was finished from them; the whole file's checksum; when a file was deleted
    """
    ALTER TABLE job ADD COLUMN stars INTEGER;
    ALTER TABLE job ADD COLUMN note TEXT NOT NULL DEFAULT '';
    ALTER TABLE job ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
    ALTER TABLE job ADD COLUMN draft INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE job ADD COLUMN finished_from TEXT NOT NULL DEFAULT '';
    ALTER TABLE job ADD COLUMN file_sha256 TEXT NOT NULL DEFAULT '';
    ALTER TABLE job ADD COLUMN deleted REAL NOT NULL DEFAULT 0;
    CREATE INDEX job_stars ON job (stars, n) WHERE stars IS NOT NULL;
    CREATE INDEX job_remarks ON job (n) WHERE note <> '' OR tags <> '[]';
    CREATE INDEX job_finished_from ON job (finished_from) WHERE finished_from <> '';
    """,
    # 5: which take of its request a job is
    """
    ALTER TABLE job ADD COLUMN request_take INTEGER NOT NULL DEFAULT 0;
    """,
    # 6: what a draft is a draft of
    """
    ALTER TABLE job ADD COLUMN full TEXT NOT NULL DEFAULT '{}';
    """,
    # 7: what was chosen in blind comparisons
    """
    CREATE TABLE choice (
        n INTEGER PRIMARY KEY AUTOINCREMENT,
        made REAL NOT NULL,
        folder TEXT NOT NULL,
        compared TEXT NOT NULL,
        chosen TEXT NOT NULL,
        picked TEXT NOT NULL,
        UNIQUE (made, chosen)
    ) STRICT;
    """,
)


def version_of(db: sqlite3.Connection) -> int:
    """Return how many steps a journal has taken."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def take_missing_steps(db: sqlite3.Connection) -> None:
    """Take, within a transaction, the steps that a journal lacks."""
    for step in MIGRATIONS[version_of(db) :]:  # another kernel may have been first
        for statement in step.split(";"):
            if statement.strip():
                db.execute(statement)
    db.execute(f"PRAGMA application_id = {APPLICATION}")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
