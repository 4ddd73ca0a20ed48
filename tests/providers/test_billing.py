"""What a reply bills: the rule of a service, from its documents' samples."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from vidmagic.errors import OutcomeUnknown, Refused
from vidmagic.http.reply import Reply
from vidmagic.providers.billing import is_refund, with_bill
from vidmagic.providers.replies import not_accepted
from vidmagic.providers.services import APIYI, DMXAPI, VIDU

MODEL = "dmxapi/MiniMax-Hailuo-2.3"


def reply(status: int, body: bytes) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status, {"content-type": "application/json"}, body)


@pytest.mark.parametrize(
    ("tokens", "amount"), [(135_000, "13.5"), (35_000, "3.5"), (23_100, "2.31"), (40_000, "4"), (28_002, "2.8002")]
)
def test_the_known_prices(tokens: int, amount: str) -> None:
    """Each document whose price is known agrees with the rule."""
    assert DMXAPI.billing is not None
    bill = DMXAPI.billing.bill(MODEL, {"usage": {"total_tokens": tokens}})
    assert bill is not None
    assert (bill.amount, bill.currency, bill.tokens) == (Decimal(amount), "CNY", tokens)


@pytest.mark.parametrize(
    "usage", [None, 5, {}, {"total_tokens": 0}, {"total_tokens": -1}, {"total_tokens": True}, {"total_tokens": "35000"},
              {"total_tokens": 3.5}, {"total_tokens": 10**15}],
)  # fmt: skip
def test_no_tokens_no_bill(usage: Any) -> None:
    """A query reports 0 tokens, which is not a bill of nothing; what is not a number of tokens is none."""
    assert with_bill(DMXAPI.billing, MODEL, {"usage": usage}) == {"usage": usage}


def test_another_scale_is_not_money() -> None:
    """Seedance 1.5's sample does not fit its maker's price: its tokens stay what they are."""
    usage = {"usage": {"total_tokens": 3910}}
    assert with_bill(DMXAPI.billing, "dmxapi/doubao-seedance-1-5-pro-responses", usage) == usage


def test_what_was_reported_stays_beside_it() -> None:
    """The bill is added; the reply's own words are unchanged. Other services have no such rule."""
    raw = {"usage": {"total_tokens": 35_000, "input_tokens": 0}, "credits": 70}
    assert with_bill(DMXAPI.billing, MODEL, raw) == {
        **raw,
        "bill": {"amount": "3.5", "currency": "CNY", "tokens": 35_000},
    }
    assert VIDU.billing is APIYI.billing is None


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_a_refusal_that_was_billed_is_not_sure(status: int) -> None:
    """A reply without an id that bills tokens is never sent again by itself; with 0 tokens it is what it was."""
    body = b'{"error": {"message": "bad prompt"}, "usage": {"total_tokens": %d}}'
    error = not_accepted(reply(status, body % 35_000), message="bad prompt", reason="prompt")
    assert isinstance(error, OutcomeUnknown)
    assert (error.charged, error.reported) == ("yes", {"usage": {"total_tokens": 35_000}})
    assert "billed all the same: bad prompt" in error.message
    assert isinstance(not_accepted(reply(status, body % 0), message="bad prompt", reason="prompt"), Refused)


@pytest.mark.parametrize(
    ("message", "refunded"),
    [
        ("失败，费用已退还", True), ("任务失败，已经退款", True), ("It failed; your credits have been refunded.", True),
        ("It was refunded", True), ("failed", False), ("不退款", False), ("failures are not refunded", False),
        ("it has not been refunded", False), ("it was not refunded", False), ("未退款", False),
    ],
)  # fmt: skip
def test_a_refund_is_the_word_of_the_service(message: str, refunded: bool) -> None:
    """Only the service's own word counts: its message may repeat a prompt that speaks of a refund."""
    assert is_refund(message, "a kite") is refunded
    assert not is_refund(message, "已退款, she reads: it was refunded")
