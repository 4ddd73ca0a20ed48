"""A price, and its text in tables, cards and messages."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SANDBOX_PRICE = "free (sandbox)"
UNKNOWN_PRICE = "price unknown"
_SIGNS = {"CNY": "¥", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Price:
    """A list price for the whole video: `amount` in `currency`, read at `source` on `date`."""

    amount: Decimal
    currency: str
    source: str
    date: str

    def __str__(self) -> str:
        return f"{_SIGNS.get(self.currency, self.currency + ' ')}{self.amount:.2f}"


def price_text(price: object, *, in_sandbox: bool = False) -> str:
    """Return the text of *price*: a Price, its text, or None or "" if no price was published.

    It is "¥1.73 (estimate)" or "price unknown", and "free (sandbox)" for a job in the sandbox.
    """
    if in_sandbox:
        return SANDBOX_PRICE
    return f"{price} (estimate)" if price else UNKNOWN_PRICE
