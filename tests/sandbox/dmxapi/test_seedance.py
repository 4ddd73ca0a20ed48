"""Seedance answers as its document states, in both readings of its stream."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests

from tests.sandbox.responses_steps import frames, post, text
from vidmagic.sandbox import Sandbox

MODEL = "doubao-seedance-1-5-pro-responses"
TEXT = {"type": "text", "text": "a girl says cheese"}


def _image(role: str, url: str = "https://example.com/a.jpg") -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}, "role": role}


def _submit(sandbox: Sandbox, key: str = "sk-test", **body: Any) -> requests.Response:
    return post(sandbox, {"model": MODEL, "input": [TEXT], **body}, key)


def _query(sandbox: Sandbox, task_id: str) -> requests.Response:
    return post(sandbox, {"model": "seedance-get", "input": task_id, "stream": True})


def _video(sandbox: Sandbox, **body: Any) -> Any:
    events = frames(_query(sandbox, _submit(sandbox, **body).json()["id"]))
    final = events[-1]["response"]["output"][0]["content"][0]["text"]
    match = re.search(r"视频URL: (\S+)", final)
    assert match is not None
    return av.open(io.BytesIO(requests.get(match[1], timeout=10).content))


def test_a_task_is_answered_as_in_the_sample(sandbox: Sandbox) -> None:
    """The answer is an id of the sample's form and a usage, and nothing else."""
    answer = _submit(sandbox).json()
    assert set(answer) == {"id", "usage"}
    assert re.fullmatch(r"cgt-\d{14}-[a-z0-9]{5}", answer["id"])
    assert answer["usage"]["total_tokens"] == 3910


def test_the_stream_has_the_event_sequence(sandbox: Sandbox) -> None:
    """Named events come in the protocol's order, [DONE] is last, the link is in deltas and at the end."""
    answer = _query(sandbox, _submit(sandbox).json()["id"])
    events = frames(answer)
    assert answer.content.startswith(b"event: response.created\ndata: ")
    assert answer.content.endswith(b"data: [DONE]\n\n")
    assert list(dict.fromkeys(frame["type"] for frame in events)) == [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
    ]
    assert "视频URL: http" in text(events)
    assert "视频URL: http" in events[-1]["response"]["output"][0]["content"][0]["text"]


def test_a_hasty_stream_answers_at_once(sandbox: Sandbox) -> None:
    """In the other reading a query that comes too early completes without a link, and a later one has it."""
    sandbox.streams_stay_open = False
    sandbox.seconds = 1
    task_id = _submit(sandbox).json()["id"]
    early = frames(_query(sandbox, task_id))
    assert early[-1]["type"] == "response.completed"
    assert "视频URL" not in text(early)
    time.sleep(1.05)
    assert "视频URL" in text(frames(_query(sandbox, task_id)))


@pytest.mark.parametrize(
    ("body", "width", "height"),
    [
        ({"resolution": "720p", "ratio": "16:9"}, 1280, 720),
        ({"resolution": "720p", "ratio": "1:1"}, 960, 960),
        ({"resolution": "480p", "ratio": "9:16"}, 482, 858),
        ({"resolution": "1080p", "ratio": "adaptive"}, 1920, 1080),
    ],
)
def test_resolution_and_ratio_make_the_size(sandbox: Sandbox, body: dict[str, Any], width: int, height: int) -> None:
    """Each resolution covers the same area in every ratio."""
    with _video(sandbox, duration=4, **body) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (width, height)


def test_duration_and_sound_are_what_comes(sandbox: Sandbox) -> None:
    """The length is the one asked for (5 when the model decides), with sound unless refused."""
    with _video(sandbox, resolution="480p", duration=12, generate_audio=False) as container:
        assert (container.duration, len(container.streams.audio)) == (12_000_000, 0)
    with _video(sandbox, resolution="480p", duration=-1) as container:
        assert (round(container.duration / 1e6), len(container.streams.audio)) == (5, 1)


def test_frames_are_accepted_in_their_roles(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """A first frame, or a first and a last one, as URL or data URI; `adaptive` takes the first frame's shape."""
    parts = [TEXT, _image("first_frame", data_uri(300, 300)), _image("last_frame")]
    with _video(sandbox, input=parts, ratio="adaptive", resolution="720p") as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (960, 960)


@pytest.mark.parametrize(
    "body",
    [
        {"input": "a girl"},
        {"input": []},
        {"input": [TEXT, TEXT]},
        {"input": [_image("first_frame")]},
        {"input": [TEXT, _image("last_frame")]},
        {"input": [TEXT, _image("first_frame"), _image("first_frame")]},
        {"input": [TEXT, _image("reference")]},
        {"input": [TEXT, {"type": "image_url", "image_url": {"url": "https://example.com/a.jpg"}}]},
        {"input": [TEXT, _image("first_frame", "a.png")]},
        {"duration": 3},
        {"duration": 13},
        {"duration": "5"},
        {"seed": 2**32},
        {"ratio": "2:1"},
        {"aspect_ratio": "16:9"},
        {"generate_audio": 1},
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values, roles and fields are refused, and nothing is accepted."""
    answer = _submit(sandbox, **body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")
    assert sandbox.ledger[-1].accepted is None


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
    answer = _submit(sandbox, key, input=[{"type": "text", "text": f"a girl [[sandbox: {turn}]]"}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None


def test_a_failing_task_ends_in_response_failed(sandbox: Sandbox) -> None:
    """A failure is the event response.failed with a code."""
    task_id = _submit(sandbox, input=[{"type": "text", "text": "a girl [[sandbox: fail]]"}]).json()["id"]
    last = frames(_query(sandbox, task_id))[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["code"] == "OutputVideoSensitiveContentDetected"
