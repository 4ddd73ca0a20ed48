"""Prices and bills, and their text in tables, cards and messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

SANDBOX_PRICE = "free (sandbox)"
UNKNOWN_PRICE = "price unknown"
LAST_BILL, OWN = "as billed last time", "your price"  # sources of a Price that no document published
BILL, REFUNDED = "bill", "refunded"  # in what a job's service reported
FROM_SAMPLE = ", from the document's sample"
_SIGNS = {"CNY": "¥", "USD": "$"}


@dataclass(frozen=True, slots=True)
class Price:
    """A price for the whole video: `amount` in `currency`, read at `source` on `date`."""

    amount: Decimal
    currency: str
    source: str
    date: str

    def __str__(self) -> str:
        return money(self.amount, self.currency)

    @property
    def label(self) -> str:
        """The price and its origin in short: "¥1.73 (estimate)", "¥3.50, as billed last time"."""
        return labelled(str(self), self.source)

    @property
    def origin(self) -> str:
        """Where and when the price was read, as far as the label does not say so."""
        source = "" if self.source in {LAST_BILL, OWN} else self.source
        return ", ".join(filter(None, [source, self.date]))

    @property
    def details(self) -> str:
        """The price with all that is known of its origin: "¥1.73 (estimate: a price list, 2026-11-20)"."""
        if self.source in {LAST_BILL, OWN}:
            return self.label + (f" ({self.date})" if self.date else "")
        about = "about " if _is_sample(self.source) else ""
        return f"{about}{self} (estimate: {self.origin})"


@dataclass(frozen=True, slots=True)
class Bill:
    """What a service billed for a job: `amount` in `currency`, which it reported as so many `tokens`."""

    amount: Decimal
    currency: str
    tokens: int

    def __str__(self) -> str:
        return f"{money(self.amount, self.currency)} ({self.tokens:,} tokens)"

    def to_json(self) -> dict[str, object]:
        """Return the bill as the journal stores it beside what the service reported."""
        return {"amount": str(self.amount), "currency": self.currency, "tokens": self.tokens}


def read_bill(reported: Mapping[str, object]) -> Bill | None:
    """Return the bill in what a job's service *reported*, as `Bill.to_json` wrote it; None without one."""
    stored = reported.get(BILL)
    if not isinstance(stored, Mapping):
        return None
    tokens, currency = stored.get("tokens"), stored.get("currency")
    try:
        amount = Decimal(str(stored.get("amount")))
    except InvalidOperation:
        return None
    if not (isinstance(tokens, int) and isinstance(currency, str) and amount.is_finite()):
        return None
    return Bill(amount, currency, tokens)


def money(amount: Decimal, currency: str) -> str:
    """Return an amount as "¥1.73" or "EUR 2.00"."""
    return f"{_SIGNS.get(currency, currency + ' ')}{amount:.2f}"


def labelled(text: str, source: str) -> str:
    """Return the *text* of a price with its origin in short."""
    if source in {LAST_BILL, OWN}:
        return f"{text}, {source}"
    return f"about {text}{FROM_SAMPLE}" if _is_sample(source) else f"{text} (estimate)"


def price_text(price: Price | None, *, in_sandbox: bool = False) -> str:
    """Return the text of *price*, None if nobody published one.

    It is "¥1.73 (estimate)" or "price unknown", and "free (sandbox)" for a job in the sandbox.
    """
    if in_sandbox:
        return SANDBOX_PRICE
    return price.label if price is not None else UNKNOWN_PRICE


def _is_sample(source: str) -> bool:
    """Return whether a price was worked out from what a document's sample happens to show."""
    return "sample" in source
