"""The sandbox speaks MiniMax H3 as its six documents read, and rejects what they do not allow."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import av
import pytest
import requests

from tests.sandbox.responses_steps import post
from tests.sandbox.test_request_media import picture, uri
from vidmagic.sandbox import Sandbox

TEXT = {"type": "text", "text": "a red kite"}
LINK = "https://example.com/a"


def item(role: str, url: str = LINK, kind: str = "") -> dict[str, Any]:
    """Return an item of `input`."""
    kinds = {"base_video": "video_url", "reference_video": "video_url", "reference_audio": "audio_url"}
    kind = kind or kinds.get(role, "image_url")
    return {"type": kind, kind: {"url": url}, "role": role}


def body(*items: Any, **more: Any) -> dict[str, Any]:
    """Return a body for MiniMax-H3."""
    fields = {"model": "MiniMax-H3", "input": [TEXT, *items], "resolution": "2K", "duration": 5, "ratio": "16:9"}
    return {name: value for name, value in {**fields, **more}.items() if value is not None}


def anew(*items: Any, **more: Any) -> dict[str, Any]:
    """Return a body that makes a video anew."""
    fields = {"model": "MiniMax-H3-video_regeneration", "duration": None, "ratio": None, **more}
    return body(*items, **fields)


def done(sandbox: Sandbox, task_id: str) -> dict[str, Any]:
    """Query until the task is done, and return it."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        task = post(sandbox, {"model": "MiniMax-H3-get", "input": task_id}).json()["task"]
        if task["status"] == "succeeded":
            return dict(task)
        time.sleep(0.05)
    raise AssertionError("the task was never done")


ALLOWED: dict[str, tuple[dict[str, Any], int]] = {
    "text": (body(), 40_000),
    "first frame": (body(item("first_frame"), ratio=None), 40_000),
    "an image without a role": (body({"type": "image_url", "image_url": {"url": LINK}}), 40_000),
    "last frame": (body(item("last_frame"), ratio="adaptive", duration=15), 120_000),
    "both frames": (body(item("first_frame"), item("last_frame")), 40_000),
    "references": (
        body(*[item("reference_image")] * 9, *[item("reference_audio")] * 3, ratio="adaptive", aigc_watermark=True),
        40_000,
    ),
    "768P": (body(resolution="768P"), 20_000),
    "anew": (anew(item("base_video")), 15_000),
    "anew from a frame": (anew(item("first_frame"), item("base_video"), aigc_watermark=False), 15_000),
    "anew from references": (
        anew(item("reference_video"), item("reference_audio"), item("base_video", "mm_file://7")), 15_000,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "tokens"), ALLOWED.values(), ids=ALLOWED)
def test_every_combination_of_the_documents_is_accepted(sandbox: Sandbox, asked: dict[str, Any], tokens: int) -> None:
    """The answer is an id of the sample's form and the tokens that the samples have."""
    answer = post(sandbox, asked).json()
    assert re.fullmatch(r"427\d{12}", answer["task_id"])
    assert answer["usage"]["total_tokens"] == tokens
    assert ("输出视频秒数" in answer) == ("regeneration" in asked["model"])


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (body(duration=3), "duration"),
        (body(duration=16), "duration"),
        (body(duration=5.0), "duration"),
        (body(duration=None), "duration is required"),
        (body(resolution=None), "resolution is required"),
        (body(resolution="1080P"), "resolution"),
        (body(ratio="adaptive"), "cannot be adaptive"),
        (body(ratio=None), "ratio is required"),
        (body(ratio="2:1"), "ratio"),
        (body(seed=1), "seed is not a field"),
        (body(input=[]), "is empty"),
        (body(input="a kite"), "not list"),
        (body(input=[item("first_frame")]), "exactly one text"),
        (body(input=[TEXT, TEXT]), "exactly one text"),
        (body(input=[{"type": "text", "text": " "}]), "is empty"),
        (body(input=[{"type": "text", "text": "x" * 7001}]), "7001"),
        (body("x"), "type is not"),
        (body(item("first_frame"), item("first_frame")), "1 times"),
        (body(*[item("reference_image")] * 10), "9 times"),
        (body(*[item("reference_video")] * 4), "3 times"),
        (body(item("first_frame"), item("reference_image")), "exclude each other"),
        (body(item("reference_audio")), "cannot be given alone"),
        (body(item("first_frame", kind="video_url")), "does not go with"),
        (body(item("somebody")), "does not go with"),
        (body(item("base_video")), "only to MiniMax-H3-video_regeneration"),
        (body(item("first_frame", "file:///etc/passwd")), "neither a link"),
        (body(item("first_frame", uri("image/png", picture(200, 300)))), "has a width: 200"),
        (body(item("reference_video", uri("video/quicktime", b"x"))), "not video/mp4"),
        (body({**item("first_frame"), "weight": 1}), "weight is not a field"),
        (anew(), "base_video must be given once"),
        (anew(item("base_video"), item("base_video")), "base_video must be given once"),
        (anew(item("base_video"), resolution="768P"), "resolution"),
        (anew(item("base_video"), duration=5), "duration is not a field"),
        (anew(item("base_video"), ratio="16:9"), "ratio is not a field"),
    ],
)
def test_what_the_documents_do_not_allow_is_rejected(sandbox: Sandbox, asked: dict[str, Any], words: str) -> None:
    """An unknown field, a value out of range, a wrong combination: 400, and no task."""
    answer = post(sandbox, asked)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert [call.accepted for call in sandbox.ledger] == [None]


def test_a_task_is_answered_as_in_the_sample(sandbox: Sandbox) -> None:
    """A finished task has the fields of the sample, and a video with sound behind its link."""
    sandbox.seconds = 0.2
    task_id = post(sandbox, body(item("first_frame", uri("image/png", picture(640, 400))))).json()["task_id"]
    task = done(sandbox, task_id)
    assert set(task) == {"id", "model", "status", "created_at", "content", "resolution", "duration", "usage", "ratio",
                         "task_type"}  # fmt: skip
    assert task["usage"] == {"total_seconds": 5, "input_seconds": 0, "output_seconds": 5, "input_image_count": 1}
    with av.open(io.BytesIO(requests.get(task["content"]["url"], timeout=20).content)) as video:
        assert [stream.type for stream in video.streams] == ["video", "audio"]
        assert video.streams.video[0].height == pytest.approx(1440, rel=0.1)


def test_what_is_made_in_768p_can_be_made_anew(sandbox: Sandbox) -> None:
    """A video in 768P has 24 frames a second and sides of multiples of 32; one in 2K is refused."""
    sandbox.seconds = 0.2
    first = done(sandbox, post(sandbox, body(resolution="768P")).json()["task_id"])["content"]["url"]
    with av.open(io.BytesIO(requests.get(first, timeout=20).content)) as video:
        track = video.streams.video[0]
        assert (track.width % 32, track.height % 32, track.average_rate) == (0, 0, 24)
        assert track.width * track.height <= 768 * 1344
    answer = post(sandbox, anew(item("base_video", first))).json()
    assert (answer["输出视频秒数"], answer["usage"]["total_tokens"]) == (5, 15_000)
    again = done(sandbox, answer["task_id"])
    assert (again["task_type"], again["resolution"]) == ("regeneration", "2K")
    refused = post(sandbox, anew(item("base_video", again["content"]["url"])))
    assert (refused.status_code, "has pixels" in refused.text) == (400, True)


def test_an_unknown_task_and_a_failed_one(sandbox: Sandbox) -> None:
    """An unknown id is the gateway's 404; a task that failed says so in its state."""
    assert post(sandbox, {"model": "MiniMax-H3-get", "input": "1"}).status_code == 404
    sandbox.seconds = 0.05
    failing = {"type": "text", "text": "a kite [[sandbox: fail]]"}
    task_id = post(sandbox, body(input=[failing])).json()["task_id"]
    time.sleep(0.1)
    task = post(sandbox, {"model": "MiniMax-H3-get", "input": task_id}).json()["task"]
    assert (task["status"], "content" in task) == ("failed", False)
