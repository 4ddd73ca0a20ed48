"""Wan 2.7 on DMXAPI: four models, whose tasks `wan2.7-get` finds. A task is JSON in the text of the first message.

What a failed task looks like is not documented: its `code` and `message` are invented here. The service cuts a long
prompt without a word, and so does the sandbox.
"""

from __future__ import annotations

import secrets
import time
import uuid

from .. import gateway
from ..directives import read_directives
from ..exchange import JsonObject, Refused, Response
from ..files import Files
from ..request_images import by_area
from ..request_media import Medium, RequestMedia
from ..task import Task, Video
from ..task_store import TaskStore
from .model_studio import STATUS
from .responses import Responses, in_text, usage
from .wan_fields import BOUNDS, EDIT_MODEL, MODELS, SIZES, VOICE, problems

WIRE = "wan"
LONGEST_PROMPT = 5000
TOKENS = {"720P": 6000, "1080P": 10_000}  # a second
SECONDS = 5  # the default, and the length of a video to edit that is not the sandbox's own
SHAPING = ("first_frame", "video", "first_clip")  # whichever there is decides the shape
CHINA = 8 * 3600  # seconds before UTC


class Wan:
    """Answer for the four models and `wan2.7-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._media = RequestMedia(store)
        for model in MODELS:
            responses.register_submit(model, self.submit)
        responses.register_json(WIRE, "wan2.7-get", self.query)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names one of the models."""
        if problem := next(problems(body), ""):
            raise _invalid(problem)
        prompt = body["input"].get("prompt", "")
        directives = read_directives(prompt[:LONGEST_PROMPT])
        resolution = body.get("parameters", {}).get("resolution", "1080P")
        video = self._video(directives.prompt, resolution, body)
        gateway.check_balance(key, directives)
        gateway.check_moderation(directives)
        task = self._store.accept(WIRE, str(uuid.uuid4()), directives, video, orig_prompt=prompt)
        document = {"task_id": task.id, "task_status": "PENDING"}
        billed = usage(0, round(TOKENS[resolution] * video.seconds))
        return self._store.answer_submit(task, {**in_text(document), "usage": billed})

    def query(self, task: Task | None, task_id: str) -> JsonObject:
        """Answer `wan2.7-get`; the state of a task that does not exist is UNKNOWN."""
        if task is None:
            document = {"task_id": task_id, "task_status": "UNKNOWN"}
        else:
            document = self._document(task, STATUS[task.stage])
        return {**in_text(document), "usage": usage(0, 0)}

    def _document(self, task: Task, status: str) -> JsonObject:
        document = {"task_id": task.id, "task_status": status, "submit_time": _clock(task.created)}
        if status != "PENDING":
            document["scheduled_time"] = _clock(task.created)
        if status not in {"PENDING", "RUNNING"}:
            document["end_time"] = _clock(task.created + task.seconds)
        if status == "SUCCEEDED":
            return {**document, "orig_prompt": task.sent["orig_prompt"], "video_url": self._files.link(task)}
        if status == "FAILED":
            return {**document, "code": "DataInspectionFailed", "message": "The output may hold inappropriate content."}
        return document

    def _video(self, prompt: str, resolution: str, body: JsonObject) -> Video:
        """Return what the result shows: its shape is the first frame's or the given video's, else the ratio's."""
        parameters, media = body.get("parameters", {}), self._read_media(body)
        first, last = media.get("first_frame", Medium()), media.get("last_frame", Medium())
        given = next((media[kind] for kind in SHAPING if kind in media), Medium())
        width, height = SIZES[resolution][parameters.get("ratio", "16:9")]
        if given.width and ("first_frame" in media or "ratio" not in parameters):
            width, height = by_area(width * height, given.width / given.height)
        return Video(
            prompt,
            _seconds(body, given.seconds),
            width,
            height,
            parameters.get("seed", secrets.randbelow(2**31)),
            audio=True,
            first=first.stored,
            last=last.stored,
        )

    def _read_media(self, body: JsonObject) -> dict[str, Medium]:
        """Return what is known of the media by their types; of several the first."""
        media: dict[str, Medium] = {}
        given = body["input"]
        audio = [{"type": "audio_url", "url": given["audio_url"]}] if "audio_url" in given else []
        for item in [*given.get("media", []), *audio]:
            if "reference_voice" in item:
                self._media.read("audio", item["reference_voice"], "reference_voice", VOICE, _invalid)
            kind, bounds = BOUNDS[item["type"]]
            media.setdefault(item["type"], self._media.read(kind, item["url"], item["type"], bounds, _invalid))
        return media


def _seconds(body: JsonObject, given: float) -> float:
    """Return how long the result is; *given* is the length of the video that is edited or continued, 0 if not known."""
    edited = body["model"] == EDIT_MODEL
    asked: int = body.get("parameters", {}).get("duration", 0 if edited else SECONDS)
    if edited:
        return min(asked or given, given) if given else asked or SECONDS
    if asked <= given:
        raise _invalid("duration is not longer than the first_clip")
    return asked


def _clock(seconds: float) -> str:
    """Return a Unix time as the documents write it, in China's time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds + CHINA)) + f".{int(seconds % 1 * 1000):03}"


def _invalid(message: str) -> Refused:
    return gateway.refuse(400, "InvalidParameter", message)
