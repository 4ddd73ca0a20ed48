"""Read the frames of DMXAPI's /v1/responses: their text, their end, their errors."""

from __future__ import annotations

import json
import re

from vidmagic.http.sse import Frame
from vidmagic.providers.contract import Json
from vidmagic.providers.nested import text_parts
from vidmagic.providers.task_states import state_in

_WORD = re.compile(r"\w")  # a line without one is the bracket of a JSON reply


def whole_text(frame: Frame) -> str:
    """Return all text of a response, from the frames that repeat it in full."""
    if not isinstance(frame, dict):
        return ""
    if frame.get("type") == "response.output_text.done":
        return str(frame.get("text") or "")
    response = frame.get("response") if frame.get("type") == "response.completed" else frame
    return "\n".join(text_parts(response))


def added_text(frame: Frame) -> str:
    """Return what a frame adds to the text; a plain JSON reply is text too."""
    if isinstance(frame, str):
        return "" if frame == "[DONE]" else frame + "\n"
    delta = frame.get("delta")
    if isinstance(delta, str):
        return delta
    return json.dumps(frame, ensure_ascii=False, indent=1) + "\n" if _is_plain(frame) else ""


def progress_text(text: str) -> str:
    """Return the line of *text* that shows how far the task is: its last one, or the state that a JSON reply names."""
    text = text.strip()
    if text.startswith("{") and text.endswith("}"):
        try:
            return state_in(json.loads(text))
        except (ValueError, RecursionError):
            pass
    lines = (line.strip() for line in reversed(text.splitlines()))
    return next((line for line in lines if _WORD.search(line)), "")


def percent(text: str) -> float | None:
    """Return the last progress in the text of a query, as "当前进度: 50%"."""
    percents = re.findall(r"当前进度\s*[:：]\s*(\d+(?:\.\d+)?)\s*%", text)
    value = float(percents[-1]) if percents else None
    return value if value is not None and value <= 100 else None


def ends_query(frame: Frame) -> bool:
    """Return whether *frame* ends the query."""
    if isinstance(frame, str):
        return frame == "[DONE]"
    return frame.get("type") == "response.completed" or _is_plain(frame)


def _is_plain(frame: Json) -> bool:
    """Return whether *frame* is a plain JSON reply, not an event of a stream."""
    return "type" not in frame and "delta" not in frame


def error_of(answer: Json) -> tuple[str, str]:
    """Return code and message of an error, in the gateway's shapes, the service's own, and that of an event."""
    error = answer.get("error") or answer.get("incomplete_details") or answer
    if not isinstance(error, dict):
        return "", str(error)
    code = error.get("reason") or error.get("code") or error.get("type")
    return str(code or ""), str(error.get("message") or "")


def is_gateways_own(answer: Json) -> bool:
    """Return whether an error comes from the gateway, not from the service behind it."""
    error = answer.get("error")
    return isinstance(error, dict) and str(error.get("type")).endswith(("_api_error", "upstream_error"))
