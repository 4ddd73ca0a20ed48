"""Figures over many jobs of the journal: their durations and their possible costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from vidmagic.engine.journal.rows import IN_SANDBOX, from_json
from vidmagic.engine.journal.store import Store
from vidmagic.engine.journal.validate import fits
from vidmagic.spec.price import BILL, Bill, read_bill


@dataclass(frozen=True, slots=True)
class Spending:
    """What one day's jobs of one model in one currency were estimated to cost; `currency` is "" without a price.

    `billed` is what the service billed for `bills` of the `jobs`, in `billed_in`. `doubtful` of them may be charged or
    not. `credits` is what the service reported in a unit of its own.
    """

    day: str
    service: str
    model: str
    currency: str
    amount: Decimal
    jobs: int
    billed: Decimal
    billed_in: str
    bills: int
    doubtful: int
    credits: float


@dataclass(frozen=True, slots=True)
class BilledJob:
    """What a job was billed, and what was asked for; `inputs` are as the journal describes them."""

    params: Mapping[str, Any]
    inputs: Sequence[Mapping[str, Any]]
    bill: Bill
    created: float


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


def _text(column: str, name: str) -> str:
    """Return SQL for a member that is text, null for any other."""
    is_text = f"CASE WHEN json_valid({column}) THEN json_type({column}, '$.{name}') = 'text' END"
    return f"CASE WHEN {is_text} THEN json_extract({column}, '$.{name}') END"


_BILLED_IN = _text("reported", "bill.currency")
_BILLED = f"CASE WHEN {_BILLED_IN} > '' THEN nullif(CAST({_text('reported', 'bill.amount')} AS REAL), 0) END"


def billed(store: Store, model: str, mode: str, limit: int = 200) -> Iterator[BilledJob]:
    """Yield those of the *limit* newest jobs of *model* in *mode* that were billed, newest first."""
    newest = f"SELECT n FROM job WHERE model = ? AND mode = ? AND {IN_SANDBOX} = 0 ORDER BY n DESC LIMIT ?"
    with store.reading() as db:
        rows = db.execute(
            f"SELECT params, images, reported, created FROM job WHERE n IN ({newest}) AND instr(reported, ?)"
            " ORDER BY n DESC",
            (model, mode, limit, f'"{BILL}"'),
        ).fetchall()
    for row in rows:
        params, inputs, reported = (from_json(row[name]) for name in ("params", "images", "reported"))
        bill = read_bill(reported) if isinstance(reported, dict) else None
        if bill is not None and fits("params", params) and fits("images", inputs):
            yield BilledJob(params, inputs, bill, row["created"])


def spent(store: Store) -> list[Spending]:
    """Return what may have been charged, by day (local time), model and currency, newest first."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT date(created, 'unixepoch', 'localtime') AS day, service, model,"
            f" coalesce({_member('price', 'currency')}, '') AS currency,"
            f" sum(CAST(coalesce({_member('price', 'amount')}, 0) AS REAL)) AS amount, count(*) AS jobs,"
            f" coalesce(sum({_BILLED}), 0) AS billed, count({_BILLED}) AS bills,"
            f" coalesce(max(CASE WHEN {_BILLED} THEN {_BILLED_IN} END), '') AS billed_in,"
            " sum(charged = 'unknown') AS doubtful,"
            f" sum(coalesce(CAST({_member('reported', 'credits')} AS REAL), 0)) AS credits"
            f" FROM job WHERE {IN_SANDBOX} = 0 AND charged != 'no'"
            " GROUP BY day, service, model, currency ORDER BY day DESC, service, model"
        ).fetchall()
    return [Spending(**{**dict(row), **{name: _rounded(row[name]) for name in ("amount", "billed")}}) for row in rows]


def _rounded(amount: float) -> Decimal:
    return Decimal(f"{amount:.2f}")
