"""Figures over many jobs of the journal: their durations and their possible costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vidmagic.engine.journal.rows import IN_SANDBOX, from_json
from vidmagic.engine.journal.store import Store


@dataclass(frozen=True, slots=True)
class Spending:
    """What one day's jobs of one model in one currency were estimated to cost; `currency` is "" without a price.

    `doubtful` of the `jobs` may be charged or not. `credits` is what the service reported, in its own unit.
    """

    day: str
    service: str
    model: str
    currency: str
    amount: Decimal
    jobs: int
    doubtful: int
    credits: float


def times(store: Store, model: str, *, in_sandbox: bool, limit: int = 20) -> list[tuple[float, dict[str, Any]]]:
    """Return how many seconds the newest finished jobs of *model* took, each with its parameters."""
    with store.reading() as db:
        rows = db.execute(
            f"SELECT ready - accepted AS took, params FROM job WHERE model = ? AND {IN_SANDBOX} = ?"
            " AND ready > accepted AND accepted > 0 ORDER BY n DESC LIMIT ?",
            (model, in_sandbox, limit),
        ).fetchall()
    return [(row["took"], from_json(row["params"]) or {}) for row in rows]


def _member(column: str, name: str) -> str:
    """Return SQL for a member of a column with JSON, null where the column holds none: one row must not fail all."""
    return f"CASE WHEN json_valid({column}) THEN json_extract({column}, '$.{name}') END"


def spent(store: Store) -> list[Spending]:
    """Return what may have been charged, by day (local time), model and currency, newest first."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT date(created, 'unixepoch', 'localtime') AS day, service, model,"
            f" coalesce({_member('price', 'currency')}, '') AS currency,"
            f" sum(CAST(coalesce({_member('price', 'amount')}, 0) AS REAL)) AS amount, count(*) AS jobs,"
            " sum(charged = 'unknown') AS doubtful,"
            f" sum(coalesce(CAST({_member('reported', 'credits')} AS REAL), 0)) AS credits"
            f" FROM job WHERE {IN_SANDBOX} = 0 AND charged != 'no'"
            " GROUP BY day, service, model, currency ORDER BY day DESC, service, model"
        ).fetchall()
    return [Spending(**{**dict(row), "amount": Decimal(f"{row['amount']:.2f}")}) for row in rows]
