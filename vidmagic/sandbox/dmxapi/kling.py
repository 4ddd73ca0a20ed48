"""The two Kling models on DMXAPI: a task's id in the text of a submit's reply, and a query of its own for each.

Of the query's replies only a finished one is documented for kling-v3, and only two fields for the other model: the
texts of the other states are invented here after the maker's.
"""

from __future__ import annotations

import math
import secrets
import string
import uuid
from dataclasses import dataclass

from .. import gateway
from ..directives import read_directives
from ..exchange import JsonObject, Refused, Response
from ..files import Files
from ..request_images import by_short_side
from ..request_media import Bounds, Medium, RequestMedia
from ..task import Task, Video
from ..task_store import TaskStore
from .kling_fields import LONGEST, LONGEST_SHOT, RATIOS, problem_of_v3, problem_of_video, shots
from .model_studio import status
from .responses import Responses, in_text, usage

WIRE, VIDEO_WIRE = "kling", "klingvideo"
SIDES = {"std": 720, "pro": 1080, "4k": 2160}  # kling-v3's documents name only the last one
TOKENS = {"std": 6000, "pro": 8000, "4k": 16000}  # for a second; no document has a sample in 4K
STATUS = {
    "created": "submitted",
    "queued": "submitted",
    "scheduled": "submitted",
    "running": "processing",
    "done": "succeed",
    "failed": "failed",
    "cancelled": "failed",
}
FAILURE = "Failure to pass the risk control system"
JPEG = "/9j/"  # the Base64 of how a JPEG begins
FRAME = Bounds(("png", "jpeg"), side=(300, math.inf), aspect=(0.4, 2.5))


@dataclass(frozen=True, slots=True)
class Order:
    """What a request asks for, whichever of the two models it names."""

    words: str
    mode: str
    seconds: int
    ratio: str
    sound: bool
    watermark: bool
    frames: tuple[Medium | None, Medium | None] = (None, None)

    @property
    def tokens(self) -> int:
        """What the request is charged."""
        return round(TOKENS[self.mode] * self.seconds * (1.5 if self.sound else 1))


class Kling:
    """Answer for kling-v3 and kling-v3-video-generation, and for the queries of both."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._media = RequestMedia(store)
        responses.register_submit("kling-v3", self.submit)
        responses.register_submit("kling-v3-video-generation", self.submit_video)
        responses.register_json(WIRE, "kling-v3-get-all", self.query)
        responses.register_json(VIDEO_WIRE, "kling-v3-get", self.query_video)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names kling-v3."""
        _require(problem_of_v3(body))
        first, last = (self._frame(body[name], name) if name in body else None for name in ("image", "image_tail"))
        order = Order(
            _words(shots(body, body.get("multi_prompt") or body["input"]), body["input"]),
            body.get("mode", "std"),
            int(body.get("duration", "5")),
            body.get("aspect_ratio", "16:9"),
            sound=body.get("sound") == "on",
            watermark=body.get("watermark_info", {}).get("enabled", False),
            frames=(first, last),
        )
        name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(15))
        task = self._accept(key, WIRE, f"tsk-{name}{secrets.randbelow(10)}", order)
        document = {**in_text({"taskId": task.id}), "request_id": task.id, "usage": usage(0, order.tokens)}
        return self._store.answer_submit(task, document)

    def submit_video(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names kling-v3-video-generation."""
        _require(problem_of_video(body))
        given, parameters = body["input"], body.get("parameters", {})
        for medium in given.get("media", []):
            self._media.read("image", medium["url"], medium["type"], Bounds(), _invalid)  # links only
        order = Order(
            _words(shots(given, given.get("multi_prompt")), given.get("prompt")),
            parameters.get("mode", "pro"),
            parameters.get("duration", 5),
            parameters.get("aspect_ratio", "16:9"),
            sound=parameters.get("audio", False),
            watermark=parameters.get("watermark", False),
        )
        task = self._accept(key, VIDEO_WIRE, str(uuid.uuid4()), order)
        state = {"task_id": task.id, "task_status": "PENDING"}
        return self._store.answer_submit(task, {**in_text(state), "usage": usage(0, order.tokens)})

    def query(self, task: Task | None, _: str) -> JsonObject:
        """Answer `kling-v3-get-all`."""
        if task is None:
            raise gateway.refuse(404, "task_not_exist", "任务不存在")
        stage = task.stage
        data: JsonObject = {
            "task_id": task.id,
            "task_status": STATUS[stage],
            "task_info": {},
            "task_status_msg": FAILURE if STATUS[stage] == "failed" else "",
            "created_at": int(task.created * 1000),
        }
        if task.sent.get("watermark"):
            data["watermark_info"] = {"enabled": True}
        if stage == "done":
            link = {"id": f"mda-{task.id[4:]}", "url": self._files.link(task), "duration": f"{task.video.seconds}.041"}
            marked = {"watermark_url": self._files.link(task)} if task.sent.get("watermark") else {}
            data["task_result"] = {"videos": [link | marked]}
        state = {"code": 0, "message": "SUCCEED", "data": data, "request_id": str(uuid.uuid4())}
        return {**in_text(state), "usage": usage(0, 0)}

    def query_video(self, task: Task | None, task_id: str) -> JsonObject:
        """Answer `kling-v3-get`."""
        state: JsonObject = {"task_id": task_id, "task_status": status(task)}
        if state["task_status"] == "FAILED":
            state["message"] = FAILURE
        if task is not None and state["task_status"] == "SUCCEEDED":
            link = self._files.link(task)
            state |= {"video_url": link, "watermark_video_url": link if task.sent.get("watermark") else ""}
        return {**in_text(state), "usage": usage(0, 0)}

    def _frame(self, value: str, name: str) -> Medium:
        """Return what is known of an image: a link, or Base64 that has no header to name its format."""
        if value.startswith("data:"):
            raise _invalid(f"{name} has a header before its Base64")
        if not value.startswith(("https:", "http:")):
            value = f"data:image/{'jpeg' if value.startswith(JPEG) else 'png'};base64,{value}"
        return self._media.read("image", value, name, FRAME, _invalid)

    def _accept(self, key: str, wire: str, task_id: str, order: Order) -> Task:
        """Accept a job, unless its account or its words are refused."""
        directives, frames = read_directives(order.words), order.frames
        gateway.check_balance(key, directives)
        gateway.check_moderation(directives)
        shape = next((frame for frame in frames if frame is not None and frame.width), None)
        ratio = RATIOS[order.ratio] if shape is None else shape.width / shape.height
        first, last = (None if frame is None else frame.stored for frame in frames)
        sides = by_short_side(SIDES[order.mode], ratio)
        video = Video(directives.prompt, order.seconds, *sides, secrets.randbelow(2**30), order.sound, first, last)
        return self._store.accept(wire, task_id, directives, video, watermark=order.watermark)


def _words(own: list[JsonObject], prompt: object) -> str:
    """Return what the video shows; of the model that cuts long words, without what it cuts."""
    return "\n".join(str(shot["prompt"])[:LONGEST_SHOT] for shot in own) or str(prompt)[:LONGEST]


def _require(problem: str) -> None:
    if problem:
        raise _invalid(problem)


def _invalid(message: str) -> Refused:
    return gateway.refuse(400, "invalid_request", message)
