"""Vidu's own errors: one form, with a reason to decide by."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from . import gateway
from .directives import Directives
from .exchange import Refused, Request, reply
from .fields import Problem

_REASONS = {"lacking": "FieldLacking", "unwanted": "FieldUnwanted", "invalid": "FieldInvalid"}


def refuse(status: int, reason: str, message: str) -> Refused:
    """Make a Vidu error."""
    body = {"code": status, "reason": reason, "message": message, "metadata": {"trace_id": secrets.token_hex(16)}}
    return Refused(reply(body, status, headers={"Retry-After": "1"} if status == 429 else {}))


def invalid(message: str) -> Refused:
    """Make the error for a field with a value that is not allowed."""
    return refuse(400, "FieldInvalid", message)


def check_problems(problems: Sequence[Problem]) -> None:
    """Raise the first problem of a body."""
    if problems:
        raise refuse(400, _REASONS[problems[0].kind], problems[0].message)


def check_key(request: Request) -> str:
    """Return the key of a request; raises 401 unless it comes as `Token KEY`."""
    scheme, _, key = (request.header("Authorization") or "").partition(" ")
    if scheme != "Token" or not key or key == gateway.BAD_KEY:
        raise refuse(401, "Unauthorized", "invalid token")
    return key


def check_refusals(key: str, directives: Directives) -> None:
    """Raise what the key or the prompt asks for at submit; money and policy are 400 here."""
    if key == gateway.POOR_KEY or directives.outcome == "balance":
        raise refuse(400, "CreditInsufficient", "credit insufficient")
    if directives.outcome == "rate":
        raise refuse(429, "TooManyRequests", "too many requests")
    if directives.outcome == "refuse":
        raise refuse(400, "TaskPromptPolicyViolation", "the prompt violates the content policy")
