"""What the frames of a chat stream, or the one object of a whole answer, hold."""

from __future__ import annotations

from vidmagic.errors import Reason
from vidmagic.http.sse import Frame
from vidmagic.providers.contract import Json
from vidmagic.providers.services import GATEWAY_REASONS


def choice(frame: Frame) -> Json:
    """Return the first of the answers that *frame* is about, empty for none."""
    choices = frame.get("choices") if isinstance(frame, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def content(frame: Frame, name: str = "content") -> str:
    """Return the text that *frame* adds to the answer, or to another field of it called *name*."""
    holder = choice(frame).get("delta") or choice(frame).get("message")
    added = holder.get(name) if isinstance(holder, dict) else None
    return added if isinstance(added, str) else ""


def error_message(error: object) -> str:
    """Return the message of the gateway's *error*."""
    return str(error.get("message") if isinstance(error, dict) else error)


def error_reason(error: object) -> Reason | None:
    """Return what the gateway's error code means; None for one that is not known here."""
    code = str(error.get("code") or error.get("type") or "") if isinstance(error, dict) else ""
    return GATEWAY_REASONS.get(code)
