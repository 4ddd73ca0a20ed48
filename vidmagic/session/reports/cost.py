"""What was spent: estimates added up by day, service and model, and what the services reported beside them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from vidmagic.engine.journal.figures import Spending
from vidmagic.session.reports.tables import Table
from vidmagic.spec.price import Price

COLUMNS = ("day", "service", "model", "jobs", "estimated", "without a price", "may be charged", "reported credits")


def cost(spendings: Iterable[Spending]) -> Table:
    """Return the totals as a table; its last rows are the sums, one a currency.

    Rehearsals and what was refused are left out. Jobs of unknown price are counted, never taken for free.
    """
    found = list(spendings)
    rows = [_row(each) for each in found]
    sums: dict[str, Decimal] = {}
    for each in found:
        if each.currency:
            sums[each.currency] = sums.get(each.currency, Decimal(0)) + each.amount
    totals = [("all", "", "", "", _money(amount, currency), "", "", "") for currency, amount in sorted(sums.items())]
    notes = (
        "Estimates are list prices of their day; reported credits are what the service said, in its own unit.",
        "Neither is a bill: that is in your account at the service.",
    )
    return Table(COLUMNS, (*rows, *totals), notes=notes if rows else ("No job was charged so far.",))


def _row(each: Spending) -> tuple[str, ...]:
    return (
        each.day,
        each.service,
        each.model.rpartition("/")[2],
        str(each.jobs),
        _money(each.amount, each.currency) if each.currency else "unknown",
        str(each.jobs) if not each.currency else "",
        str(each.doubtful) if each.doubtful else "",
        f"{each.credits:g}" if each.credits else "",
    )


def _money(amount: Decimal, currency: str) -> str:
    return str(Price(amount, currency, "", ""))
