"""The journal's tables, step by step. Append only: a released step is never changed."""

from __future__ import annotations

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
)
