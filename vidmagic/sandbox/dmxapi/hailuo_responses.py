"""Hailuo on DMXAPI's /v1/responses: images, and text for version 02; two models of queries with an object as input.

Tasks are those of `hailuo`, whichever path they came by. The tokens of a size that no sample has are invented here.
"""

from __future__ import annotations

import secrets

from ..directives import Directives, read_directives
from ..exchange import JsonObject, Refused, Response, reply
from ..fields import Field, check
from ..files import Files
from ..request_images import by_short_side
from ..request_media import Bounds, Medium, RequestMedia
from ..task import Video
from ..task_store import TaskStore
from .hailuo import SUCCESS, WIRE, Hailuo, check_key, check_refusals, refusal
from .responses import Responses, usage

FAST, NEW, OLD = "MiniMax-Hailuo-2.3-Fast", "MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02"
SIDES = {"512P": 512, "768P": 768, "1080P": 1080}
TOKENS = {("512P", 6): 10_000, ("512P", 10): 15_000, ("768P", 6): 20_000, ("768P", 10): 40_000, ("1080P", 6): 35_000}
FAST_SHARE = 0.66  # of those tokens
FRAMES = ("first_frame_image", "last_frame_image")
BOUNDS = Bounds(("jpeg", "jpg", "png", "webp"), 20_000_000 - 1, side=(301, 100_000), aspect=(0.4, 2.5))
FIELDS = {
    "model": Field(str, required=True),
    "input": Field(str, longest=2000),
    "first_frame_image": Field(str, not_empty=True),
    "last_frame_image": Field(str, not_empty=True),
    "prompt_optimizer": Field(bool),
    "fast_pretreatment": Field(bool),
    "duration": Field(int, choices=(6, 10)),
    "resolution": Field(str, choices=tuple(SIDES)),
    "aigc_watermark": Field(bool),
}
QUERY = {"model": Field(str, required=True), "input": Field(dict, required=True)}


class HailuoResponses:
    """Answer for the three models, `MiniMax-Hailuo-query` and `MiniMax-Hailuo-get`."""

    def __init__(self, store: TaskStore, files: Files, responses: Responses) -> None:
        self._store = store
        self._hailuo = Hailuo(store, files)
        self._media = RequestMedia(store)
        for model in (FAST, NEW, OLD):
            responses.register_submit(model, self.submit)
        responses.register_free("MiniMax-Hailuo-query", self.query)
        responses.register_free("MiniMax-Hailuo-get", self.retrieve)

    def submit(self, key: str, body: JsonObject) -> Response:
        """Answer a body that names one of the models."""
        check_key(key)
        problems = [problem.message for problem in check(body, FIELDS)] or _conflicts(body)
        if problems:
            raise _invalid(problems[0])
        frames = [self._frame(body, name) for name in FRAMES]
        directives = read_directives(body.get("input", ""))
        check_refusals(key, directives)
        size = body.get("resolution", "768P"), body.get("duration", 6)
        tokens = round(TOKENS[size] * (FAST_SHARE if body["model"] == FAST else 1))
        task_id = str(418_000_000_000_000 + secrets.randbelow(10**12))
        task = self._store.accept(WIRE, task_id, directives, _video(directives, size, frames))
        answer = {"task_id": task.id, "base_resp": SUCCESS, "usage": usage(0, tokens)}
        return self._store.answer_submit(task, answer)

    def query(self, body: JsonObject) -> Response:
        """Answer `MiniMax-Hailuo-query`."""
        return reply(self._hailuo.state(_asked(body, "task_id")) | {"usage": usage(0, 0)})

    def retrieve(self, body: JsonObject) -> Response:
        """Answer `MiniMax-Hailuo-get`."""
        return reply(self._hailuo.file(_asked(body, "file_id")) | {"usage": usage(0, 0)})

    def _frame(self, body: JsonObject, name: str) -> Medium | None:
        return self._media.read("image", body[name], name, BOUNDS, _invalid) if name in body else None


def _conflicts(body: JsonObject) -> list[str]:
    """Return what does not go together in a body whose fields are right one by one."""
    model, resolution = body["model"], body.get("resolution", "768P")
    has_first, has_last = (name in body for name in FRAMES)
    wrong = []
    if has_last and model != OLD:
        wrong.append(f"last_frame_image is not a field of {model}")
    if not has_first and model != OLD:
        wrong.append("first_frame_image is required")
    if not (has_first or has_last) and not body.get("input"):
        wrong.append("input is required")
    if has_last and "fast_pretreatment" in body:
        wrong.append("fast_pretreatment is not a field with a last frame")
    if resolution == "512P" and (model != OLD or has_last or not has_first):
        wrong.append("512P is for MiniMax-Hailuo-02 with a first frame alone")
    if resolution == "1080P" and body.get("duration", 6) != 6:
        wrong.append("1080P allows a duration of 6 only")
    return wrong


def _video(directives: Directives, size: tuple[str, int], frames: list[Medium | None]) -> Video:
    """Return the video; its shape is that of the first frame."""
    given = [frame for frame in frames if frame is not None]
    ratio = next((frame.width / frame.height for frame in given if frame.height), 16 / 9)
    width, height = by_short_side(SIDES[size[0]], ratio)
    first, last = (frame.stored if frame is not None else None for frame in frames)
    return Video(directives.prompt, size[1], width, height, secrets.randbelow(2**30), False, first or last, last)


def _asked(body: JsonObject, name: str) -> str:
    """Return what a query asks for: the only field of its input."""
    problems = check(body, QUERY) or check(body["input"], {name: Field(str, required=True, not_empty=True)}, "input.")
    if problems:
        raise _invalid(problems[0].message)
    return str(body["input"][name])


def _invalid(message: str) -> Refused:
    return refusal(2013, f"invalid params, {message}")
