"""What a chat used, as the service reports it: tokens. What a token costs is in no document here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vidmagic.http.sse import Frame
from vidmagic.providers.billing import billed_tokens
from vidmagic.spec.price import SANDBOX_PRICE, UNKNOWN_PRICE


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens a chat used: those sent, those written, and all; 0 where that is not reported."""

    sent: int
    written: int
    total: int

    def __str__(self) -> str:
        if not self.total:
            return "tokens not reported"
        parts = f" ({self.sent:,} sent, {self.written:,} written)" if self.sent and self.written else ""
        return f"{self.total:,} tokens{parts}"


def read_usage(frame: Frame) -> Usage | None:
    """Return what *frame* reports as used, None where it reports nothing."""
    reported = frame.get("usage") if isinstance(frame, dict) else None
    if not isinstance(reported, Mapping):
        return None
    sent, written, total = (
        billed_tokens({"usage": {"total_tokens": reported.get(name)}})
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )
    return Usage(sent, written, total or sent + written)


def usage_text(usage: Usage | None, *, in_sandbox: bool) -> str:
    """Return the line on what a chat used and what it costs: "146 tokens (12 sent, 134 written) · price unknown"."""
    return f"{usage or Usage(0, 0, 0)} · {SANDBOX_PRICE if in_sandbox else UNKNOWN_PRICE}"
