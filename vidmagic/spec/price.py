"""A price, and the one text in which people read it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

SANDBOX_PRICE = "free (sandbox)"
UNKNOWN_PRICE = "price unknown"
_SIGNS = {"CNY": "¥", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Price:
    """A price with where it was read and when. `amount` is in `currency`, for the whole video."""

    amount: Decimal
    currency: str
    source: str
    date: str

    def __str__(self) -> str:
        return f"{_SIGNS.get(self.currency, self.currency + ' ')}{self.amount:.2f}"


def price_text(price: object, *, in_sandbox: bool = False) -> str:
    """Return *price* (a Price, its text, or None or "" where nobody published one) as people read it.

    "¥1.73 (estimate)", "price unknown", or "free (sandbox)" for a job of the sandbox, whatever its price.
    """
    if in_sandbox:
        return SANDBOX_PRICE
    return f"{price} (estimate)" if price else UNKNOWN_PRICE
