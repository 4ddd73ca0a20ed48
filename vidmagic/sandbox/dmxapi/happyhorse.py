"""HappyHorse on DMXAPI: four models, whose tasks `happyhorse-get` finds. A task is JSON text inside of a message.

What a failed task looks like is not documented: its `code` and `message` are invented here. The service cuts a long
prompt without a word, and so does the sandbox.
"""

from __future__ import annotations

import time
import uuid

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Response
from ..files import Files
from ..request_images import by_area
from ..request_media import Bounds, Medium, RequestMedia
from ..task import Task, Video
from ..task_store import TaskStore
from .happyhorse_fields import AREAS, EDITED, KINDS, RATIOS, cut, invalid, read, refusal
from .model_studio import status
from .responses import Responses, in_text, usage

WIRE = "happyhorse"
SECONDS = 5  # without a duration; also of an edit, where the link says nothing on the video
LONGEST_EDIT = 15  # seconds; the rest of the video is left out


class HappyHorse:
    """Answer for the models of HappyHorse and `happyhorse-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._media = RequestMedia(store)
        for model in KINDS:
            responses.register_submit(model, self.submit)
        responses.register_json(WIRE, "happyhorse-get", self.query)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names one of the four models."""
        kind = KINDS[body["model"]]
        given = read(body, kind)
        directives = read_directives(cut(given.get("prompt", "")))
        video = self._video(body, given, directives)
        gateway.check_balance(key, directives)
        if directives.outcome == "refuse":
            raise refusal("DataInspectionFailed", "Input data may contain inappropriate content.")
        task = self._store.accept(WIRE, str(uuid.uuid4()), directives, video)
        made = kind.flat or kind.tokens[_resolution(body) == "1080P"] * round(video.seconds)
        document = {"task_id": task.id, "task_status": "PENDING"}
        return self._store.answer_submit(task, in_text(document) | {"usage": usage(0, made)})

    def query(self, task: Task | None, task_id: str) -> JsonObject:
        """Answer `happyhorse-get`; an id is forgotten after a day."""
        return in_text(self._state(task, task_id)) | {"usage": usage(0, 0)}

    def _state(self, task: Task | None, task_id: str) -> JsonObject:
        document: JsonObject = {"task_id": task_id, "task_status": status(task)}
        if task is not None and document["task_status"] == "SUCCEEDED":
            submitted, ended = (
                time.strftime("%Y-%m-%d %H:%M:%S.000", time.localtime(at))
                for at in (task.created, task.created + task.seconds)
            )
            document |= {"submit_time": submitted, "scheduled_time": submitted, "end_time": ended}
            document["video_url"] = self._files.link(task)
        elif document["task_status"] == "FAILED":
            document |= {"code": "DataInspectionFailed", "message": "Output data may contain inappropriate content."}
        return document

    def _video(self, body: JsonObject, given: JsonObject, directives: Directives) -> Video:
        kind, parameters = KINDS[body["model"]], body.get("parameters", {})
        media = [
            (item["type"], self._read(item, f"input.media[{number}].url", kind.image))
            for number, item in enumerate(given.get("media", []))
        ]
        source = next((medium for name, medium in media if name != "reference_image"), Medium())
        ratio = RATIOS[parameters.get("ratio", "16:9")]
        if source.height:
            ratio = source.width / source.height
        width, height = by_area(AREAS[_resolution(body)], ratio)
        seconds = min(source.seconds, LONGEST_EDIT) or parameters.get("duration", SECONDS)
        first = next((medium.stored for _, medium in media if medium.stored), None)
        return Video(directives.prompt, seconds, width, height, parameters.get("seed", 0), bool(kind.flat), first)

    def _read(self, item: JsonObject, name: str, image: Bounds) -> Medium:
        if item["type"] == "video":
            return self._media.read("video", item["url"], name, EDITED, invalid)
        return self._media.read("image", item["url"], name, image, invalid)


def _resolution(body: JsonObject) -> str:
    return str(body.get("parameters", {}).get("resolution", "1080P"))
