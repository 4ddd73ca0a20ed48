"""Seedance 2.0 and 2.0 fast answer as their documents state."""

from __future__ import annotations

import base64
import io
import json
import re
import wave
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests

from tests.patience import until
from tests.sandbox.responses_steps import post
from vidmagic.sandbox import Sandbox

FULL, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
TEXT = {"type": "text", "text": "a daisy field"}
ASSET = "asset://asset-20260401123823-6d4x2"


def _part(kind: str, role: str, url: str = "") -> dict[str, Any]:
    ending = {"image": "jpg", "video": "mp4", "audio": "mp3"}[kind]
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url or f"https://example.com/a.{ending}"}, "role": role}


FIRST, LAST = _part("image", "first_frame"), _part("image", "last_frame")
IMAGE, VIDEO, SOUND = (_part(kind, f"reference_{kind}") for kind in ("image", "video", "audio"))


def _sound(seconds: float = 2, kind: str = "wav") -> str:
    """Return silence as a data URI."""
    file = io.BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(8000)
        written.writeframes(bytes(round(16_000 * seconds)))
    return f"data:audio/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def _submit(sandbox: Sandbox, key: str = "sk-test", **body: Any) -> requests.Response:
    return post(sandbox, {"model": FULL, "input": [TEXT], **body}, key)


def _query(sandbox: Sandbox, task_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = post(sandbox, {"model": "seedance-2-0-get", "input": task_id}).json()
    return answer


def _task(answer: dict[str, Any]) -> dict[str, Any]:
    task: dict[str, Any] = json.loads(answer["output"][0]["content"][0]["text"])
    return task


def _ended(sandbox: Sandbox, task_id: str) -> dict[str, Any]:
    tasks: list[dict[str, Any]] = []

    def ended() -> bool:
        tasks.append(_task(_query(sandbox, task_id)))
        return tasks[-1]["status"] not in {"queued", "running"}

    until(ended)
    return tasks[-1]


def _video(sandbox: Sandbox, **body: Any) -> Any:
    task = _ended(sandbox, _submit(sandbox, **body).json()["id"])
    return av.open(io.BytesIO(requests.get(task["content"]["video_url"], timeout=10).content))


def test_a_task_is_answered_as_in_the_sample(sandbox: Sandbox) -> None:
    """The answer is an id of the sample's form and a usage, and nothing else."""
    answer = _submit(sandbox).json()
    assert set(answer) == {"id", "usage"}
    assert re.fullmatch(r"cgt-\d{14}-[a-z0-9]{5}", answer["id"])


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"model": FULL, "duration": 4}, 40_000),
        ({"model": FULL}, 50_000),
        ({"model": FULL, "input": [TEXT, VIDEO, VIDEO, VIDEO], "duration": 8}, 97_360),
        ({"model": FAST, "duration": 4}, 32_160),
        ({"model": FAST}, 40_200),
        ({"model": FAST, "input": [TEXT, VIDEO]}, 76_480),
        ({"model": FAST, "duration": -1}, 40_200),
    ],
)
def test_usage_counts_seconds_as_the_samples_do(sandbox: Sandbox, body: dict[str, Any], tokens: int) -> None:
    """Each second has its tokens, more with a reference video; without a duration the document's default counts."""
    assert _submit(sandbox, **body).json()["usage"]["total_tokens"] == tokens


def test_the_query_answers_in_json_within_a_text(sandbox: Sandbox) -> None:
    """The task is JSON in a text, with its ampersands escaped; the query itself uses no tokens."""
    sandbox.seconds = 30
    task_id = _submit(sandbox).json()["id"]
    assert _task(_query(sandbox, task_id)) == {"id": task_id, "model": FULL, "status": "queued"}
    sandbox.seconds = 0.2
    done = _submit(sandbox, model=FAST, return_last_frame=True).json()["id"]
    task = _ended(sandbox, done)
    assert set(task["content"]) == {"video_url", "last_frame_url"}
    assert (task["status"], task["model"]) == ("succeeded", FAST)
    answer = _query(sandbox, done)
    assert (answer["request_id"], answer["usage"]["total_tokens"]) == (done, 0)
    assert "\\u0026Signature" in answer["output"][0]["content"][0]["text"]


@pytest.mark.parametrize(
    ("body", "width", "height"),
    [
        ({"resolution": "720p", "ratio": "16:9"}, 1280, 720),
        ({"resolution": "720p", "ratio": "1:1"}, 960, 960),
        ({"resolution": "480p", "ratio": "9:16"}, 482, 858),
        ({"resolution": "1080p"}, 1920, 1080),
        ({"resolution": "4k"}, 3840, 2160),
    ],
)
def test_resolution_and_ratio_make_the_size(sandbox: Sandbox, body: dict[str, Any], width: int, height: int) -> None:
    """Each resolution covers the same area in every ratio."""
    with _video(sandbox, duration=4, **body) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (width, height)


def test_duration_and_sound_are_what_comes(sandbox: Sandbox) -> None:
    """The length is the one asked for, with sound unless refused; references always have sound."""
    with _video(sandbox, resolution="480p", duration=12, generate_audio=False) as container:
        assert (container.duration, len(container.streams.audio)) == (12_000_000, 0)
    with _video(sandbox, input=[TEXT, VIDEO], resolution="480p", generate_audio=False) as container:
        assert (round(container.duration / 1e6), len(container.streams.audio)) == (8, 1)


def test_adaptive_takes_the_shape_of_the_first_frame(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """Without a ratio the first frame decides; a last frame may have another shape."""
    frames = [_part("image", "first_frame", data_uri(400, 400)), _part("image", "last_frame", data_uri(400, 320))]
    with _video(sandbox, input=[TEXT, *frames]) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (960, 960)


@pytest.mark.parametrize("model", [FULL, FAST])
@pytest.mark.parametrize(
    "parts",
    [
        [FIRST],
        [FIRST, LAST],
        [IMAGE] * 9,
        [VIDEO] * 3,
        [IMAGE, VIDEO, SOUND],
        [IMAGE, SOUND, SOUND, SOUND],
        [_part("image", "reference_image", ASSET), _part("video", "reference_video", ASSET)],
        [IMAGE, _part("audio", "reference_audio", _sound())],
    ],
)
def test_the_documents_combinations_are_accepted(sandbox: Sandbox, model: str, parts: list[dict[str, Any]]) -> None:
    """Frames, and references of all kinds, as links, asset ids and data URIs."""
    assert _submit(sandbox, model=model, input=[TEXT, *parts], resolution="480p").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {"input": "a girl"},
        {"input": []},
        {"input": [TEXT, TEXT]},
        {"input": [FIRST]},
        {"input": [{"type": "text", "text": "花" * 501}]},
        {"input": [{"type": "text", "text": "a " * 1001}]},
        {"input": [{"type": ["text"], "text": "a"}]},
        {"input": [TEXT, LAST]},
        {"input": [TEXT, FIRST, FIRST]},
        {"input": [TEXT, FIRST, IMAGE]},
        {"input": [TEXT, FIRST, SOUND]},
        {"input": [TEXT, SOUND]},
        {"input": [TEXT, *[IMAGE] * 10]},
        {"input": [TEXT, *[VIDEO] * 4]},
        {"input": [TEXT, IMAGE, *[SOUND] * 4]},
        {"input": [TEXT, {**VIDEO, "role": "first_frame"}]},
        {"input": [TEXT, {**IMAGE, "role": ["reference_image"]}]},
        {"input": [TEXT, {"type": "image_url", "image_url": {"url": "https://example.com/a.jpg"}}]},
        {"input": [TEXT, {"type": "video", "video": {"url": "https://example.com/a.mp4"}}]},
        {"input": [TEXT, _part("image", "first_frame", "a.png")]},
        {"input": [TEXT, _part("video", "reference_video", "data:video/mp4;base64,AAAA")]},
        {"input": [TEXT, IMAGE, _part("audio", "reference_audio", "data:audio/ogg;base64,AAAA")]},
        {"input": [TEXT, IMAGE, _part("audio", "reference_audio", "data:audio/wav;base64,A")]},
        {"input": [TEXT, IMAGE, _part("audio", "reference_audio", _sound(1))]},
        {"input": [TEXT, IMAGE, *[_part("audio", "reference_audio", _sound(8))] * 2]},
        {"input": [TEXT, IMAGE, _part("audio", "reference_audio", _sound(2, "mpeg"))]},
        {"duration": 3},
        {"duration": 16},
        {"duration": -1},
        {"duration": -1, "input": [TEXT, FIRST]},
        {"duration": 7, "input": [TEXT, IMAGE]},
        {"duration": -1, "model": FAST, "input": [TEXT, VIDEO]},
        {"duration": "5"},
        {"resolution": "1080p", "model": FAST},
        {"resolution": "2k"},
        {"seed": 2**32},
        {"ratio": "2:1"},
        {"aspect_ratio": "16:9"},
        {"camera_fixed": False},
        {"generate_audio": 1},
        {"execution_expires_after": 3599},
        {"execution_expires_after": 259_201},
        {"tools": "web_search"},
        {"tools": [{"type": "image_search"}]},
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values, roles, combinations and fields are refused, and nothing is accepted."""
    answer = _submit(sandbox, **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(("width", "height"), [(300, 400), (1000, 400), (400, 1000)])
def test_an_image_out_of_bounds_is_400(sandbox: Sandbox, data_uri: Callable[..., str], width: int, height: int) -> None:
    """Sides and shape of an image have bounds that are not allowed themselves."""
    answer = _submit(sandbox, input=[TEXT, _part("image", "first_frame", data_uri(width, height))])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("key", "turn", "status", "code"),
    [
        ("bad-key", "seconds=1", 401, "invalid_api_key"),
        ("poor-key", "seconds=1", 403, "insufficient_user_quota"),
        ("sk-test", "rate", 429, "rate_limit_exceeded"),
        ("sk-test", "refuse", 400, "InputTextSensitiveContentDetected"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, code: str) -> None:
    """Key, money, rate and policy errors have their status and code, and nothing is accepted."""
    answer = _submit(sandbox, key, input=[{"type": "text", "text": f"a daisy [[sandbox: {turn}]]"}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(("turn", "state"), [("fail", "failed"), ("cancel", "expired")])
def test_a_task_may_end_badly(sandbox: Sandbox, turn: str, state: str) -> None:
    """A failed task has an error with a code, and no content."""
    task_id = _submit(sandbox, input=[{"type": "text", "text": f"a daisy [[sandbox: {turn}]]"}]).json()["id"]
    task = _ended(sandbox, task_id)
    assert (task["status"], "content" in task) == (state, False)
    assert ("error" in task) == (state == "failed")


def test_an_unknown_id_is_404(sandbox: Sandbox) -> None:
    """The query of a task that never was, or of another system, is refused."""
    answer = post(sandbox, {"model": "seedance-2-0-get", "input": "cgt-20260402221125-9lb5p"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "task_not_exist")
