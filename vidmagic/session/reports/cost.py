"""Report what was spent: estimates, bills and reported credits, added up by day, service and model."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from vidmagic.engine.journal.figures import Spending
from vidmagic.session.reports.table import Table
from vidmagic.spec.price import UNKNOWN_PRICE, money

COLUMNS = (
    "day", "service", "model", "jobs", "estimated", "billed", "without a price", "may be charged", "reported credits",
)  # fmt: skip


def cost(spendings: Iterable[Spending]) -> Table:
    """Return the totals as a table; its last rows are the sums, one a currency.

    Sandbox jobs and refused requests are left out. Jobs of unknown price are counted, not treated as free.
    """
    spendings = list(spendings)
    rows = [_row(spending) for spending in spendings]
    estimated = _sums((spending.currency, spending.amount) for spending in spendings)
    billed = _sums((spending.billed_in, spending.billed) for spending in spendings)
    totals = [
        ("all", "", "", "", _sum(estimated, currency), _sum(billed, currency), "", "", "")
        for currency in sorted(estimated | billed)
    ]
    notes = (
        "Estimates are the prices known on that day; bills and credits are as the service reported them.",
        "What was given back, and all else, is in your account at the service.",
    )
    return Table(COLUMNS, (*rows, *totals), notes=notes if rows else ("No job was charged so far.",))


def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Add up *amounts* by their currency; "" is none."""
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        if currency:
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return sums


def _sum(sums: dict[str, Decimal], currency: str) -> str:
    return money(sums[currency], currency) if currency in sums else ""


def _row(spending: Spending) -> tuple[str, ...]:
    return (
        spending.day,
        spending.service,
        spending.model.rpartition("/")[2],
        str(spending.jobs),
        money(spending.amount, spending.currency) if spending.currency else UNKNOWN_PRICE,
        _billed(spending),
        str(spending.jobs) if not spending.currency else "",
        str(spending.doubtful) if spending.doubtful else "",
        f"{spending.credits:g}" if spending.credits else "",
    )


def _billed(spending: Spending) -> str:
    """Return the sum of the bills, and for how many jobs it is where others have none."""
    if not spending.bills:
        return ""
    of = f" ({spending.bills} of {spending.jobs})" if spending.bills < spending.jobs else ""
    return money(spending.billed, spending.billed_in) + of
