"""What all queries on DMXAPI's /v1/responses share: the guard of their names, and what the errors there mean."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from vidmagic.errors import Paused, Reason, Unreachable, VidmagicError
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.providers.contract import Json
from vidmagic.providers.nested import objects_in
from vidmagic.providers.replies import NEXT_STEPS, failure, not_accepted, read_poll, service_text
from vidmagic.providers.services import GATEWAY_REASONS, gateway_message
from vidmagic.spec.events import Event

PATH = "/v1/responses"
JUDGED: set[Reason | None] = {"prompt", "image", "result"}  # a reason of the task, whoever gives it
_REASONS: dict[str, Reason] = {
    **GATEWAY_REASONS,
    "content_filter": "result",
    "expired": "expired",
    "task_not_exist": "not found",
    "invalid_request": "parameters",
}
_QUERIES = ("-get", "-get-all", "-query")  # how the names of queries end
_CODES = ("reason", "code", "err_code", "error_code", "ErrCode", "status_code")
_MESSAGES = (
    "message", "msg", "err_msg", "error_msg", "error_message", "ErrMsg", "status_msg", "task_status_msg", "fail_reason",
    "failure_reason",
)  # fmt: skip
_GOOD = {"", "0", "200", "ok", "success", "succeed", "succeeded"}  # codes and messages that report no error


@dataclass(frozen=True, slots=True)
class DmxQuery(ABC):
    """How the tasks of one system are polled.

    `model` is the query's own model name: any other would start a job. `reasons` are the system's error codes.
    """

    model: str
    reasons: Mapping[str, Reason] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.model.endswith(_QUERIES):
            raise ValueError(f"{self.model} would start a job: the name of a query ends with {' or '.join(_QUERIES)}")

    @abstractmethod
    def ask(self, task_id: str, http: ServiceCalls) -> Iterator[Event]:
        """Poll once. Raises Failed, Paused for key or balance, Unreachable where only the poll failed."""

    def reason(self, code: str) -> Reason | None:
        """Return what *code* means, None if that is not known; a more special code may follow a dot."""
        table = {**_REASONS, **self.reasons}
        return table.get(code) or table.get(code.partition(".")[0])

    def refusal(self, reply: Reply) -> VidmagicError:
        """Return what a submit's reply without an id means."""
        code, message = error_in(reply.json)
        metadata = reply.json.get("metadata")
        return not_accepted(
            reply,
            message=message or gateway_message(reply),
            reason=self.reason(code) if reply.status < 500 else None,
            trace=str(metadata.get("trace_id") or "") if isinstance(metadata, dict) else "",
        )

    def check(self, reply: Reply) -> None:
        """Raise what the status of a query's *reply* means, if it is not a success."""
        if not reply.ok:
            code, message = error_in(reply.json)
            if self.reason(code) in JUDGED:
                raise failure(message or code, self.reason(code))
            read_poll(reply)

    def of_query(self, code: str, message: str) -> VidmagicError:
        """Return what an error means that a query's reply names beside no state: it is the task's only if judged."""
        reason, text = self.reason(code), message or f"code {code}"
        if reason in JUDGED:
            return failure(text, reason)
        if reason in {"key", "balance"}:
            return Paused(service_text(text), reason=reason or "", hint=NEXT_STEPS[reason or ""])
        return Unreachable(service_text(text), status=404 if reason == "not found" else 0)


def error_in(answer: Json) -> tuple[str, str]:
    """Return code and message of the error that a JSON reply names, in whatever object of it; empty for none."""
    errors = [_error_of(value) for value in objects_in(answer)]
    return next((error for error in errors if error[0]), next((error for error in errors if error[1]), ("", "")))


def _error_of(value: Json) -> tuple[str, str]:
    inner = value.get("error") or value.get("incomplete_details") or value.get("base_resp") or value
    if not isinstance(inner, dict):
        return "", str(inner)
    code = _first(inner, _CODES) or ("" if inner is value else _first(inner, ("type",)))
    return code, _first(inner, _MESSAGES)


def _first(value: Json, names: tuple[str, ...]) -> str:
    """Return the first of the fields *names* that reports an error."""
    texts = (str(value[name]) for name in names if isinstance(value.get(name), str | int))
    return next((text for text in texts if text.lower() not in _GOOD), "")
