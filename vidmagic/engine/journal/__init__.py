"""The journal: every job on disk, in SQLite. Only this room imports sqlite3 and writes SQL."""
