"""What a service bills for a job, read from its reply to the submit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from vidmagic.spec.price import BILL, Bill

_REFUNDED = re.compile(
    r"已经?(?:退款|退还|返还|退回)|\b(?:has|have) been refunded\b|\b(?:was|were) refunded\b", re.IGNORECASE
)
_MOST = 10**12  # tokens: a number beyond that is none that anybody was billed


@dataclass(frozen=True, slots=True)
class Billing:
    """How a reply names the cost of a job: so many `tokens` of its `usage.total_tokens` are one of `currency`.

    `unsettled` are the ids of models whose tokens have another scale, or one that nobody knows: theirs are not money.
    `source` is the document that the rule comes from.
    """

    tokens: int
    currency: str
    source: str
    unsettled: frozenset[str] = frozenset()

    def bill(self, model: str, reported: Mapping[str, object]) -> Bill | None:
        """Return what a reply bills; None where it names no tokens, or their price is not known."""
        tokens = billed_tokens(reported)
        if not tokens or model in self.unsettled:
            return None
        return Bill(Decimal(tokens) / self.tokens, self.currency, tokens)


def billed_tokens(reply: Mapping[str, object]) -> int:
    """Return the tokens that a reply names as used, 0 where it names none."""
    usage = reply.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, Mapping) else None
    return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) and 0 < tokens < _MOST else 0


def is_refund(message: str, prompt: str) -> bool:
    """Return whether a service's *message* on a failed job says that the money was given back.

    A message may repeat the *prompt*, so that one with such words proves nothing.
    """
    return _REFUNDED.search(message) is not None and _REFUNDED.search(prompt) is None


def with_bill(billing: Billing | None, model: str, reported: Mapping[str, object]) -> dict[str, object]:
    """Return what a reply *reported*, unchanged, and beside it what that is in money, where that is known."""
    bill = billing.bill(model, reported) if billing is not None else None
    return {**reported, BILL: bill.to_json()} if bill is not None else dict(reported)
