"""Limits of cost: how a person writes one, and the check of an estimate against it."""

from __future__ import annotations

import re
from decimal import Decimal

from vidmagic.errors import InvalidRequest, TooExpensive
from vidmagic.session.planning import Plan

_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]{3})?\s*")


def check_cost(plan: Plan, limit: str) -> None:
    """Raise TooExpensive for a plan whose estimate is unknown or above *limit* ("5", "2CNY", "0.3USD"; "": none).

    A sandbox job is free of charge and always allowed.
    """
    if not limit or plan.in_sandbox:
        return
    amount, currency = read_amount(limit)
    if plan.price is None:
        raise TooExpensive(f"the price of {plan.model.short} is unknown, and the limit is {limit}")
    if currency and currency != plan.price.currency:
        raise TooExpensive(f"the price is in {plan.price.currency} ({plan.price}) and the limit in {currency}")
    if plan.price.amount > amount:
        raise TooExpensive(
            f"the estimate is {plan.price.label.removesuffix(' (estimate)')}, above the limit of {limit}"
        )


def read_amount(text: str) -> tuple[Decimal, str]:
    """Read "2", "2CNY" or "2 CNY" as an amount and a currency ("" for the model's own). Raises InvalidRequest."""
    amount = _AMOUNT.fullmatch(str(text))
    if amount is None:
        raise InvalidRequest(f"{text!r} is not an amount: write 5, 2CNY or 0.3USD")
    return Decimal(amount[1]), (amount[2] or "").upper()
