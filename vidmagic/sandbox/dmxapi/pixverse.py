"""PixVerse V6 and C1 on DMXAPI: one path for uploads, submits and `paiwo-get`, told apart by the model's name.

The replies come flat or under `Resp`: each mode answers here as its document's samples do. What a flat reply says of a
task that is not done is not documented: it is invented here.
"""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

from .. import gateway
from ..directives import Directives, read_directives
from ..exchange import JsonObject, Refused, Response, reply
from ..fields import check
from ..files import Files
from ..request_images import by_short_side
from ..task import Task, Video
from ..task_store import TaskStore
from .pixverse_fields import MODELS, REFERENCE, fields_of, mode_of
from .pixverse_uploads import PixVerseUploads, Upload
from .responses import Responses, usage

WIRE = "pixverse"
TOKENS = {"v6": 27_000, "c1": 30_000, "reference": 39_000}  # a second
TOKENS_PER_CREDIT = 3000
FLAT_QUERIES = {"image", "first and last frame", "extend"}  # of V6
STATUS = {"done": 1, "failed": 7, "cancelled": 8}  # 5 in every other stage
WORDS = {"done": "succeeded", "failed": "failed", "cancelled": "cancelled"}


class PixVerse:
    """Answer for both models, their uploads and their query."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._uploads = PixVerseUploads(store, responses)
        for model in MODELS:
            responses.register_submit(model, self.submit)
        responses.register_json(WIRE, "paiwo-get", self.query)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names one of the models."""
        short, mode = MODELS[body["model"]], mode_of(body)
        _check(body, short, mode)
        directives = read_directives(body["input"])
        video = self._video(body, directives)
        gateway.check_balance(key, directives)
        if directives.outcome == "refuse":
            raise _refusal(short, 500063, "The text is not compliant, please re-enter")
        task_id = str(400 * 10**12 + secrets.randbelow(10**12))
        task = self._store.accept(WIRE, task_id, directives, video, model=short, mode=mode, prompt=body["input"])
        tokens = TOKENS["reference" if mode == "references" else short] * body["duration"]
        made = {"video_id": int(task.id), "credits": tokens // TOKENS_PER_CREDIT}
        if short == "c1":
            return self._store.answer_submit(task, {**_envelope(made), "usage": usage(0, tokens)})
        return self._store.answer_submit(task, {**made, "usage": usage(0, tokens)})

    def query(self, task: Task | None, _: str) -> JsonObject:
        """Return the answer of `paiwo-get`."""
        if task is None:
            raise _not_own()
        if task.sent["model"] == "v6" and task.sent["mode"] in FLAT_QUERIES:
            return self._flat(task)
        stage, video = task.stage, task.video
        done = stage == "done"
        made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(task.created))
        state = {
            "id": int(task.id),
            "prompt": task.sent["prompt"],
            "negative_prompt": "",
            "url": self._link(task, done=done),
            "status": STATUS.get(stage, 5),
            "seed": video.seed,
            "create_time": made,
            "modify_time": made,
            "outputWidth": video.width if done else 0,
            "outputHeight": video.height if done else 0,
            "has_audio": video.audio,
        }
        return _envelope(state)

    def _link(self, task: Task, *, done: bool) -> str:
        """Return the link, which answers 404 before the task is done."""
        return self._files.link(task) if done else self._files.signed("GET", f"/files/{WIRE}.{task.id}-soon.mp4")

    def _flat(self, task: Task) -> JsonObject:
        stage = task.stage
        state: JsonObject = {"video_id": int(task.id), "status": WORDS.get(stage, "processing")}
        return {**state, "video_url": self._files.link(task)} if stage == "done" else state

    def _video(self, body: JsonObject, directives: Directives) -> Video:
        first, last, ratio = self._pictures(body)
        width, height = by_short_side(int(body["quality"][:-1]), ratio)
        seed = body.get("seed", 0) or 1 + secrets.randbelow(2**30)
        audio = body.get("generate_audio_switch", False)
        return Video(directives.prompt, body["duration"], width, height, seed, audio, first, last)

    def _pictures(self, body: JsonObject) -> tuple[str | None, str | None, float]:
        """Return the first and the last image, and the shape of the video."""
        names = [name for name in ("img_id", "first_frame_img", "last_frame_img") if name in body]
        images = [self._upload("img_id", body[name]) for name in names]
        for reference in body.get("image_references", []):
            self._upload("img_id", reference["img_id"])
        if "aspect_ratio" in body:
            wide, high = map(int, body["aspect_ratio"].split(":"))
            return None, None, wide / high
        if images:
            return images[0].image, images[-1].image if len(images) > 1 else None, images[0].ratio
        return None, None, self._source_ratio(body)

    def _source_ratio(self, body: JsonObject) -> float:
        """Return the shape of the video that is extended."""
        if "video_media_id" in body:
            return self._upload("media_id", body["video_media_id"]).ratio
        task = self._store.find_task(WIRE, str(body["source_video_id"]))
        if task is None or task.stage != "done":
            raise _not_own()
        return task.video.width / task.video.height

    def _upload(self, kind: str, number: int) -> Upload:
        upload = self._uploads.find(kind, number)
        if upload is None:
            raise _not_own()
        return upload


def _check(body: JsonObject, short: str, mode: str) -> None:
    fields = fields_of(short, mode)
    if fields is None:
        raise _refusal(short, 400017, f"PixVerse-{short.upper()} has no mode with {mode}")
    problems = [problem.message for problem in check(body, fields)] or _combinations(body)
    if problems:
        raise _refusal(short, 400017, problems[0])


def _combinations(body: JsonObject) -> list[str]:
    """Return what is wrong with fields taken together."""
    if body.get("motion_mode") == "fast" and body["duration"] == 8:
        return ["motion_mode fast does not support 8 s"]
    if "water_mark" in body and len({"source_video_id", "video_media_id"} & body.keys()) != 1:
        return ["one of source_video_id and video_media_id is needed"]
    return _references(body["image_references"], body["input"]) if "image_references" in body else []


def _references(references: list[Any], prompt: str) -> list[str]:
    """Return what is wrong with references and with the names that the prompt calls them."""
    problems = [problem.message for item in references for problem in check(item, REFERENCE, "image_references.")]
    if problems:
        return problems
    names = [item["ref_name"] for item in references]
    if len(set(names)) < len(names):
        return ["ref_name is given twice"]
    called = re.findall(r"@(.*?)(?: |$)", prompt, re.DOTALL)
    return [f"@{name} is not a ref_name" for name in called if name not in names]


def _envelope(content: JsonObject) -> JsonObject:
    return {"ErrCode": 0, "ErrMsg": "Success", "Resp": content}


def _refusal(short: str, code: int, message: str) -> Refused:
    """Make an error, in the form of the gateway; those of C1 but the documented one in the form of the maker."""
    if short == "c1" and code != 400017:
        return Refused(reply({"ErrCode": code, "ErrMsg": message, "Resp": None}))
    return gateway.refuse(400, f"pixverse_{short}_{code}", message)


def _not_own() -> Refused:
    message = "You can only query your own generated or uploaded content"
    return Refused(reply({"ErrCode": 701009, "ErrMsg": message, "Resp": None}))
