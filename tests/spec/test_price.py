"""A price shows its origin, and a bill the tokens that it was read from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from vidmagic.spec.price import LAST_BILL, OWN, Bill, Price, money, price_text, read_bill

DAY = "2026-11-21"


@pytest.mark.parametrize(
    ("source", "text", "details"),
    [
        ("a price list", "¥3.50 (estimate)", f"¥3.50 (estimate: a price list, {DAY})"),
        (
            "DMXAPI's document, tokens of its sample",
            "about ¥3.50, from the document's sample",
            f"about ¥3.50 (estimate: DMXAPI's document, tokens of its sample, {DAY})",
        ),
        (LAST_BILL, "¥3.50, as billed last time", f"¥3.50, as billed last time ({DAY})"),
        (OWN, "¥3.50, your price", f"¥3.50, your price ({DAY})"),
    ],
)
def test_a_price_shows_where_it_comes_from(source: str, text: str, details: str) -> None:
    """A list, a document's sample, the last bill and the person's own price read differently."""
    price = Price(Decimal("3.5"), "CNY", source, DAY)
    assert (price_text(price), price.details) == (text, details)
    assert price_text(price, in_sandbox=True) == "free (sandbox)"


def test_nothing_is_invented() -> None:
    """Without a price it is unknown; a currency without a sign is named."""
    assert price_text(None) == "price unknown"
    assert money(Decimal(2), "EUR") == "EUR 2.00"


def test_a_bill_survives_the_journal() -> None:
    """A bill comes back from JSON as it was, and names money and tokens."""
    bill = Bill(Decimal("2.8002"), "CNY", 28_002)
    assert read_bill({"usage": {}, "bill": bill.to_json()}) == bill
    assert str(bill) == "¥2.80 (28,002 tokens)"


@pytest.mark.parametrize(
    "stored",
    [
        None, "¥3", {},
        {"amount": "x", "currency": "CNY", "tokens": 1}, {"amount": "NaN", "currency": "CNY", "tokens": 1},
        {"amount": "1", "currency": 5, "tokens": 1}, {"amount": "1", "currency": "CNY", "tokens": "many"},
    ],
)  # fmt: skip
def test_a_damaged_bill_is_none(stored: Any) -> None:
    """What is not a bill is read as if there were none."""
    assert read_bill({"bill": stored}) is None
