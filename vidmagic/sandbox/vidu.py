"""Vidu, version 1: tasks made of prompts, and the creations they end in.

The endpoints of version 2 are in `vidu_v2`, the upload of images in `vidu_uploads`.
"""

from __future__ import annotations

import secrets
import time

from .directives import Directives, read_directives
from .exchange import JsonObject, Request, Response, Route, reply
from .files import Files
from .request_images import RequestImages, by_short_side
from .task import Task, Video
from .task_store import TaskStore
from .vidu_body import RATIOS, SHORT_SIDES, check_task, prompt_texts
from .vidu_dialect import check_key, check_refusals, refuse
from .vidu_uploads import Uploads

STATES = {
    "created": "created",
    "queued": "queueing",
    "scheduled": "scheduling",
    "running": "processing",
    "done": "success",
    "failed": "failed",
    "cancelled": "cancelled",
}


class Vidu:
    """Answer the task endpoints of version 1."""

    def __init__(self, store: TaskStore, files: Files, uploads: Uploads) -> None:
        self._store = store
        self._files = files
        self._uploads = uploads
        self._request_images = RequestImages(store)
        self.routes = (
            Route("POST", "/ent/v1/tasks", self.submit),
            Route("GET", r"/ent/v1/tasks/(?P<id>[^/]+)/creations", self.query),
        )

    def submit(self, request: Request) -> Response:
        """Answer POST /ent/v1/tasks."""
        key = check_key(request)
        body = request.document()
        check_task(body)
        directives = read_directives(" ".join(prompt_texts(body)))
        video = self._upscaled(body) if body["type"] == "upscale" else self._video(body, directives)
        check_refusals(key, directives)
        sent = _document(body, video.seed)
        task = self._store.accept("vidu", task_id(), directives, video)
        created = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(task.created))
        return self._store.answer_submit(task, {"id": task.id, **sent, "created_at": created})

    def query(self, request: Request) -> Response:
        """Answer GET /ent/v1/tasks/{id}/creations."""
        task = find_task(self._store, "vidu", request)
        return reply(progress(task, self._files))

    def _video(self, body: JsonObject, directives: Directives) -> Video:
        images = self._images(body)
        short = SHORT_SIDES[body.get("resolution", "512")]
        ratio = RATIOS[body["input"].get("aspect_ratio", "16:9")]
        if body["type"] == "img2video" and images[0] is not None:
            size = self._request_images.size(images[0])
            ratio = size[0] / size[1]
        width, height = by_short_side(short, ratio)
        seed = body["input"].get("seed", 0) or 1 + secrets.randbelow(2**30)
        seconds = body["output_params"]["duration"]
        return Video(directives.prompt, seconds, width, height, seed, first=images[0] if images else None)

    def _upscaled(self, body: JsonObject) -> Video:
        """Return the video of an earlier creation, twice as large."""
        for wire in ("vidu", "viduv2"):
            for task in self._store.tasks(wire):
                if creation_id(task) == body["input"]["creation_id"] and state(task) == "success":
                    old = task.video
                    return Video(old.prompt, old.seconds, old.width * 2, old.height * 2, old.seed, first=old.first)
        raise refuse(404, "CreationNotFound", "no such creation")

    def _images(self, body: JsonObject) -> list[str | None]:
        character = body["type"] == "character2video"
        image_prompts = [prompt for prompt in body["input"].get("prompts", []) if prompt["type"] == "image"]
        return [
            self._uploads.image(
                prompt["content"],
                "input.prompts[].content",
                kinds=("JPEG", "PNG"),
                limit=50_000_000,
                min_side=128 if character else 1,
                max_ratio=16 if character else 4,
            )
            for prompt in image_prompts
        ]


def task_id() -> str:
    """Return a new task id."""
    return str(2 * 10**15 + secrets.randbelow(10**15))


def find_task(store: TaskStore, wire: str, request: Request) -> Task:
    """Return the task that the path names; raises Vidu's 401, 400 or 404."""
    check_key(request)
    if not request.params["id"].isdigit():
        raise refuse(400, "BadRequest", "id is not a number")
    task = store.find_task(wire, request.params["id"])
    if task is None:
        raise refuse(404, "TaskNotFound", "task not found")
    return task


def state(task: Task) -> str:
    """Return a task's state as Vidu names it; both spellings of "cancelled" were seen."""
    return "canceled" if task.cancelled else STATES[task.stage]


def progress(task: Task, files: Files) -> JsonObject:
    """Return what both versions answer to a query: state, error code, and the creations with links signed now."""
    now = state(task)
    links = {"id": creation_id(task), "url": files.link(task), "cover_url": files.link(task, "jpeg")}
    return {
        "state": now,
        "err_code": "CreationPolicyViolation" if now == "failed" else "",
        "creations": [links] if now == "success" else [],
    }


def creation_id(task: Task) -> str:
    """Return the id of the one creation of a task."""
    return str(task.number + 6_913_016_746)


def _document(body: JsonObject, seed: int) -> JsonObject:
    """Return the task as the service shows it: what was sent, with the defaults it has filled in."""
    prompts = [{"negative": False, **prompt} for prompt in body["input"].get("prompts", [])]
    return {
        "type": body["type"],
        "state": "created",
        "model": body.get("model", "stable" if body["type"] == "upscale" else "vidu-high-performance"),
        "style": body.get("style", "general"),
        "moderation": body.get("moderation", False),
        "input": {"creation_id": "0", "enhance": True, **body["input"], "prompts": prompts, "seed": seed},
        "output_params": body.get("output_params", {"sample_count": 1, "duration": 4}),
        "err_code": "",
        "creations_count": 0,
    }
