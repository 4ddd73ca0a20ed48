"""Queries on DMXAPI's /v1/responses: a stream that tells of the query, not of the task.

`response.completed` ends the query. The task is done when there is a link, and failed when there is a word of failure;
with neither it goes on. Nobody knows whether a stream stays open until the task is done or answers at once: both
readings come out right. The texts for "not ready" and "failed" are not documented, so few words count as a verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from vidmagic.errors import Failed, Paused, Reason, Unreachable, VidmagicError
from vidmagic.escaping import shorten
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.sse import Frame
from vidmagic.providers.contract import Json
from vidmagic.providers.links import links, without_links
from vidmagic.providers.replies import HINTS, failure, not_accepted, read_poll
from vidmagic.providers.services import gateway_words
from vidmagic.spec.events import Event, Ready, Running

PATH = "/v1/responses"
GATEWAY_REASONS: dict[str, Reason] = {
    "invalid_api_key": "key",
    "insufficient_user_quota": "balance",
    "insufficient_quota": "balance",
    "rate_limit_exceeded": "rate",
    "content_policy_violation": "prompt",
    "content_filter": "result",
    "expired": "expired",
    "model_not_found": "not found",
    "task_not_exist": "not found",
    "invalid_request": "parameters",
    "invalid_request_error": "parameters",
}
JUDGED: set[Reason | None] = {"prompt", "image", "result"}  # a reason of the task, whoever gives it
_ASK_AGAIN: set[Reason | None] = {"rate", "concurrency", "busy", "not found"}

_BAD_ENDS = {"failed", "incomplete", "cancelled", "expired"}
_FAILED = re.compile(
    r"❌|(?:生成|任务|创作|处理)\S{0,4}失败"
    r"|(?:状态|status|state)\W{1,4}(?:failed|expired|cancell?ed|失败)",
    re.IGNORECASE,
)
_TROUBLE = re.compile(r"^[^\w\"]*(?:\w+ API )?(?:错误|失败|error|failed|failure)", re.IGNORECASE | re.MULTILINE)
_LATER = re.compile(r"稍后|重试|try again|retry", re.IGNORECASE)
_QUERY_FAILED = re.compile(r"(?:查询|获取|请求)\S{0,8}失败")
_DONE = re.compile(r"✅|完成|成功|succe|complete", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query:
    """How the tasks of one system are asked for.

    `model` is the query's own model name: any other would start a job. `reasons` are the system's codes, `percent`
    reads the progress out of its words where they tell one.
    """

    model: str
    reasons: Mapping[str, Reason]
    percent: Callable[[str], float | None] = lambda _: None

    def __post_init__(self) -> None:
        if not self.model.endswith("-get"):
            raise ValueError(f"{self.model} is no model to query with")

    def ask(self, task_id: str, http: ServiceCalls) -> Iterator[Event]:
        """Look once. Raises Failed, Paused for key or balance, Unreachable where only the look went wrong."""
        with http.stream(PATH, {"model": self.model, "input": task_id, "stream": True}) as (reply, frames):
            if not reply.ok:
                code, words = _error(reply.json)
                if self.reason(code) in JUDGED:
                    raise failure(words or code, self.reason(code))
                read_poll(reply)
            yield from self.interpret(frames)

    def interpret(self, frames: Iterator[Frame]) -> Iterator[Event]:
        """Turn the frames of one query into events: `Running` as it goes, then `Ready` where there is a link."""
        text = ""
        ended = False
        before: Event | None = None
        for frame in frames:
            if isinstance(frame, dict):
                self._raise_error(frame)
            text = _whole(frame) or text + _piece(frame)
            now = Running(self.percent(text), without_links("".join(text.strip().splitlines()[-1:])))
            if now != before:
                yield now
                before = now
            ended = ended or _ends(frame)
            if ended and (frame == "[DONE]" or _whole(frame) or "film" in links(text)):
                break
        yield from self._verdict(text if ended else _without_last_word(text), ended=ended)

    def reason(self, code: str) -> Reason | None:
        """Return what *code* stands for, None if that is not known; a code may have a more special one after a dot."""
        table = {**GATEWAY_REASONS, **self.reasons}
        return table.get(code) or table.get(code.partition(".")[0])

    def refusal(self, reply: Reply) -> VidmagicError:
        """Return what a submit's reply without an id means."""
        code, words = _error(reply.json)
        metadata = reply.json.get("metadata")
        return not_accepted(
            reply,
            message=words or gateway_words(reply),
            reason=self.reason(code) if reply.status < 500 else None,
            trace=str(metadata.get("trace_id") or "") if isinstance(metadata, dict) else "",
        )

    def _raise_error(self, frame: Json) -> None:
        """Raise what a frame says went wrong with the task, or with this query alone."""
        kind = str(frame.get("type") or "")
        inner = frame.get("response")
        told: Json = inner if isinstance(inner, dict) else frame
        code, words = _error(told)
        if kind.removeprefix("response.") in _BAD_ENDS or str(told.get("status")) in _BAD_ENDS:
            state = str(told.get("status") or kind.removeprefix("response."))
            raise failure(words or code or state, self.reason(code) or self.reason(state))
        if kind == "error" or told.get("error"):
            raise self._of_task_or_query(code, words or code or "the service gave no reason", told)

    def _of_task_or_query(self, code: str, words: str, told: Json) -> VidmagicError:
        reason = self.reason(code)
        if reason in {"key", "balance"}:
            return Paused(shorten(words), reason=reason or "", hint=HINTS[reason or ""])
        if reason in _ASK_AGAIN or (reason not in JUDGED and _is_gateways_own(told)):
            return Unreachable(shorten(words), status=404 if reason == "not found" else 0)
        return failure(words, reason)

    def _verdict(self, text: str, *, ended: bool) -> Iterator[Event]:
        found = links(text)
        finished = ended and _DONE.search(text) is not None
        film = found.get("film") or found.get("watermarked") or (found.get("other") if finished else None)
        failed = None if "film" in found else self._failure(text, ended=ended)
        if failed is not None:
            raise failed
        if film is not None:
            yield Ready((film,), {name: found[name] for name in ("last_frame", "watermarked") if name in found})
        elif not ended:
            raise Unreachable("the answer to the query broke off")

    def _failure(self, text: str, *, ended: bool) -> Failed | None:
        """Return the failure that *text* tells of; trouble with the query is none, nor is advice to ask later."""
        if _QUERY_FAILED.search(text):
            return None
        reasons = [self.reason(word) for word in re.findall(r"[A-Za-z][A-Za-z._]+", text)]
        found = _FAILED.search(text)
        if found is None and ended and not _LATER.search(text):
            found = _TROUBLE.search(text)
        if found is None and not (ended and JUDGED.intersection(reasons)):
            return None
        words = text[found.start() :] if found is not None else text
        return failure(without_links(words.strip()), next(filter(None, reasons), None))


def _without_last_word(text: str) -> str:
    """Leave out a word at the very end, which may have broken off; in linear time, for a stream can be long."""
    cut_off = text.rsplit(maxsplit=1)[-1] if text and not text[-1].isspace() else ""
    return text.removesuffix(cut_off)


def _whole(frame: Frame) -> str:
    """Return all text of a response, from the frames that repeat it in full."""
    if not isinstance(frame, dict):
        return ""
    if frame.get("type") == "response.output_text.done":
        return str(frame.get("text") or "")
    response = frame.get("response") if frame.get("type") == "response.completed" else frame
    output = response.get("output") if isinstance(response, dict) else None
    items = [item for item in output if isinstance(item, dict)] if isinstance(output, list) else []
    parts = [part for item in items if isinstance(item.get("content"), list) for part in item["content"]]
    return "\n".join(str(part["text"]) for part in parts if isinstance(part, dict) and part.get("text"))


def _piece(frame: Frame) -> str:
    """Return what a frame adds to the text; a plain JSON reply is text too."""
    if isinstance(frame, str):
        return "" if frame == "[DONE]" else frame + "\n"
    delta = frame.get("delta")
    if isinstance(delta, str):
        return delta
    return json.dumps(frame, ensure_ascii=False, indent=1) + "\n" if _is_plain(frame) else ""


def _ends(frame: Frame) -> bool:
    if isinstance(frame, str):
        return frame == "[DONE]"
    return frame.get("type") == "response.completed" or _is_plain(frame)


def _is_plain(frame: Json) -> bool:
    """Tell a JSON reply from the events of a stream."""
    return "type" not in frame and "delta" not in frame


def _error(said: Json) -> tuple[str, str]:
    """Return code and message of an error, in the gateway's shapes, the service's own, and that of an event."""
    error = said.get("error") or said.get("incomplete_details") or said
    if not isinstance(error, dict):
        return "", str(error)
    code = error.get("reason") or error.get("code") or error.get("type")
    return str(code or ""), str(error.get("message") or "")


def _is_gateways_own(said: Json) -> bool:
    """Tell an error of the gateway from one of the service behind it."""
    error = said.get("error")
    return isinstance(error, dict) and str(error.get("type")).endswith(("_api_error", "upstream_error"))
