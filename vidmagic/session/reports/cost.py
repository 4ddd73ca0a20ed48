"""Report what was spent: estimates added up by day, service and model, and the credits that services reported."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from vidmagic.engine.journal.figures import Spending
from vidmagic.session.reports.table import Table
from vidmagic.spec.price import UNKNOWN_PRICE, Price

COLUMNS = ("day", "service", "model", "jobs", "estimated", "without a price", "may be charged", "reported credits")


def cost(spendings: Iterable[Spending]) -> Table:
    """Return the totals as a table; its last rows are the sums, one a currency.

    Sandbox jobs and refused requests are left out. Jobs of unknown price are counted, not treated as free.
    """
    spendings = list(spendings)
    rows = [_row(spending) for spending in spendings]
    sums: dict[str, Decimal] = {}
    for spending in spendings:
        if spending.currency:
            sums[spending.currency] = sums.get(spending.currency, Decimal(0)) + spending.amount
    totals = [("all", "", "", "", _money(amount, currency), "", "", "") for currency, amount in sorted(sums.items())]
    notes = (
        "Estimates are the list prices of that day; credits are as the service reported them, in its own unit.",
        "The bill is in your account at the service.",
    )
    return Table(COLUMNS, (*rows, *totals), notes=notes if rows else ("No job was charged so far.",))


def _row(spending: Spending) -> tuple[str, ...]:
    return (
        spending.day,
        spending.service,
        spending.model.rpartition("/")[2],
        str(spending.jobs),
        _money(spending.amount, spending.currency) if spending.currency else UNKNOWN_PRICE,
        str(spending.jobs) if not spending.currency else "",
        str(spending.doubtful) if spending.doubtful else "",
        f"{spending.credits:g}" if spending.credits else "",
    )


def _money(amount: Decimal, currency: str) -> str:
    return str(Price(amount, currency, "", ""))
