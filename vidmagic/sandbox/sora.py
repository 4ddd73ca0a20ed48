"""Sora on apiyi: one chat stream is both the submit and the poll, and names no task.

The frames come in the form of real streams that were recorded, with blank lines between them or, as the sandbox is
set, without: a role-only chunk, an echo of the prompt in a fence, the queue, the progress, the link.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator

from . import gateway
from .directives import read_directives
from .exchange import EVENT_STREAM, HangUp, JsonObject, Request, Response
from .fields import Field, check
from .files import Files
from .request_images import RequestImages
from .task import Task, Video
from .task_store import TaskStore

MODELS = {
    "sora_video2": (704, 1280, 10),
    "sora_video2-landscape": (1280, 704, 10),
    "sora_video2-15s": (704, 1280, 15),
    "sora_video2-landscape-15s": (1280, 704, 15),
}
FIELDS = {
    "model": Field(str, required=True),
    "stream": Field(bool, required=True, choices=(True,)),
    "messages": Field(list, required=True, longest=1, not_empty=True),
}
MESSAGE = {
    "role": Field(str, required=True, choices=("user",)),
    "content": Field(list, required=True, longest=2, not_empty=True),
}
TEXT = {"type": Field(str, required=True), "text": Field(str, required=True, not_empty=True)}
IMAGE = {"type": Field(str, required=True), "image_url": Field(dict, required=True)}
IMAGE_URL = {"url": Field(str, required=True, not_empty=True)}


class Sora:
    """Answer the chats that are addressed to a model of Sora."""

    def __init__(self, store: TaskStore, files: Files) -> None:
        self._store = store
        self._files = files
        self._request_images = RequestImages(store)

    def submit(self, request: Request) -> Response:
        """Answer POST /v1/chat/completions."""
        key = gateway.check_key(request, bare=False)
        prompt, image = _read(request.document())
        model = request.document()["model"]
        if model not in MODELS:
            raise gateway.refuse(503, "model_not_found", f"no channel for the model {model}")
        first = self._request_images.read(image, "image_url", _invalid) if image is not None else None
        directives = read_directives(prompt)
        gateway.check_balance(key, directives)
        gateway.check_moderation(directives)
        task_id = str(secrets.randbelow(10**12))
        width, height, seconds = MODELS[model]
        video = Video(directives.prompt, seconds, width, height, int(task_id) % 2**31, audio=True, first=first)
        task = self._store.accept("sora", task_id, directives, video)
        if task.outcome == "error500":
            return self._store.answer_submit(task, None)
        return Response(200, self._frames(task, prompt, model), {"Content-Type": EVENT_STREAM}, task.id)

    def _frames(self, task: Task, prompt: str, model: str) -> Iterator[bytes]:
        end = b"\n\n" if self._store.blank_lines else b"\n"
        for delta in self._deltas(task, prompt, model):
            yield _frame(_chunk(task, model, delta)) + end
        yield _frame(_chunk(task, model, {}, "stop")) + end
        yield b"data: [DONE]" + end

    def _deltas(self, task: Task, prompt: str, model: str) -> Iterator[dict[str, str]]:
        yield {"role": "assistant", "content": ""}
        mode = "横屏模式" if "landscape" in model else "竖屏模式"
        echo = json.dumps({"prompt": prompt, "mode": mode}, ensure_ascii=False, indent=2)
        yield {"content": f"```json\n{echo}\n```\n\n"}
        yield {"content": "> ⌛️ 任务正在队列中，请耐心等待...\n\n"}
        for _ in self._store.ticks(task, max(0.1, task.seconds / 30)):
            if task.stage == "running":
                yield {"content": f"> 🏃 进度：{task.percent:.1f}%\n\n"}
            if task.outcome == "drop" and task.percent > 40:
                break
        if task.outcome == "drop":
            raise HangUp(task.id)
        if task.stage == "cancelled":
            yield {"content": "> ❌ 视频生成失败：任务已取消\n\n"}
        elif task.stage == "failed":
            yield {"content": "> ❌ 视频生成失败：内容可能违反了我们的使用政策\n\n"}
        else:
            yield {"content": f"> ✅ 视频生成成功，[点击这里]({self._files.link(task)}) 查看视频~~~\n\n"}


def _read(body: JsonObject) -> tuple[str, str | None]:
    """Return the prompt and the image of a body that is as documented: one text, then optionally one image."""
    _require_fields(body, FIELDS)
    message = body["messages"][0]
    _require_fields(message, MESSAGE, "messages[0].")
    text, *images = message["content"]
    _require_fields(text, TEXT, "messages[0].content[0].")
    if text["type"] != "text":
        raise _invalid("messages[0].content[0].type is not text")
    for image in images:
        _require_fields(image, IMAGE, "messages[0].content[1].")
        _require_fields(image["image_url"], IMAGE_URL, "messages[0].content[1].image_url.")
        if image["type"] != "image_url":
            raise _invalid("messages[0].content[1].type is not image_url")
        return text["text"], image["image_url"]["url"]
    return text["text"], None


def _require_fields(value: object, fields: dict[str, Field], where: str = "") -> None:
    problems = check(value, fields, where)
    if problems:
        raise _invalid(problems[0].message)


def _invalid(message: str) -> Exception:
    return gateway.refuse(400, "invalid_request", message, "invalid_request_error")


def _chunk(task: Task, model: str, delta: dict[str, str], compose: str | None = None) -> JsonObject:
    return {
        "id": f"chatcmpl-{task.id}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": model,
        "choices": [{"index": 0, "delta": delta, "finish_reason": compose}],
    }


def _frame(chunk: JsonObject) -> bytes:
    return b"data: " + json.dumps(chunk, ensure_ascii=False).encode(errors="backslashreplace")
