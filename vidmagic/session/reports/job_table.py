"""Choose jobs of the journal, and list them as a table."""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from vidmagic.engine.journal.record import Record
from vidmagic.engine.journal.search import JobFilter, find
from vidmagic.engine.journal.store import Store
from vidmagic.engine.states import DONE, PAUSED, STATES, UNKNOWN
from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain, shorten
from vidmagic.providers.catalog import Catalog
from vidmagic.session.ratings import rating_text, read_stars, read_tags
from vidmagic.session.reports.table import Table
from vidmagic.spec.params import did_you_mean, listing

URGENT = (UNKNOWN, PAUSED)  # the states in which a job waits for a person
LONGEST = 48  # characters of a prompt or of an error in a list
COLUMNS = ("job", "state", "model", "started", "price", "charged", "rating", "prompt", "file or reason")
_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


def choose(
    store: Store,
    catalog: Catalog,
    *,
    state: str = "",
    model: str = "",
    since: str = "",
    stars: str = "",
    tag: str = "",
    limit: str = "20",
    ids: Collection[str] | None = None,
) -> list[Record]:
    """Return at most *limit* jobs, of a state, of a model, not older than *since* ("2h", "3d", "2026-11-20").

    With *ids* only jobs that have one of them. *stars* is the least rating, "none" for jobs that are not rated. Unknown
    and paused jobs come first, because they wait for a person; then the newest. A state can be given by its name or its
    label ("accepted" or "queued"). Raises InvalidRequest.
    """
    chosen = job_filter(catalog, model=model, since=since, stars=stars, tag=tag)
    shown = read_limit(limit)
    most = shown if ids is None else -1
    urgent = find(store, dataclasses.replace(chosen, states=(_state_name(state),) if state else URGENT), limit=most)
    newest = [] if state else find(store, chosen, limit=most)
    records = [*urgent, *(record for record in newest if record.state not in URGENT)]
    return [record for record in records if ids is None or record.id in ids][:shown]


def job_filter(catalog: Catalog, *, model: str = "", since: str = "", stars: str = "", tag: str = "") -> JobFilter:
    """Return what leaves the jobs that these words describe, each as typed. Raises InvalidRequest."""
    return JobFilter(
        model=catalog.find_model(model)[1].id if model else "",
        since=_timestamp(since) if since else 0.0,
        stars=(read_stars(stars) or 0) if stars else 0,
        unrated=bool(stars) and read_stars(stars) is None,
        tags=read_tags(tag) if tag else (),
    )


def read_limit(text: str) -> int:
    """Return *text* as a number of jobs. Raises InvalidRequest."""
    if not text.isdecimal() or not 0 < int(text) < 10**6:
        raise InvalidRequest(f"limit must be a number of jobs, not {text!r}")
    return int(text)


def job_table(records: Iterable[Record]) -> Table:
    """List jobs in the order in which they come; where none is rated the column is left out."""
    rows = tuple(map(_row, records))
    at = COLUMNS.index("rating")
    shown = [column for column in range(len(COLUMNS)) if column != at or any(row[at] for row in rows)]
    return Table(_columns(COLUMNS, shown), tuple(_columns(row, shown) for row in rows))


def age(seconds: float) -> str:
    """Return how long ago something was, as "just now", "5 min ago", "3 h ago" or "12 d ago"."""
    for unit, size in (("d", _SECONDS["d"]), ("h", _SECONDS["h"]), ("min", _SECONDS["m"])):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def _columns(row: Sequence[str], shown: Iterable[int]) -> tuple[str, ...]:
    return tuple(row[column] for column in shown)


def _row(record: Record) -> tuple[str, ...]:
    reason = (record.error or {}).get("message", "")
    return (
        record.id,
        record.state_label,
        record.model,
        time.strftime("%Y-%m-%d %H:%M", time.localtime(record.created)),
        record.price_text,
        "" if record.in_sandbox else record.charged,
        shorten(rating_text(record), LONGEST, empty=""),
        shorten(plain(record.prompt), LONGEST, empty=""),
        _file(record) if record.state == DONE else shorten(plain(reason), LONGEST, empty=""),
    )


def _file(record: Record) -> str:
    if not record.is_missing:
        return record.path
    return f"{'deleted' if record.deleted else 'missing'}: {record.path}"


def _state_name(text: str) -> str:
    names = {row.label: row.name for row in STATES.values()} | {name: name for name in STATES}
    if text not in names:
        raise InvalidRequest(
            f"no state is called {text!r}{did_you_mean(text, names)}; there are {listing(STATES, 'and')}"
        )
    return names[text]


def _timestamp(text: str) -> float:
    """Read "30m", "2h", "3d", "1w" ago, or a day, as seconds since 1970. Raises InvalidRequest."""
    if span := re.fullmatch(r"(\d{1,6})([mhdw])", text):
        return time.time() - int(span[1]) * _SECONDS[span[2]]
    try:
        return datetime.strptime(text, "%Y-%m-%d").timestamp()  # noqa: DTZ007  a person means the day where they are
    except (ValueError, OverflowError):
        raise InvalidRequest(f"since must be 30m, 2h, 3d, 1w or a day as 2026-11-20, not {text!r}") from None
