"""What the two gateways (DMXAPI, apiyi) answer themselves, before the service behind them is called.

Both use the one-api form of errors: `{"error": {"message", "type", "code"}}`.
"""

from __future__ import annotations

from .directives import Directives
from .exchange import Refused, Request, reply

BAD_KEY = "bad-key"
POOR_KEY = "poor-key"


def refuse(status: int, code: str, message: str, kind: str = "new_api_error") -> Refused:
    """Make the gateway's error."""
    headers = {"Retry-After": "1"} if status == 429 else {}
    return Refused(reply({"error": {"message": message, "type": kind, "code": code}}, status, headers=headers))


def check_key(request: Request, *, bare: bool) -> str:
    """Return the key of a request: `KEY` or `Bearer KEY` if `bare`, else only `Bearer KEY`.

    Raises the gateway's 401 without one, in another form, and for the key `bad-key`.
    """
    scheme, _, key = (request.header("Authorization") or "").rpartition(" ")
    if not key or key == BAD_KEY or scheme not in (("", "Bearer") if bare else ("Bearer",)):
        raise refuse(401, "invalid_api_key", "无效的令牌")
    return key


def check_balance(key: str, directives: Directives) -> None:
    """Raise the gateway's error for an account without money, or for too many requests."""
    if key == POOR_KEY or directives.outcome == "balance":
        raise refuse(403, "insufficient_user_quota", "用户额度不足, 剩余额度: ¥0.000000")
    if directives.outcome == "rate":
        raise refuse(429, "rate_limit_exceeded", "当前分组上游负载已饱和，请稍后再试")


def check_moderation(directives: Directives) -> None:
    """Raise the gateway's moderation error if the prompt asks for it."""
    if directives.outcome == "refuse":
        raise refuse(400, "content_policy_violation", "Your request was rejected by the content policy.")
