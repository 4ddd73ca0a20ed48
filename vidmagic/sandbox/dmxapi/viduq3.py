"""viduq3-pro on DMXAPI: three kinds of bodies under one name, a flat Vidu object on submit, `vidu-get` to query.

The credits of 720p and of silence are not documented: they are invented here.
"""

from __future__ import annotations

import secrets

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Response
from ..fields import Field, check
from ..request_images import RequestImages, by_short_side
from ..task import Task, Video
from ..task_store import TaskStore
from ..vidu_dialect import check_problems, invalid, refuse
from .responses import Responses, usage
from .vidu_get import POSITIONS, WIRE

MODEL = "viduq3-pro"
SHORT_SIDES = {"540p": 540, "720p": 720, "1080p": 1080}
CREDITS = {"540p": 10, "720p": 25, "1080p": 30}  # a second
RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "3:4": 3 / 4, "4:3": 4 / 3, "1:1": 1.0}
LARGEST_IMAGE = 50_000_000
LARGEST_BODY = 20_000_000
LONGEST = 5000
COMMON = {
    "model": Field(str, required=True),
    "duration": Field(int, low=1, high=16),
    "seed": Field(int, low=0),
    "resolution": Field(str, choices=tuple(SHORT_SIDES)),
    "audio": Field(bool),
    "watermark": Field(bool),
    "wm_position": Field(int, choices=tuple(POSITIONS)),
    "wm_url": Field(str),
    "callback_url": Field(str),
}
TEXT = COMMON | {
    "input": Field(str, required=True, longest=LONGEST, not_empty=True),
    "aspect_ratio": Field(str, choices=tuple(RATIOS)),
}
IMAGE = COMMON | {
    "images": Field(list, required=True, longest=1, not_empty=True),
    "input": Field(str, longest=LONGEST),
    "is_rec": Field(bool),
}
START_END = COMMON | {
    "input": Field(list, required=True, longest=2, not_empty=True),
    "prompt": Field(str, longest=LONGEST),
    "is_rec": Field(bool),
}


class ViduQ3:
    """Answer for `viduq3-pro`."""

    def __init__(self, store: TaskStore, responses: Responses) -> None:
        self._store = store
        self._request_images = RequestImages(store)
        responses.register_submit(MODEL, self.submit)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names viduq3-pro; where its images stand decides what it asks for."""
        kind, fields = _kind(body)
        check_problems(check(body, fields))
        images = _images(body)
        prompt = body.get("prompt" if fields is START_END else "input", "")
        directives = read_directives(prompt)
        video = self._video(body, directives, images)
        gateway.check_balance(key, directives)
        if directives.outcome == "refuse":
            raise refuse(400, "TaskPromptPolicyViolation", "the prompt violates the content policy")
        task_id = str(940 * 10**15 + secrets.randbelow(10**15))
        task = self._store.accept(WIRE, task_id, directives, video)
        return self._store.answer_submit(task, _document(task, body, kind, prompt, images))

    def _video(self, body: JsonObject, directives: Directives, images: list[str]) -> Video:
        if sum(map(len, images)) > LARGEST_BODY:
            raise refuse(413, "BadRequest", "the body has more than 20 MB")
        stored = [self._request_images.read(image, "images", invalid, LARGEST_IMAGE + 1) for image in images]
        if not images:
            ratio = RATIOS[body.get("aspect_ratio", "16:9")]
        else:
            ratio = self._request_images.ratio(stored[0], stored[-1], invalid)
            self._check_sizes(stored)
        width, height = by_short_side(SHORT_SIDES[body.get("resolution", "720p")], ratio)
        seed = body.get("seed", 0) or 1 + secrets.randbelow(2**30)
        first, last = (*stored, None, None)[:2]
        sound = body.get("audio", True)
        return Video(directives.prompt, body.get("duration", 5), width, height, seed, sound, first, last)

    def _check_sizes(self, stored: list[str | None]) -> None:
        """Refuse two frames whose resolutions have a quotient outside of 0.8 to 1.25."""
        areas = [width * height for width, height in map(self._request_images.size, filter(None, stored))]
        if len(areas) == 2 and not 0.8 <= areas[0] / areas[1] <= 1.25:
            raise invalid("the resolutions of the first and the last frame differ too much")


def _kind(body: JsonObject) -> tuple[str, dict[str, Field]]:
    """Return what Vidu calls this kind of task, and its fields."""
    if "images" in body:
        return "img2video", IMAGE
    return ("headtailimg2video", START_END) if isinstance(body.get("input"), list) else ("text2video", TEXT)


def _images(body: JsonObject) -> list[str]:
    """Return the images of a body; the first and the last frame come together."""
    given = body["images"] if "images" in body else body["input"]
    images = given if isinstance(given, list) else []
    if any(not isinstance(image, str) for image in images) or ("images" not in body and len(images) == 1):
        raise invalid("images is not a list of one URL, or input not one of two")
    return images


def _document(task: Task, body: JsonObject, kind: str, prompt: str, images: list[str]) -> JsonObject:
    """Return the submit's answer."""
    resolution, seconds = body.get("resolution", "720p"), int(task.video.seconds)
    credit = CREDITS[resolution] * seconds
    return {
        "task_id": task.id,
        "type": kind,
        "state": "created",
        "model": MODEL,
        "style": "general",
        "prompt": prompt,
        "images": images,
        "duration": seconds,
        "seed": task.video.seed,
        "aspect_ratio": "" if images else body.get("aspect_ratio", "16:9"),
        "resolution": resolution,
        "movement_amplitude": "auto",
        "created_at": int(task.created),
        "credits": credit,
        "payload": "",
        "cus_priority": 0,
        "off_peak": False,
        "watermark": body.get("watermark", False),
        "is_rec": body.get("is_rec", False),
        "wm_position": POSITIONS[body.get("wm_position", 3)],
        "wm_url": body.get("wm_url", ""),
        "meta_data": "",
        "client_request_id": "",
        "audio_type": "all" if task.video.audio else "",
        "usage": usage(0, round(credit * 312.5)),
    }
