"""Seedance 2.0 and 2.0 fast on DMXAPI: `{"id", "usage"}` on submit, `seedance-2-0-get` to query, in JSON.

The query's answer is JSON in a text of JSON. Of its states only the finished one has a sample: the others are made
after the documents' list of states, a failure after the maker's form.
"""

from __future__ import annotations

import json
import secrets
import string
import time
from dataclasses import replace

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Response
from ..files import Files
from ..request_images import by_area
from ..request_media import Bounds, Kind, Medium, RequestMedia
from ..task import Task, Video
from ..task_store import TaskStore
from .responses import Responses, usage
from .seedance2_input import AREAS, ASSETS, AUTO, FAST, MODELS, RATIOS, Input, invalid, read_body, refusal

WIRE = "seedance2"
AUTO_SECONDS = 5
MOST_SECONDS = 15
IMAGES = Bounds(
    ("jpeg", "png", "webp", "bmp", "tiff", "gif"), 29_999_999, side=(301, 5999), aspect=(0.40001, 2.49999), uris=ASSETS
)
# The documents name resolutions, the maker the pixels that these have.
VIDEOS = Bounds(seconds=(2, 15), side=(300, 6000), pixels=(640 * 640, 834 * 1112), aspect=(0.4, 2.5), uris=ASSETS)
FAST_VIDEOS = replace(VIDEOS, pixels=(640 * 640, 2206 * 946))
AUDIO = Bounds(("mpeg", "mp3", "wav", "x-wav"), 15_000_000, seconds=(2, 15), uris=ASSETS)
MEDIA: dict[str, tuple[Kind, Bounds]] = {
    "first_frame": ("image", IMAGES),
    "last_frame": ("image", IMAGES),
    "reference_image": ("image", IMAGES),
    "reference_video": ("video", VIDEOS),
    "reference_audio": ("audio", AUDIO),
}
FAST_MEDIA = MEDIA | {"reference_video": ("video", FAST_VIDEOS)}
TOKENS = {  # for a second, without and with a video
    False: (10_000, 12_170),
    True: (8_040, 9_560),
}
STATUS = {
    "created": "queued",
    "queued": "queued",
    "scheduled": "queued",
    "running": "running",
    "done": "succeeded",
    "failed": "failed",
    "cancelled": "expired",
}
FAILURE = {
    "code": "OutputVideoSensitiveContentDetected",
    "message": "The output video may contain sensitive information.",
}


class Seedance2:
    """Answer for Seedance 2.0, 2.0 fast and `seedance-2-0-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._media = RequestMedia(store)
        for model in MODELS:
            responses.register_submit(model, self.submit)
        responses.register_json(WIRE, "seedance-2-0-get", self.query)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names one of the two models."""
        given = read_body(body)
        directives = read_directives(given.prompt)
        video = self._video(body, directives, given)
        gateway.check_balance(key, directives)
        if directives.outcome == "refuse":
            raise refusal("InputTextSensitiveContentDetected", "The input text may contain sensitive information.")
        name = "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(5))
        task_id = time.strftime("cgt-%Y%m%d%H%M%S-", time.localtime()) + name
        wants_last = body.get("return_last_frame", False)
        task = self._store.accept(WIRE, task_id, directives, video, model=body["model"], last_frame=wants_last)
        rate = TOKENS[body["model"] == FAST]["reference_video" in given.media]
        return self._store.answer_submit(task, {"id": task.id, "usage": usage(0, round(rate * video.seconds))})

    def query(self, task: Task | None, task_id: str) -> JsonObject:
        """Answer `seedance-2-0-get`."""
        if task is None:
            raise gateway.refuse(404, "task_not_exist", "任务不存在")
        stage = task.stage
        document: JsonObject = {"id": task.id, "model": task.sent["model"], "status": STATUS[stage]}
        if stage == "done":
            document = {"content": self._content(task), **document}
        if stage == "failed":
            document = {"error": FAILURE, **document}
        # The service escapes an ampersand inside of the text, and the text is escaped again.
        text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).replace("&", "\\u0026")
        content = [{"type": "output_text", "text": text}]
        return {"request_id": task.id, "output": [{"type": "message", "content": content}], "usage": usage(0, 0)}

    def _content(self, task: Task) -> JsonObject:
        last = {"last_frame_url": self._files.link(task, "jpeg")} if task.sent["last_frame"] else {}
        return {**last, "video_url": self._files.link(task)}

    def _video(self, body: JsonObject, directives: Directives, given: Input) -> Video:
        first, last = self._shown(body, given)
        own = first.width / first.height if first.height and not given.has_references else 16 / 9
        ratio = RATIOS.get(body.get("ratio", "adaptive"), own)
        resolution = body.get("resolution", "720p")
        width, height = by_area(AREAS[resolution], ratio)
        duration = body.get("duration", 8 if given.has_references else 5)
        seed = body.get("seed", -1)
        return Video(
            directives.prompt,
            AUTO_SECONDS if duration == AUTO else duration,
            width,
            height,
            secrets.randbelow(2**30) if seed == -1 else seed,
            given.has_references or body.get("generate_audio", True),
            first.stored,
            last.stored,
        )

    def _shown(self, body: JsonObject, given: Input) -> tuple[Medium, Medium]:
        """Return the images that the video begins and ends with, once all media are measured."""
        allowed = FAST_MEDIA if body["model"] == FAST else MEDIA
        read: dict[str, list[Medium]] = {role: [] for role in MEDIA}
        for role, urls in given.media.items():
            kind, bounds = allowed[role]
            read[role] = [self._media.read(kind, url, role, bounds, invalid) for url in urls]
            if sum(medium.seconds for medium in read[role]) > MOST_SECONDS:
                raise invalid(f"{role} is longer than {MOST_SECONDS} s in all")
        nothing = Medium()
        return next(iter(read["first_frame"] + read["reference_image"]), nothing), next(
            iter(read["last_frame"]), nothing
        )
