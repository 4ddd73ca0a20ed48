"""The endpoint /v1/responses on DMXAPI: the model's name decides which service answers; queries answer as a stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence

from . import gateway
from .exchange import EVENT_STREAM, JsonObject, Request, Response, Route
from .fields import Field, check
from .task import Task
from .task_store import TaskStore

MODEL = {"model": Field(str, required=True)}
QUERY = MODEL | {
    "input": Field(str, required=True, not_empty=True),
    "stream": Field(bool, required=True),
}
Submit = Callable[[str, JsonObject], Response]
Query = Callable[[Task, bool], Response]


class Responses:
    """Send submits and queries to the model they name."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._submits: dict[str, Submit] = {}
        self._queries: dict[str, tuple[str, Query]] = {}
        self.routes = (Route("POST", "/v1/responses", self.answer),)

    def register(self, wire: str, model: str, submit: Submit, query_model: str, query: Query) -> None:
        """Register `submit(key, body)` for *model*, and `query(task, stream)` for *query_model* and tasks of *wire*."""
        self._submits[model] = submit
        self._queries[query_model] = (wire, query)

    def answer(self, request: Request) -> Response:
        """Answer POST /v1/responses."""
        key = gateway.check_key(request, bare=True)
        body = request.document()
        problems = check({"model": body.get("model")} if isinstance(body, dict) else body, MODEL)
        if problems:
            raise gateway.refuse(400, "invalid_request", problems[0].message)
        model = body["model"]
        if model in self._submits:
            return self._submits[model](key, body)
        if model not in self._queries:
            raise gateway.refuse(503, "model_not_found", f"no channel for the model {model}")
        problems = check(body, QUERY)
        if problems:
            raise gateway.refuse(400, "invalid_request", problems[0].message)
        wire, query = self._queries[model]
        task = self._store.find_task(wire, body["input"])
        if task is None:
            raise gateway.refuse(404, "task_not_exist", "任务不存在")
        return query(task, body["stream"])


def stream(frames: Iterator[JsonObject], *, named: bool, blank_lines: bool) -> Response:
    """Answer with server-sent events; *named* ones have an `event:` line and end in [DONE].

    With *blank_lines* one stands between them.
    """
    end = "\n\n" if blank_lines else "\n"

    def pieces() -> Iterator[bytes]:
        for frame in frames:
            name = f"event: {frame['type']}\n" if named else ""
            yield f"{name}data: {json.dumps(frame, ensure_ascii=False)}{end}".encode(errors="backslashreplace")
        if named:
            yield f"data: [DONE]{end}".encode()

    return Response(200, pieces(), {"Content-Type": EVENT_STREAM})


def text_events(task: Task, texts: Iterator[str]) -> Iterator[JsonObject]:
    """Yield the events of one response that streams *texts* as deltas and completes."""
    item, at = f"msg_{task.number}", {"output_index": 0, "content_index": 0}
    yield {"type": "response.created", "response": outline(task, "in_progress")}
    yield {"type": "response.in_progress", "response": outline(task, "in_progress")}
    yield {"type": "response.output_item.added", "output_index": 0, "item": _message(item, "")}
    yield {"type": "response.content_part.added", "item_id": item, **at, "part": _part("")}
    whole = ""
    for text in texts:
        whole += text
        yield {"type": "response.output_text.delta", "item_id": item, **at, "delta": text}
    yield {"type": "response.output_text.done", "item_id": item, **at, "text": whole}
    yield {"type": "response.content_part.done", "item_id": item, **at, "part": _part(whole)}
    yield {"type": "response.output_item.done", "output_index": 0, "item": _message(item, whole)}
    yield {"type": "response.completed", "response": outline(task, "completed", [_message(item, whole)])}


def outline(task: Task, status: str, output: Sequence[JsonObject] = ()) -> JsonObject:
    """Return the response object that frames carry."""
    return {"id": f"resp_{task.number}", "object": "response", "status": status, "output": list(output)}


def usage(given: int, made: int) -> JsonObject:
    """Return the `usage` of a submit: tokens in and out."""
    return {
        "total_tokens": given + made,
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": 0},
    }


def _message(item: str, text: str) -> JsonObject:
    return {"id": item, "type": "message", "role": "assistant", "content": [_part(text)] if text else []}


def _part(text: str) -> JsonObject:
    return {"type": "output_text", "text": text, "annotations": []}
