"""Read what a reply of a service means: a job's id, a refusal, a failure."""

from __future__ import annotations

import re
from typing import Any

from vidmagic.errors import Failed, OutcomeUnknown, Paused, Reason, Refused, Unreachable, VidmagicError
from vidmagic.escaping import shorten
from vidmagic.http.reply import Reply

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_BY_STATUS: dict[int, Reason] = {
    400: "parameters",
    401: "key",
    402: "balance",
    403: "key",
    404: "not found",
    413: "image",
    422: "parameters",
    429: "rate",
}
_MAYBE_ACCEPTED = {408, 409, 425, 499}


def task_id(value: object) -> str:
    """Return a service's id for a job as text, or the empty text if it cannot be one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) and text != "0" else ""


def salvage(reply: Reply, *names: str) -> str:
    """Find a job's id in a damaged JSON reply by the field *names* it may stand under; a whole one is read as JSON."""
    if not reply.body.lstrip().startswith(b"{") or (reply.json and not reply.cut):
        return ""
    match = re.search(rb'"(?:%s)"\s*:\s*"?([A-Za-z0-9._:-]{1,128})"' % "|".join(names).encode(), reply.body)
    return task_id(match[1].decode()) if match else ""


def not_accepted(
    reply: Reply,
    *,
    message: str = "",
    reason: Reason | None = None,
    trace: str = "",
) -> VidmagicError:
    """Return the error that a submit's reply without an id means: Refused where that is sure, else OutcomeUnknown.

    *reason* is what the service's own code means, None where its code is not in the provider's table.
    """
    text, status = shorten(message or reply.text), reply.status

    def refused(text: str, reason: Reason) -> Refused:
        hint = NEXT_STEPS.get(reason, "")
        return Refused(text, reason=reason, trace=trace, retry_after=reply.retry_after, hint=hint)

    if reason is not None:
        return refused(text, reason)
    if 300 <= status < 400:
        return Refused(f"the service redirects elsewhere (HTTP {status}); not followed", reason="parameters")
    if 400 <= status < 500 and status not in _MAYBE_ACCEPTED:
        return refused(f"HTTP {status}: {text}", _BY_STATUS.get(status, "parameters"))
    return OutcomeUnknown(f"HTTP {status} without a job id: {text}", trace=trace)


def read_poll(reply: Reply) -> dict[str, Any]:
    """Return the JSON of a poll. Raises Paused for a refused key or an empty account, Unreachable for all else."""
    status = reply.status
    if reply.ok and reply.json:
        return reply.json
    if status in {401, 402, 403}:
        reason = _BY_STATUS[status]
        raise Paused(f"HTTP {status}: {shorten(reply.text)}", reason=reason, hint=NEXT_STEPS[reason])
    raise Unreachable(f"HTTP {status}: {shorten(reply.text)}", status=status, retry_after=reply.retry_after)


def failure(message: str, reason: Reason | None, *, trace: str = "") -> Failed:
    """Return the error of a job that the service reported as failed, with the service's message."""
    return Failed(shorten(message), reason=reason or "", trace=trace, hint=NEXT_STEPS.get(reason or "", ""))


NEXT_STEPS: dict[str, str] = {
    "key": "The key was not accepted: check it, and that it belongs to this service.",
    "balance": "The account is out of credit: top it up, then run the cell again.",
    "rate": "Too many requests: wait a little, then run the cell again.",
    "concurrency": "Too many jobs at once: wait until some are done, then run the cell again.",
    "parameters": "The service did not take the parameters; `%video models NAME` lists what the document allows.",
    "prompt": "The service's moderation refused the prompt: reword it.",
    "image": "The service did not take an image: change it.",
    "result": "The service's moderation withheld the result; the same prompt may pass another time.",
    "busy": "The service is busy: try again later.",
    "not found": "The service does not know this model or task.",
    "expired": "The service no longer stores this task.",
}
