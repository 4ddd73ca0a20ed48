"""Read what a reply of a service means: a job's id, a refusal, a failure."""

from __future__ import annotations

import re
from typing import Any

from vidmagic.errors import Failed, OutcomeUnknown, Paused, Reason, Refused, Unreachable, VidmagicError
from vidmagic.escaping import shorten
from vidmagic.http.reply import Reply
from vidmagic.providers.billing import billed_tokens
from vidmagic.providers.links import without_links
from vidmagic.providers.nested import object_of, objects_in, text_parts

_QUOTE = r'\\{0,7}"'  # JSON may stand within the text of JSON
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
_OWN_FIELDS = {"task_id", "taskId", "video_id"}  # whose values are the ids of jobs and of nothing else
_MAYBE_ACCEPTED = {408, 409, 425, 499}


def task_id(value: object) -> str:
    """Return a service's id for a job as text, or the empty text if it cannot be one."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if _ID.fullmatch(text) and text != "0" else ""


def accepted_id(reply: Reply, *names: str) -> str:
    """Return the id of the job that a submit's reply accepts, from the first of the fields *names* that has one.

    The field may stand in an object of the reply or in the JSON of its text; the innermost one counts. The status goes
    first: a refusal may carry an id too, which is the request's. With a status that leaves open whether a job was made,
    as 502, only a field of its own counts, for an `id` may be anybody's. Empty where no job was accepted.
    """
    if _is_refusal(reply.status):
        return ""
    if not reply.ok:
        names = tuple(name for name in names if name in _OWN_FIELDS)
    objects = objects_in(reply.json)
    ids = [task_id(value.get(name)) for name in names for value in objects]
    return next(filter(None, ids), "") or _salvaged_id(reply, names)


def _salvaged_id(reply: Reply, names: tuple[str, ...]) -> str:
    """Find a job's id in damaged JSON by the field it stands under; whole JSON was read as such."""
    damaged = [text for text in text_parts(reply.json) if text.lstrip().startswith("{") and object_of(text) is None]
    if reply.body.lstrip().startswith(b"{") and (not reply.json or reply.cut):
        damaged.append(reply.text)
    for name in [name for name in names if name in _OWN_FIELDS] or names[:1]:
        field = re.compile(
            rf'"{name}{_QUOTE}\s{{0,9}}:\s{{0,9}}(?:{_QUOTE}({_ID.pattern}){_QUOTE}|(\d{{1,128}})\s{{0,9}}[,}}])'
        )
        ids = (task_id(match[1] or match[2]) for match in map(field.search, damaged) if match is not None)
        if salvaged := next(filter(None, ids), ""):
            return salvaged
    return ""


def service_text(text: str) -> str:
    """Return a service's text as an error may show it: short, and without links, which are signed and so secret."""
    return shorten(without_links(text))


def not_accepted(
    reply: Reply,
    *,
    message: str = "",
    reason: Reason | None = None,
    trace: str = "",
    lacks: str = "a job id",
) -> VidmagicError:
    """Return the error that a submit's reply without an id means: Refused where that is sure, else OutcomeUnknown.

    *reason* is what the service's own code means, None where its code is not in the provider's table; *lacks* is what a
    good reply would have. A reply that bills tokens is never sure: what was paid for is not sent again by itself.
    """
    text, status = service_text(message or reply.text), reply.status
    if billed_tokens(reply.json):
        billed = f"HTTP {status} without {lacks}, and billed all the same: {text}"
        return OutcomeUnknown(billed, charged="yes", trace=trace, reported={"usage": reply.json["usage"]})

    def refused(text: str, reason: Reason) -> Refused:
        hint = NEXT_STEPS.get(reason, "")
        return Refused(text, reason=reason, trace=trace, retry_after=reply.retry_after, hint=hint)

    if reason is not None:
        return refused(text, reason)
    if 300 <= status < 400:
        return Refused(f"the service redirects elsewhere (HTTP {status}); not followed", reason="parameters")
    if _is_refusal(status):
        return refused(f"HTTP {status}: {text}", _BY_STATUS.get(status, "parameters"))
    return OutcomeUnknown(f"HTTP {status} without {lacks}: {text}", trace=trace)


def _is_refusal(status: int) -> bool:
    """Return whether a status alone says that no job was made."""
    return 300 <= status < 500 and status not in _MAYBE_ACCEPTED


def read_poll(reply: Reply) -> dict[str, Any]:
    """Return the JSON of a poll. Raises Paused for a refused key or an empty account, Unreachable for all else."""
    status = reply.status
    if reply.ok and reply.json:
        return reply.json
    if status in {401, 402, 403}:
        reason = _BY_STATUS[status]
        raise Paused(f"HTTP {status}: {service_text(reply.text)}", reason=reason, hint=NEXT_STEPS[reason])
    raise Unreachable(f"HTTP {status}: {service_text(reply.text)}", status=status, retry_after=reply.retry_after)


def failure(message: str, reason: Reason | None, *, trace: str = "") -> Failed:
    """Return the error of a job that the service reported as failed, with the service's message."""
    return Failed(service_text(message), reason=reason or "", trace=trace, hint=NEXT_STEPS.get(reason or "", ""))


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
