"""Seedance on DMXAPI: `{"id", "usage"}` on submit, `seedance-get` to query.

A failed task ends its query in `response.failed`. The text for "not ready" is not documented: it is invented here.
"""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterator
from typing import Any

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Refused, Response
from ..fields import Field, check
from ..files import Files
from ..request_images import RequestImages, by_area
from ..task import Task, Video
from ..task_store import TaskStore
from .responses import Responses, outline, stream, text_events, usage

MODEL = "doubao-seedance-1-5-pro-responses"
WIRE = "seedance"
AREAS = {"480p": 864 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080}
RATIOS = {"16:9": 16 / 9, "4:3": 4 / 3, "1:1": 1.0, "3:4": 3 / 4, "9:16": 9 / 16, "21:9": 21 / 9}
FIELDS = {
    "model": Field(str, required=True),
    "input": Field(list, required=True, longest=3, not_empty=True),
    "callback_url": Field(str),
    "return_last_frame": Field(bool),
    "generate_audio": Field(bool),
    "resolution": Field(str, choices=tuple(AREAS)),
    "ratio": Field(str, choices=(*RATIOS, "adaptive")),
    "duration": Field(int, choices=(-1, *range(4, 13))),
    "seed": Field(int, low=-1, high=2**32 - 1),
    "camera_fixed": Field(bool),
    "watermark": Field(bool),
}
TEXT = {"type": Field(str, required=True), "text": Field(str, required=True, not_empty=True)}
IMAGE = {
    "type": Field(str, required=True),
    "image_url": Field(dict, required=True),
    "role": Field(str, required=True, choices=("first_frame", "last_frame")),
}
IMAGE_URL = {"url": Field(str, required=True, not_empty=True)}
AUTO_SECONDS = 5
STATUS = {
    "created": "queued",
    "queued": "queued",
    "scheduled": "queued",
    "running": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
}


class Seedance:
    """Answer for Seedance 1.5 pro and `seedance-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._request_images = RequestImages(store)
        responses.register(WIRE, MODEL, self.submit, "seedance-get", self.query, must_stream=True)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names Seedance."""
        _require_fields(body, FIELDS)
        prompt, images = _read(body["input"])
        directives = read_directives(prompt)
        video = self._video(body, directives, images)
        gateway.check_balance(key, directives)
        if directives.outcome == "refuse":
            raise _refusal("InputTextSensitiveContentDetected", "The input text may contain sensitive information.")
        name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(5))
        task_id = time.strftime("cgt-%Y%m%d%H%M%S-", time.localtime()) + name
        task = self._store.accept(WIRE, task_id, directives, video)
        return self._store.answer_submit(task, {"id": task.id, "usage": usage(0, round(782 * video.seconds))})

    def query(self, task: Task, streamed: bool) -> Response:
        """Answer `seedance-get`, which only streams."""
        if not streamed:
            raise _refusal("InvalidParameter", "stream must be true")
        if not self._store.streams_stay_open and not task.ended:
            return stream(
                text_events(task, iter([f"任务状态: {STATUS[task.stage]}"])),
                named=True,
                blank_lines=self._store.blank_lines,
            )
        return stream(self._frames(task), named=True, blank_lines=self._store.blank_lines)

    def _frames(self, task: Task) -> Iterator[JsonObject]:
        if task.outcome != "fail":
            yield from text_events(task, self._progress_texts(task))
            return
        yield {"type": "response.created", "response": outline(task, "in_progress")}
        for _ in self._store.ticks(task, 0.5):
            yield {"type": "response.in_progress", "response": outline(task, "in_progress")}
        error = {
            "code": "OutputVideoSensitiveContentDetected",
            "message": "The output video may contain sensitive information.",
        }
        yield {"type": "response.failed", "response": {**outline(task, "failed"), "error": error}}

    def _progress_texts(self, task: Task) -> Iterator[str]:
        status = ""
        for _ in self._store.ticks(task, max(0.05, task.seconds / 30)):
            if (now := STATUS[task.stage]) != status:
                status = now
                yield f"任务状态: {status}\n"
        if task.stage == "cancelled":
            yield "任务状态: cancelled\n"
            return
        # A link may be cut anywhere between two deltas.
        whole = f"视频URL: {self._files.link(task)}\n"
        yield from (whole[:40], whole[40:])

    def _video(self, body: JsonObject, directives: Directives, images: dict[str, str]) -> Video:
        stored = {role: self._request_images.read(url, role, _invalid) for role, url in images.items()}
        first, last = stored.get("first_frame"), stored.get("last_frame")
        ratio = RATIOS.get(body.get("ratio", "16:9"))
        if ratio is None:
            size = (16, 9) if first is None else self._request_images.size(first)
            ratio = size[0] / size[1]
        width, height = by_area(AREAS[body.get("resolution", "720p")], ratio)
        duration = body.get("duration", 5)
        seed = body.get("seed", -1)
        return Video(
            directives.prompt,
            AUTO_SECONDS if duration == -1 else duration,
            width,
            height,
            secrets.randbelow(2**30) if seed == -1 else seed,
            body.get("generate_audio", True),
            first,
            last,
        )


def _read(parts: list[Any]) -> tuple[str, dict[str, str]]:
    """Return the prompt and the image of each role."""
    texts: list[str] = []
    images: dict[str, str] = {}
    for number, part in enumerate(parts):
        where = f"input[{number}]."
        if isinstance(part, dict) and part.get("type") == "text":
            _require_fields(part, TEXT, where)
            texts.append(part["text"])
        else:
            _require_fields(part, IMAGE, where)
            _require_fields(part["image_url"], IMAGE_URL, where + "image_url.")
            if part["type"] != "image_url" or part["role"] in images:
                raise _invalid(f"{where}type or role is wrong or given twice")
            images[part["role"]] = part["image_url"]["url"]
    if len(texts) != 1 or set(images) == {"last_frame"}:
        raise _invalid("input must be one text, then optionally a first frame, then optionally a last frame")
    return texts[0], images


def _require_fields(value: object, fields: dict[str, Field], where: str = "") -> None:
    problems = check(value, fields, where)
    if problems:
        raise _invalid(problems[0].message)


def _invalid(message: str) -> Refused:
    return _refusal("InvalidParameter", message)


def _refusal(code: str, message: str) -> Refused:
    return gateway.refuse(400, code, message, "BadRequest")
