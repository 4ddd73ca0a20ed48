"""Hailuo (MiniMax) on the DMXAPI gateway: submit, query, retrieve. Notes on the API: hailuo.md beside this file.

Version 2.3 makes videos from text at endpoints of its own; all else goes to /v1/responses. The steps and the replies
are the same, and a ticket says which of the two its job is at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from vidmagic.errors import OutcomeUnknown, Paused, Unreachable
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.dmxapi.hailuo_models import MODELS
from vidmagic.providers.replies import accepted_id, failure, not_accepted, read_poll, service_text
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.query import PATH
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.providers.services import MINIMAX_REASONS, gateway_message
from vidmagic.providers.task_states import FAILED, WAITING, ended_badly
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.request import FIRST, LAST, Request

WIDEST = 2**16  # pixels; a service that names more does not mean the video's size
FRAMES = {FIRST: "first_frame_image", LAST: "last_frame_image"}


class Hailuo(ResponsesProvider):
    """The three Hailuo models."""

    models = MODELS
    query = TaskQuery("MiniMax-Hailuo-query", MINIMAX_REASONS)
    retrieval = TaskQuery("MiniMax-Hailuo-get", MINIMAX_REASONS)

    def body(self, request: Request) -> Json:
        """Return the JSON of the submit."""
        if _has_own_endpoint(request):
            return {"model": request.wire_name, "prompt": request.prompt, **request.params}
        return {
            "model": request.wire_name,
            **({"input": request.prompt} if request.prompt.strip() else {}),
            **{FRAMES[frame.role]: frame.link() for frame in request.inputs},
            **request.params,
        }

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Start the job; the reply's `task_id` is the ticket."""
        if not _has_own_endpoint(request):
            return replace(super().submit(request, http), data={"path": PATH})
        reply = http.paid.submit("/v1/video_generation", self.body(request))
        task = accepted_id(reply, "task_id")
        if task:
            return Ticket(task)
        code, message = _base(reply)
        if code and reply.status < 500:
            if str(code) not in MINIMAX_REASONS:
                raise OutcomeUnknown(f"code {code}: {service_text(message)}", trace=_trace(reply))
            raise not_accepted(reply, message=message, reason=MINIMAX_REASONS[str(code)], trace=_trace(reply))
        raise not_accepted(reply, message=gateway_message(reply), trace=_trace(reply))

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once: the task's status, and with "Success" the link of the file."""
        answer = self._state(ticket, http)
        status = str(answer.get("status") or "")
        if status.lower() == "success" and answer.get("file_id"):
            yield self._ready(ticket, answer, http)
        elif status.lower() in FAILED:
            code, message = _base_of(answer)
            words = message if code else ended_badly(status)
            raise failure(words, MINIMAX_REASONS.get(str(code)), trace=str(answer.get("trace", "")))
        elif status.lower() in WAITING:
            yield Queued(status)
        else:
            yield Running(message=status)

    def _state(self, ticket: Ticket, http: ServiceCalls) -> Json:
        """Return the reply to the query of a task."""
        task = {"task_id": ticket.task_id}
        if ticket.data.get("path") == PATH:
            return _checked(http.post(PATH, {"model": self.query.model, "input": task}))
        return _checked(http.get("/v1/query/video_generation", task))

    def _file(self, ticket: Ticket, file_id: str, http: ServiceCalls) -> object:
        """Return what the service has as the file of a task that is done."""
        file = {"file_id": file_id}
        if ticket.data.get("path") == PATH:
            answer = _checked(http.post(PATH, {"model": self.retrieval.model, "input": file}))
        else:
            answer = _checked(http.get("/v1/files/retrieve", {**file, "task_id": ticket.task_id}))
        return answer.get("file")

    def _ready(self, ticket: Ticket, answer: Json, http: ServiceCalls) -> Ready:
        file = self._file(ticket, str(answer["file_id"]), http)
        links = [file.get("download_url"), file.get("backup_download_url")] if isinstance(file, dict) else []
        urls = tuple(link for link in links if isinstance(link, str) and link)
        if not urls:
            raise Unreachable("the service reports that the video is done and gives no link yet")
        return Ready(urls, width=_side(answer, "video_width"), height=_side(answer, "video_height"))


def _has_own_endpoint(request: Request) -> bool:
    """Return whether this goes to /v1/video_generation: no document of /v1/responses has text for version 2.3."""
    return request.wire_name == "MiniMax-Hailuo-2.3" and not request.inputs


def _checked(reply: Reply) -> Json:
    """Return the JSON of a query's reply. Raises what its code or its status means."""
    code, message = _base(reply)
    if not code:
        return read_poll(reply)
    reason = MINIMAX_REASONS.get(str(code))
    if reason in {"key", "balance"}:
        raise Paused(f"code {code}: {service_text(message)}", reason=reason or "", trace=_trace(reply))
    if reason in {"prompt", "result"}:
        raise failure(message, reason, trace=_trace(reply))
    raise Unreachable(f"code {code}: {service_text(message)}")


def _base(reply: Reply) -> tuple[int, str]:
    return _base_of(reply.json)


def _base_of(answer: Json) -> tuple[int, str]:
    base = answer.get("base_resp")
    if not isinstance(base, dict):
        return 0, ""
    code = base.get("status_code")
    return (code if isinstance(code, int) else 0), str(base.get("status_msg") or "")


def _trace(reply: Reply) -> str:
    return reply.headers.get("Trace-Id", "")


def _side(answer: Json, name: str) -> int | None:
    value = answer.get(name)
    return value if isinstance(value, int) and 0 < value < WIDEST else None
