"""Vidu, version 2: start and end frame, creations, cancel, and the list of tasks.

Cancel and the list are not in the document. The list's shape is a guess; its filter is `created_at.from` and
`created_at.to`. A task can be cancelled until work on it begins.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import datetime

from .directives import Directives, read_directives
from .exchange import JsonObject, Request, Response, Route, reply
from .fields import Field, check
from .files import Files
from .request_images import RequestImages, by_short_side
from .task import Task, Video
from .task_store import TaskStore
from .vidu import find_task, progress, state, task_id
from .vidu_body import AMPLITUDES, SHORT_SIDES
from .vidu_dialect import check_key, check_problems, check_refusals, invalid, refuse
from .vidu_uploads import Uploads

WIRE = "viduv2"
FIELDS = {
    "model": Field(str, required=True, choices=("vidu2.0", "vidu1.5")),
    "images": Field(list, required=True),
    "prompt": Field(str, required=True, longest=1500, not_empty=True),
    "duration": Field(int, choices=(4, 8)),
    "seed": Field(int, low=0),
    "resolution": Field(str, choices=("360p", "720p", "1080p")),
    "movement_amplitude": Field(str, choices=AMPLITUDES),
    "callback_url": Field(str),
    "payload": Field(str, longest=1_048_576),
}
CREDITS = 20


class ViduV2:
    """Answer the endpoints of version 2."""

    def __init__(self, store: TaskStore, files: Files, uploads: Uploads) -> None:
        self._store = store
        self._files = files
        self._uploads = uploads
        self._request_images = RequestImages(store)
        self.routes = (
            Route("POST", "/ent/v2/start-end2video", self.submit),
            Route("GET", r"/ent/v2/tasks/(?P<id>[^/]+)/creations", self.query),
            Route("POST", r"/ent/v2/tasks/(?P<id>[^/]+)/cancel", self.cancel),
            Route("GET", "/ent/v2/tasks", self.list),
        )

    def submit(self, request: Request) -> Response:
        """Answer POST /ent/v2/start-end2video."""
        key = check_key(request)
        body = request.document()
        _check(body)
        directives = read_directives(body["prompt"])
        video = self._video(body, directives)
        check_refusals(key, directives)
        sent = {
            "model": body["model"],
            "images": body["images"],
            "prompt": body["prompt"],
            "duration": video.seconds,
            "seed": video.seed,
            "resolution": body.get("resolution", "360p"),
            "movement_amplitude": body.get("movement_amplitude", "auto"),
            "payload": body.get("payload", ""),
            "credits": CREDITS,
        }
        task = self._store.accept(WIRE, task_id(), directives, video, **sent)
        document = {"task_id": task.id, "state": "created", **sent, "created_at": _created(task)}
        return self._store.answer_submit(task, document)

    def query(self, request: Request) -> Response:
        """Answer GET /ent/v2/tasks/{id}/creations."""
        task = find_task(self._store, WIRE, request)
        return reply(
            {
                "id": task.id,
                "credits": CREDITS,
                "payload": task.sent["payload"],
                **progress(task, self._files),
            }
        )

    def cancel(self, request: Request) -> Response:
        """Answer POST /ent/v2/tasks/{id}/cancel."""
        task = find_task(self._store, WIRE, request)
        if task.ended or task.stage == "running":
            raise refuse(400, "BadRequest", f"a task that is {state(task)} cannot be cancelled")
        self._store.save(replace(task, cancelled=True))
        return reply({})

    def list(self, request: Request) -> Response:
        """Answer GET /ent/v2/tasks."""
        check_key(request)
        since, until = _time(request, "created_at.from", 0), _time(request, "created_at.to", float("inf"))
        tasks = [task for task in self._store.tasks(WIRE) if since <= task.created <= until]
        return reply({"tasks": [_listed(task) for task in tasks], "next_page_token": ""})

    def _video(self, body: JsonObject, directives: Directives) -> Video:
        images = [
            self._uploads.image(
                value, "images", kinds=("JPEG", "PNG", "WEBP"), limit=10_000_000, min_side=1, max_ratio=4
            )
            for value in body["images"]
        ]
        first, last = images
        ratio = self._request_images.ratio(first, last, invalid)
        width, height = by_short_side(SHORT_SIDES[body.get("resolution", "360p")], ratio)
        seed = body.get("seed", 0) or 1 + secrets.randbelow(2**30)
        return Video(directives.prompt, body.get("duration", 4), width, height, seed, first=first, last=last)


def _check(body: JsonObject) -> None:
    check_problems(check(body, FIELDS))
    if len(body["images"]) != 2:
        raise refuse(400, "FieldItemCountOutOfRange", "images must be two")
    if any(not isinstance(image, str) for image in body["images"]):
        raise invalid("images is not a list of URLs")
    if body.get("duration", 4) == 8:
        if body["model"] == "vidu2.0":
            raise invalid("duration of vidu2.0 is 4 only")
        if body.get("resolution", "360p") != "720p":
            raise invalid("resolution is 720p only when duration is 8")


def _listed(task: Task) -> JsonObject:
    shown = {name: task.sent[name] for name in ("model", "prompt", "duration", "resolution", "seed", "images")}
    return {"id": task.id, "type": "headtailimg2video", "state": state(task), **shown, "created_at": _created(task)}


def _created(task: Task) -> str:
    seconds, fraction = divmod(task.created, 1)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(fraction * 1e6):06d}Z"


def _time(request: Request, name: str, default: float) -> float:
    value = request.argument(name)
    if value is None:
        return default
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise invalid(f"{name} is not an RFC 3339 time") from None
