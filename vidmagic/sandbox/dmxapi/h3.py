"""MiniMax H3 on DMXAPI: text, frames or references, and a 768P video made anew; `MiniMax-H3-get` to query.

What a running and a failed task look like, the errors, the price of 768P and of a reference are not documented: they
are invented here.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Refused, Response
from ..files import Files
from ..request_images import by_area
from ..request_media import Medium, RequestMedia
from ..task import Task, Video
from ..task_store import TaskStore
from .h3_body import AGAIN, MODEL, Inputs, read_body
from .responses import Responses, usage

WIRE = "h3"
AREAS = {"768P": 768 * 1344, "2K": 2560 * 1440}
TOKENS = {"768P": 4000, "2K": 8000}  # a second
TOKENS_AGAIN, TOKENS_OF_REFERENCE = 3000, 1690  # a second
UNKNOWN_SECONDS = 5  # of a video behind a link, which the sandbox does not open
STATUS = {"created": "queued", "scheduled": "queued", "done": "succeeded"}


class H3:
    """Answer for both models and for `MiniMax-H3-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._media = RequestMedia(store)
        for model in (MODEL, AGAIN):
            responses.register_submit(model, self.submit)
        responses.register_json(WIRE, "MiniMax-H3-get", self.query)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names one of the models."""
        inputs = read_body(body, self._media, invalid)
        directives = read_directives(inputs.text)
        video = _video(body, inputs, directives)
        gateway.check_balance(key, directives)
        gateway.check_moderation(directives)
        task_id = str(427_000_000_000_000 + secrets.randbelow(10**12))
        sent = {"resolution": body["resolution"], "ratio": body.get("ratio", ""), **_counts(body, inputs, video)}
        task = self._store.accept(WIRE, task_id, directives, video, **sent)
        return self._store.answer_submit(task, {"task_id": task.id, **_bill(body, inputs, video)})

    def query(self, task: Task | None, _: str) -> JsonObject:
        """Answer `MiniMax-H3-get`."""
        if task is None:
            raise gateway.refuse(404, "task_not_exist", "任务不存在")
        stage = task.stage
        shown: JsonObject = {
            "id": task.id,
            "model": MODEL,
            "status": STATUS.get(stage, stage),
            "created_at": int(task.created),
            "duration": int(task.video.seconds),
            **task.sent,
        }
        if stage == "done":
            shown["content"] = {"url": self._files.link(task)}
        if stage == "failed":
            shown["error"] = {"code": "1027", "message": "output new_sensitive"}
        return {"task": shown, "usage": usage(0, 0)}


def invalid(message: str) -> Refused:
    """Return the refusal of a body."""
    return gateway.refuse(400, "invalid_request", message)


def _video(body: JsonObject, inputs: Inputs, directives: Directives) -> Video:
    resolution = body["resolution"]
    width, height = _size(resolution, _ratio(body, inputs))
    seconds = body["duration"] if body["model"] == MODEL else _seconds(inputs.of("base_video"))
    frames = [next((medium.stored for medium in inputs.of(role)), None) for role in ("first_frame", "last_frame")]
    seed = secrets.randbelow(2**30)
    return Video(directives.prompt, seconds, width, height, seed, True, frames[0] or frames[1], frames[1])


def _ratio(body: JsonObject, inputs: Inputs) -> float:
    """Return width by height: of the frame, else as asked for, else of the first input that is known."""
    wide, _, high = str(body.get("ratio", "adaptive")).partition(":")
    if high and not inputs.of("first_frame", "last_frame"):
        return int(wide) / int(high)
    media = inputs.of("base_video", "first_frame", "last_frame", "reference_image", "reference_video")
    return next((medium.width / medium.height for medium in media if medium.height), 16 / 9)


def _size(resolution: str, ratio: float) -> tuple[int, int]:
    """Return width and height; in 768P both are multiples of 32."""
    area = AREAS[resolution]
    width, height = by_area(area, ratio)
    if resolution == "2K":
        return width, height
    width = round(width / 32) * 32
    return width, area // width // 32 * 32


def _counts(body: JsonObject, inputs: Inputs, video: Video) -> JsonObject:
    given, made = int(_seconds(inputs.of("reference_video", "base_video"))), int(video.seconds)
    images = len(inputs.of("first_frame", "last_frame", "reference_image"))
    counted = {"input_seconds": given, "output_seconds": made, "input_image_count": images}
    kind = "generation" if body["model"] == MODEL else "regeneration"
    return {"usage": {"total_seconds": given + made, **counted}, "task_type": kind}


def _bill(body: JsonObject, inputs: Inputs, video: Video) -> JsonObject:
    """Return the seconds that are named beside the bill, and the bill."""
    if body["model"] == AGAIN:
        return {"输出视频秒数": video.seconds, "usage": usage(0, round(TOKENS_AGAIN * video.seconds))}
    given = _seconds(inputs.of("reference_video"))
    tokens = TOKENS[body["resolution"]] * body["duration"] + round(TOKENS_OF_REFERENCE * given)
    return {**({"输入视频秒数": given} if given else {}), "usage": usage(0, tokens)}


def _seconds(videos: Sequence[Medium]) -> float:
    return sum(video.seconds or UNKNOWN_SECONDS for video in videos)
