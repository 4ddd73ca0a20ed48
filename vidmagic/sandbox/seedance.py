"""The Seedance wire on DMXAPI: `{"id", "usage"}` on submit, `seedance-get` to query.

A failed task ends its query in `response.failed`. The text for "not ready" is not documented: it is the sandbox's.
"""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterator
from typing import Any

from . import gateway, script
from .exchange import Refused, Response
from .fields import Field, check
from .files import Files
from .pictures import Pictures, by_area
from .responses import Responses, narrate, outline, stream, usage
from .studio import Studio
from .task import Film, Task

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
STATUS = {"created": "queued", "queued": "queued", "scheduled": "queued", "running": "running", "done": "succeeded"}


class Seedance:
    """Answer for Seedance 1.5 pro and `seedance-get`."""

    def __init__(self, studio: Studio, files: Files, responses: Responses) -> None:
        self._studio = studio
        self._files = files
        self._pictures = Pictures(studio)
        responses.serve(WIRE, MODEL, self.submit, "seedance-get", self.query)

    def submit(self, key: str, body: Any) -> Response:
        """Answer a body that names Seedance."""
        _demand(body, FIELDS)
        prompt, images = _read(body["input"])
        direction = script.read(prompt)
        film = self._film(body, direction, images)
        gateway.check_money(key, direction)
        if direction.turn == "refuse":
            raise _refuse("InputTextSensitiveContentDetected", "The input text may contain sensitive information.")
        name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(5))
        task_id = time.strftime("cgt-%Y%m%d%H%M%S-", time.localtime()) + name
        task = self._studio.accept(WIRE, task_id, direction, film)
        return self._studio.answer(task, {"id": task.id, "usage": usage(0, round(782 * film.seconds))})

    def query(self, task: Task, streamed: bool) -> Response:
        """Answer `seedance-get`, which only streams."""
        if not streamed:
            raise _refuse("InvalidParameter", "stream must be true")
        if not self._studio.streams_stay_open and task.stage != "done":
            return stream(narrate(task, iter([f"任务状态: {STATUS[task.stage]}"])), named=True)
        return stream(self._frames(task), named=True)

    def _frames(self, task: Task) -> Iterator[dict[str, Any]]:
        if task.turn != "fail":
            yield from narrate(task, self._tell(task))
            return
        yield {"type": "response.created", "response": outline(task, "in_progress")}
        for _ in self._studio.ticks(task, 0.5):
            yield {"type": "response.in_progress", "response": outline(task, "in_progress")}
        error = {
            "code": "OutputVideoSensitiveContentDetected",
            "message": "The output video may contain sensitive information.",
        }
        yield {"type": "response.failed", "response": {**outline(task, "failed"), "error": error}}

    def _tell(self, task: Task) -> Iterator[str]:
        status = ""
        for _ in self._studio.ticks(task, max(0.05, task.seconds / 30)):
            if STATUS[task.stage] != status:
                status = STATUS[task.stage]
                yield f"任务状态: {status}\n"
        # A link may be cut anywhere between two deltas.
        whole = f"视频URL: {self._files.link(task)}\n"
        yield from (whole[:40], whole[40:])

    def _film(self, body: Any, direction: script.Direction, images: dict[str, str]) -> Film:
        stored = {role: self._pictures.read(url, role, _invalid) for role, url in images.items()}
        first, last = stored.get("first_frame"), stored.get("last_frame")
        ratio = RATIOS.get(body.get("ratio", "16:9"))
        if ratio is None:
            size = (16, 9) if first is None else self._pictures.size(first)
            ratio = size[0] / size[1]
        width, height = by_area(AREAS[body.get("resolution", "720p")], ratio)
        duration = body.get("duration", 5)
        seed = body.get("seed", -1)
        return Film(
            direction.words,
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
            _demand(part, TEXT, where)
            texts.append(part["text"])
        else:
            _demand(part, IMAGE, where)
            _demand(part["image_url"], IMAGE_URL, where + "image_url.")
            if part["type"] != "image_url" or part["role"] in images:
                raise _invalid(f"{where}type or role is wrong or comes twice")
            images[part["role"]] = part["image_url"]["url"]
    if len(texts) != 1 or set(images) == {"last_frame"}:
        raise _invalid("input is one text, then perhaps a first frame, then perhaps a last frame")
    return texts[0], images


def _demand(value: Any, fields: dict[str, Field], where: str = "") -> None:
    problems = check(value, fields, where)
    if problems:
        raise _invalid(problems[0].message)


def _invalid(message: str) -> Refused:
    return _refuse("InvalidParameter", message)


def _refuse(code: str, message: str) -> Refused:
    return gateway.refuse(400, code, message, "BadRequest")
