"""The endpoint /v1/responses on DMXAPI: the model's name decides which service answers.

Some queries answer as a stream, the others in JSON.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Sequence

from .. import gateway
from ..exchange import EVENT_STREAM, JsonObject, Request, Response, Route, reply
from ..fields import Field, check
from ..task import Task
from ..task_store import TaskStore

MODEL = {"model": Field(str, required=True)}
JSON_QUERY = MODEL | {"input": Field(str, required=True, not_empty=True)}
QUERY = JSON_QUERY | {"stream": Field(bool, required=True)}
Submit = Callable[[str, JsonObject], Response]
Query = Callable[[Task, bool], Response]
JsonQuery = Callable[[Task | None, str], object]
Answer = Callable[[str, JsonObject], Response]


class Responses:
    """Send submits and queries to the model they name."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._answers: dict[str, Answer] = {}
        self.routes = (Route("POST", "/v1/responses", self.answer),)

    def register(
        self, wire: str, model: str, submit: Submit, query_model: str, query: Query, *, must_stream: bool = False
    ) -> None:
        """Register `submit(key, body)` for *model*, and `query(task, stream)` for *query_model* and tasks of *wire*.

        With *must_stream* the query has to name `stream`.
        """
        fields = QUERY if must_stream else JSON_QUERY | {"stream": Field(bool)}

        def answer(_: str, body: JsonObject) -> Response:
            check_fields(body, fields)
            return query(self.known(wire, body["input"]), body.get("stream", False))

        self.register_submit(model, submit)
        self._answers[query_model] = answer

    def register_submit(self, model: str, submit: Submit) -> None:
        """Register `submit(key, body)` for *model*, whose tasks a query that is registered elsewhere finds."""
        self._answers[model] = submit

    def register_json(self, wire: str, query_model: str, query: JsonQuery) -> None:
        """Register `query(task, task_id)` for *query_model* and tasks of *wire*, None for an unknown id.

        What it returns is the JSON of the answer.
        """

        def answer(_: str, body: JsonObject) -> Response:
            check_fields(body, JSON_QUERY)
            return reply(query(self._store.find_task(wire, body["input"]), body["input"]))

        self._answers[query_model] = answer

    def register_free(self, model: str, answer: Callable[[JsonObject], Response]) -> None:
        """Register what answers a body that names *model*, a call that starts no job, as an upload."""
        self._answers[model] = lambda _, body: answer(body)

    def known(self, wire: str, task_id: str) -> Task:
        """Return a task of *wire*. Raises the gateway's 404 for an unknown id."""
        task = self._store.find_task(wire, task_id)
        if task is None:
            raise gateway.refuse(404, "task_not_exist", "任务不存在")
        return task

    def answer(self, request: Request) -> Response:
        """Answer POST /v1/responses."""
        key = gateway.check_key(request, bare=True)
        body = request.document()
        check_fields({"model": body.get("model")} if isinstance(body, dict) else body, MODEL)
        if body["model"] not in self._answers:
            raise gateway.refuse(503, "model_not_found", f"no channel for the model {body['model']}")
        return self._answers[body["model"]](key, body)


def check_fields(body: object, fields: dict[str, Field]) -> None:
    """Raise the gateway's error for the first problem of *body*."""
    problems = check(body, fields)
    if problems:
        raise gateway.refuse(400, "invalid_request", problems[0].message)


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


def in_text(document: JsonObject) -> JsonObject:
    """Return the reply of a service whose JSON comes as the text of a response; `usage` may be added."""
    content = [{"type": "output_text", "text": json.dumps(document, ensure_ascii=False)}]
    return {"request_id": str(uuid.uuid4()), "output": [{"type": "message", "content": content}]}


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
