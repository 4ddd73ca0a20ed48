"""viduq2-pro on DMXAPI: a flat Vidu object on submit, `vidu-get` to query.

Errors of the service come through the gateway in Vidu's own shape. The texts for "not ready" and "failed" are
not documented: they are invented here.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

from . import gateway
from .directives import Directives, read_directives
from .exchange import JsonObject, Response, reply
from .fields import Field, check
from .files import Files
from .request_images import RequestImages, by_short_side
from .responses import Responses, outline, stream, text_events, usage
from .task import Task, Video
from .task_store import TaskStore
from .vidu_dialect import check_problems, invalid, refuse

MODEL = "viduq2-pro"
WIRE = "viduq2"
SHORT_SIDES = {"540p": 540, "720p": 720, "1080p": 1080}
# Credits of the first, the second and each later second.
CREDITS = {"540p": (8, 10, 5), "720p": (15, 10, 10), "1080p": (55, 15, 15)}
POSITIONS = {1: "top_left", 2: "top_right", 3: "bottom_right", 4: "bottom_left"}
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
    """Answer for `viduq2-pro` and `vidu-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._files = files
        self._request_images = RequestImages(store)
        responses.register(WIRE, MODEL, self.submit, "vidu-get", self.query, must_stream=True)

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

    def query(self, task: Task, streamed: bool) -> Response:
        """Answer `vidu-get`: a stream, or one document when the task is over."""
        if streamed:
            return stream(self._frames(task), named=False, blank_lines=self._store.blank_lines)
        for _ in self._store.ticks(task, 0.1):
            pass
        content = [{"type": "output_text", "text": self._end(task)}]
        return reply(outline(task, "completed", [{"type": "message", "role": "assistant", "content": content}]))

    def _frames(self, task: Task) -> Iterator[JsonObject]:
        if self._store.streams_stay_open or task.ended:
            return text_events(task, self._progress_texts(task))
        return iter([{"delta": f"当前进度: {task.percent:.0f}%", "type": "response.completed"}])

    def _progress_texts(self, task: Task) -> Iterator[str]:
        for _ in self._store.ticks(task, max(0.1, task.seconds / 30)):
            yield f"\r当前进度: {task.percent:.0f}%"
        yield self._end(task)

    def _end(self, task: Task) -> str:
        if task.stage == "failed":
            return f"\n❌ 视频生成失败！\n\n任务ID: {task.id}\n错误: CreationPolicyViolation\n"
        if task.stage == "cancelled":
            return f"\n任务ID: {task.id}\n状态: canceled\n"
        video = self._files.link(task)
        return (
            f"\n\n✅ 视频生成完成！\n\n任务ID: {task.id}\n\n--- 创作 1 ---\n"
            f"视频URL: {video}\n封面URL: {self._files.link(task, 'jpeg')}\n水印视频: {video}\n"
        )

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
