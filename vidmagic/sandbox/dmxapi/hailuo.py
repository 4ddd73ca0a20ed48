"""Hailuo on DMXAPI: submit, query, retrieve.

An error of the service itself is HTTP 200 with `base_resp.status_code` other than 0. The key `stale-key` passes
the gateway and is refused by the service behind it (1004).
"""

from __future__ import annotations

import re
import secrets

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Refused, Request, Response, Route, reply
from ..fields import Field, Problem, check
from ..files import Files
from ..task import Task, Video
from ..task_store import TaskStore

WIRE = "hailuo"
MODELS = ("MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02")
SIZES = {"768P": (1366, 768), "1080P": (1920, 1080)}
FIELDS = {
    "model": Field(str, required=True),
    "prompt": Field(str, required=True, longest=2000, not_empty=True),
    "duration": Field(int, choices=(6, 10)),
    "resolution": Field(str, choices=tuple(SIZES)),
    "prompt_optimizer": Field(bool),
    "fast_pretreatment": Field(bool),
    "aigc_watermark": Field(bool),
}
STATUS = {
    "created": "Preparing",
    "queued": "Queueing",
    "scheduled": "Queueing",
    "running": "Processing",
    "cancelled": "Cancelled",
}
_FILE_IDS_FROM = 67_935_793_699
SUCCESS = {"status_code": 0, "status_msg": "success"}


class Hailuo:
    """Answer the three Hailuo endpoints."""

    def __init__(self, store: TaskStore, files: Files) -> None:
        self._store = store
        self._files = files
        self.routes = (
            Route("POST", "/v1/video_generation", self.submit),
            Route("GET", "/v1/query/video_generation", self.query),
            Route("GET", "/v1/files/retrieve", self.retrieve),
        )

    def submit(self, request: Request) -> Response:
        """Answer POST /v1/video_generation."""
        key = _key(request)
        body = request.document()
        problems = check(body, FIELDS) or _combination_problems(body)
        if problems:
            raise refusal(2013, f"invalid params, {problems[0].message}")
        if body["model"] not in MODELS:
            raise gateway.refuse(503, "model_not_found", f"no channel for the model {body['model']}")
        directives = read_directives(body["prompt"])
        check_refusals(key, directives)
        task_id = str(335_000_000_000_000 + secrets.randbelow(10**12))
        width, height = SIZES[body.get("resolution", "768P")]
        video = Video(directives.prompt, body.get("duration", 6), width, height, seed=int(task_id) % 2**31)
        task = self._store.accept(WIRE, task_id, directives, video)
        return self._store.answer_submit(task, {"task_id": task.id, "base_resp": SUCCESS})

    def query(self, request: Request) -> Response:
        """Answer GET /v1/query/video_generation?task_id=."""
        _key(request)
        return reply(self.state(request.argument("task_id")))

    def retrieve(self, request: Request) -> Response:
        """Answer GET /v1/files/retrieve?file_id=; DMXAPI's document adds `task_id`, other clients leave it out."""
        _key(request)
        return reply(self.file(request.argument("file_id"), request.argument("task_id")))

    def state(self, task_id: str | None) -> JsonObject:
        """Return what the query answers on a task. Raises 2013 for an unknown one."""
        task = self._store.find_task(WIRE, task_id)
        if task is None:
            raise refusal(2013, "invalid params, task_id not found")
        stage = task.stage
        if stage == "failed":
            return _state(task, "Fail") | {"base_resp": {"status_code": 1027, "status_msg": "output new_sensitive"}}
        if stage != "done":
            return _state(task, STATUS[stage])
        result = {"file_id": str(_file_id(task)), "video_width": task.video.width, "video_height": task.video.height}
        return _state(task, "Success") | result

    def file(self, file_id: str | None, task_id: str | None = None) -> JsonObject:
        """Return what the retrieval answers on a file. Raises 2013 for an unknown one, or one of another task."""
        task = self._task_of_file(file_id or "", task_id)
        if task is None or task.stage != "done":
            raise refusal(2013, "invalid params, file_id not found")
        file = {
            "file_id": _file_id(task),
            "bytes": 0,
            "created_at": int(task.created + task.seconds),
            "filename": "output_aigc.mp4",
            "purpose": "video_generation",
            "download_url": self._files.link(task),
        }
        return {"file": file, "base_resp": SUCCESS}

    def _task_of_file(self, file_id: str, task_id: str | None) -> Task | None:
        if re.fullmatch("[0-9]{1,18}", file_id) is None:
            return None
        made_by = str(int(file_id) - _FILE_IDS_FROM)
        return self._store.find_task(WIRE, made_by) if task_id in {None, made_by} else None


def _key(request: Request) -> str:
    key = gateway.check_key(request, bare=True)
    check_key(key)
    return key


def check_key(key: str) -> None:
    """Raise what the service behind the gateway answers to a key that only the gateway knows."""
    if key == "stale-key":
        raise refusal(1004, "login fail: Please carry the API secret key in the 'Authorization' field")


def _combination_problems(body: JsonObject) -> list[Problem]:
    if body.get("resolution") == "1080P" and body.get("duration", 6) != 6:
        return [Problem("invalid", "duration", "1080P allows a duration of 6 only")]
    return []


def check_refusals(key: str, directives: Directives) -> None:
    """Raise what the service answers to an empty account, too many requests, and a prompt that it judges."""
    if key == gateway.POOR_KEY or directives.outcome == "balance":
        raise refusal(1008, "insufficient balance")
    if directives.outcome == "rate":
        raise refusal(1002, "rate limit")
    if directives.outcome == "refuse":
        raise refusal(1026, "input new_sensitive")


def _state(task: Task, status: str) -> JsonObject:
    return {
        "status": status,
        "file_id": "",
        "task_id": task.id,
        "base_resp": SUCCESS,
        "video_width": 0,
        "video_height": 0,
    }


def _file_id(task: Task) -> int:
    return task.number + _FILE_IDS_FROM


def refusal(code: int, message: str) -> Refused:
    """Return an error of the service itself."""
    return Refused(reply({"base_resp": {"status_code": code, "status_msg": message}}))
