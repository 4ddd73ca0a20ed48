"""Queries on DMXAPI's /v1/responses: a stream that reports on the query, not on the task.

`response.completed` ends the query. The task is done if the text has a link, and failed if it has a phrase of failure;
with neither it goes on. It is not known whether a stream stays open until the task is done or ends at once: both work.
The texts for "not ready" and "failed" are not documented, so only a few phrases count as a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from vidmagic.errors import Failed, Unreachable, VidmagicError
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.sse import Frame
from vidmagic.providers.contract import Json
from vidmagic.providers.links import links_by_kind, without_links
from vidmagic.providers.replies import failure
from vidmagic.providers.responses.frames import (
    added_text,
    ends_query,
    error_of,
    is_gateways_own,
    progress_text,
    whole_text,
)
from vidmagic.providers.responses.query import JUDGED, PATH, DmxQuery
from vidmagic.providers.task_states import FAILED, ended_badly
from vidmagic.spec.events import Event, Ready, Running

_OF_QUERY = {"key", "balance", "rate", "concurrency", "busy", "not found"}  # reasons that leave the task as it is

_BAD_ENDS = FAILED | {"incomplete"}
_FAILED = re.compile(
    r"❌|(?:生成|任务|创作|处理)\S{0,4}失败"
    r"|(?:状态|status|state)\W{1,4}(?:failed|expired|cancell?ed|失败|已取消|已过期)",
    re.IGNORECASE,
)
_TROUBLE = re.compile(r"^[^\w\"]*(?:\w+ API )?(?:错误|失败|error|failed|failure)", re.IGNORECASE | re.MULTILINE)
_LATER = re.compile(r"稍后|重试|try again|retry", re.IGNORECASE)
_QUERY_FAILED = re.compile(r"(?:查询|获取|请求)\S{0,8}失败")
_DONE = re.compile(r"✅|完成|成功|succe|complete", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Query(DmxQuery):
    """A query that answers in a stream; `percent` reads the progress out of its text, None where there is none."""

    percent: Callable[[str], float | None] = lambda _: None

    def ask(self, task_id: str, http: ServiceCalls) -> Iterator[Event]:
        """Poll once. Raises Failed, Paused for key or balance, Unreachable where only the poll failed."""
        with http.stream(PATH, {"model": self.model, "input": task_id, "stream": True}) as (reply, frames):
            self.check(reply)
            yield from self.interpret(frames)

    def interpret(self, frames: Iterator[Frame]) -> Iterator[Event]:
        """Turn the frames of one query into events: `Running` as it goes, then `Ready` where there is a link."""
        text = ""
        ended = False
        before: Event | None = None
        for frame in frames:
            if isinstance(frame, dict):
                self._raise_error(frame)
            text = whole_text(frame) or text + added_text(frame)
            now = Running(self.percent(text), without_links(progress_text(text)))
            if now != before:
                yield now
                before = now
            ended = ended or ends_query(frame)
            if ended and (frame == "[DONE]" or whole_text(frame) or "video" in links_by_kind(text)):
                break
        yield from self._verdict(text if ended else _without_last_word(text), ended=ended)

    def _raise_error(self, frame: Json) -> None:
        """Raise the error that a frame reports, of the task or of this query alone."""
        kind = str(frame.get("type") or "")
        inner = frame.get("response")
        answer: Json = inner if isinstance(inner, dict) else frame
        code, message = error_of(answer)
        if kind.removeprefix("response.") in _BAD_ENDS or str(answer.get("status")).lower() in _BAD_ENDS:
            state = str(answer.get("status") or kind.removeprefix("response."))
            raise failure(message or code or ended_badly(state) or state, self.reason(code) or self.reason(state))
        if kind == "error" or answer.get("error"):
            raise self._of_task_or_query(code, message or code or "the service gave no reason", answer)

    def _of_task_or_query(self, code: str, message: str, answer: Json) -> VidmagicError:
        reason = self.reason(code)
        if reason in _OF_QUERY or is_gateways_own(answer):
            return self.of_query(code, message)
        return failure(message, reason)

    def _verdict(self, text: str, *, ended: bool) -> Iterator[Event]:
        links = links_by_kind(text)
        finished = ended and _DONE.search(text) is not None
        video = links.get("video") or links.get("watermarked") or (links.get("other") if finished else None)
        failed = None if "video" in links else self._failure(text, ended=ended)
        if failed is not None:
            raise failed
        if video is not None:
            yield Ready((video,), {name: links[name] for name in ("last_frame", "watermarked") if name in links})
        elif not ended:
            raise Unreachable("the answer to the query broke off")

    def _failure(self, text: str, *, ended: bool) -> Failed | None:
        """Return the failure that *text* reports; a failed query and the advice to ask later are none."""
        if _QUERY_FAILED.search(text):
            return None
        reasons = [self.reason(word) for word in re.findall(r"[A-Za-z][A-Za-z._]+", text)]
        phrase = _FAILED.search(text)
        if phrase is None and ended and not _LATER.search(text):
            phrase = _TROUBLE.search(text)
        if phrase is None and not (ended and JUDGED.intersection(reasons)):
            return None
        message = text[phrase.start() :] if phrase is not None else text
        return failure(message.strip(), next(filter(None, reasons), None))


def _without_last_word(text: str) -> str:
    """Leave out a word at the very end, which may have broken off; in linear time, for a stream can be long."""
    cut_off = text.rsplit(maxsplit=1)[-1] if text and not text[-1].isspace() else ""
    return text.removesuffix(cut_off)
