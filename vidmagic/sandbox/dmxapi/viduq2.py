"""viduq2-pro on DMXAPI: a flat Vidu object on submit, `vidu-get` to query.

Errors of the service come through the gateway in Vidu's own shape.
"""

from __future__ import annotations

import secrets

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Response
from ..fields import Field, check
from ..files import Files
from ..request_images import RequestImages, by_short_side
from ..task import Task, Video
from ..task_store import TaskStore
from ..vidu_dialect import check_problems, invalid, refuse
from .responses import Responses, usage
from .vidu_get import POSITIONS, WIRE, ViduGet

MODEL = "viduq2-pro"
SHORT_SIDES = {"540p": 540, "720p": 720, "1080p": 1080}
# Credits of the first, the second and each later second.
CREDITS = {"540p": (8, 10, 5), "720p": (15, 10, 10), "1080p": (55, 15, 15)}
FIELDS = {
    "model": Field(str, required=True),
    "input": Field(str, required=True, longest=2000, not_empty=True),
    "images": Field(list, required=True, longest=2, not_empty=True),
    "duration": Field(int, low=1, high=8),
    "seed": Field(int, low=0),
    "resolution": Field(str, choices=tuple(SHORT_SIDES)),
    "movement_amplitude": Field(str, choices=("auto", "small", "medium", "large")),
    "bgm": Field(bool),
    "watermark": Field(bool),
    "wm_position": Field(int, choices=tuple(POSITIONS)),
    "wm_url": Field(str),
    "callback_url": Field(str),
}


class ViduQ2:
    """Answer for `viduq2-pro`, and by `vidu-get` for all Vidu models."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._request_images = RequestImages(store)
        responses.register(WIRE, MODEL, self.submit, "vidu-get", ViduGet(store, files).query, must_stream=True)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names viduq2-pro."""
        check_problems(check(body, FIELDS))
        directives = read_directives(body["input"])
        video = self._video(body, directives)
        gateway.check_balance(key, directives)
        if directives.outcome == "refuse":
            raise refuse(400, "TaskPromptPolicyViolation", "the prompt violates the content policy")
        task_id = str(900 * 10**15 + secrets.randbelow(10**15))
        task = self._store.accept(WIRE, task_id, directives, video)
        return self._store.answer_submit(task, _document(task, body))

    def _video(self, body: JsonObject, directives: Directives) -> Video:
        if any(not isinstance(image, str) for image in body["images"]):
            raise invalid("images is not a list of URLs")
        images = [self._request_images.read(image, "images", invalid) for image in body["images"]]
        ratio = self._request_images.ratio(images[0], images[-1], invalid)
        width, height = by_short_side(SHORT_SIDES[body.get("resolution", "720p")], ratio)
        seed = body.get("seed", 0) or 1 + secrets.randbelow(2**30)
        last = images[1] if len(images) > 1 else None
        bgm = body.get("bgm", False)
        return Video(directives.prompt, body.get("duration", 5), width, height, seed, bgm, images[0], last)


def _document(task: Task, body: JsonObject) -> JsonObject:
    """Return the submit's answer."""
    resolution, seconds = body.get("resolution", "720p"), int(task.video.seconds)
    first, second, later = CREDITS[resolution]
    credit = first + (second if seconds > 1 else 0) + later * max(0, seconds - 2)
    return {
        "task_id": task.id,
        "type": "headtailimg2video" if len(body["images"]) > 1 else "img2video",
        "state": "created",
        "model": MODEL,
        "style": "general",
        "prompt": body["input"],
        "images": body["images"],
        "duration": seconds,
        "seed": task.video.seed,
        "aspect_ratio": "",
        "resolution": resolution,
        "movement_amplitude": body.get("movement_amplitude", "auto"),
        "created_at": int(task.created),
        "credits": credit,
        "payload": "",
        "cus_priority": 0,
        "off_peak": False,
        "watermark": body.get("watermark", False),
        "is_rec": False,
        "wm_position": POSITIONS[body.get("wm_position", 3)],
        "wm_url": body.get("wm_url", ""),
        "meta_data": "",
        "client_request_id": "",
        "usage": usage(2, credit * 400),
    }
