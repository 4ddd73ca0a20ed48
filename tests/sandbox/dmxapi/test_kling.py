"""The two Kling models answer as their documents state."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests

from tests.sandbox.responses_steps import post
from vidmagic.sandbox import Sandbox

LINK = "https://example.com/a.png"
OWN = [{"index": 1, "prompt": "a cat comes", "duration": "2"}, {"index": 2, "prompt": "it walks on", "duration": "3"}]
NUMBERED = [{**shot, "duration": int(str(shot["duration"]))} for shot in OWN]
SEVERAL = {"multi_shot": True, "shot_type": "customize"}


def _submit(sandbox: Sandbox, key: str = "sk-test", **body: Any) -> requests.Response:
    return post(sandbox, {"model": "kling-v3", "input": "a cat", **body}, key)


def _submit_video(sandbox: Sandbox, given: dict[str, Any] | None = None, **parameters: Any) -> requests.Response:
    body = {
        "model": "kling-v3-video-generation",
        "input": {"prompt": "a cat", **(given or {})},
        "parameters": {"aspect_ratio": "16:9", **parameters},
    }
    return post(sandbox, body)


def _inner(answer: requests.Response) -> Any:
    """Return the JSON in the text of a response."""
    return json.loads(answer.json()["output"][0]["content"][0]["text"])


def _query(sandbox: Sandbox, task_id: str, model: str = "kling-v3-get-all") -> Any:
    return _inner(post(sandbox, {"model": model, "input": task_id}))


def _finished(sandbox: Sandbox, answer: requests.Response) -> Any:
    """Return the first of the videos of a finished task of kling-v3."""
    task_id = _inner(answer)["taskId"]
    end = time.monotonic() + 10
    while time.monotonic() < end:
        data = _query(sandbox, task_id)["data"]
        if data["task_status"] == "succeed":
            return data["task_result"]["videos"][0]
        time.sleep(0.02)
    raise AssertionError("the video was never ready")


def _open(url: str) -> Any:
    return av.open(io.BytesIO(requests.get(url, timeout=10).content))


def test_a_task_is_answered_as_in_the_sample(sandbox: Sandbox) -> None:
    """The id stands in the text and as `request_id`, beside the tokens of the sample."""
    answer = _submit(sandbox, sound="on", cfg_scale=1)
    task_id = _inner(answer)["taskId"]
    assert re.fullmatch(r"tsk-[a-z0-9]{16}", task_id)
    assert answer.json()["request_id"] == task_id
    assert answer.json()["usage"]["total_tokens"] == 45000


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"sound": "on", "mode": "pro", "image": LINK, "image_tail": LINK}, 60000),
        ({"sound": "on", "mode": "pro", "image": LINK, "duration": "8", "element_list": [{"element_id": 149}]}, 96000),
        ({"sound": "on", "mode": "pro", "image": LINK, **SEVERAL, "input": OWN}, 60000),
    ],
)
def test_the_tokens_are_those_of_the_samples(sandbox: Sandbox, body: dict[str, Any], tokens: int) -> None:
    """Mode, sound and duration make the tokens."""
    assert _submit(sandbox, **body).json()["usage"]["total_tokens"] == tokens


@pytest.mark.parametrize(
    ("parameters", "tokens"), [({"mode": "std"}, 30000), ({"duration": 10}, 80000), ({"duration": 15}, 120000)]
)
def test_the_other_models_task_is_answered_as_in_the_sample(
    sandbox: Sandbox, parameters: dict[str, Any], tokens: int
) -> None:
    """Its `request_id` is not the task's id, which is a UUID."""
    answer = _submit_video(sandbox, **parameters)
    state = _inner(answer)
    assert state["task_status"] == "PENDING"
    assert re.fullmatch(r"[0-9a-f-]{36}", state["task_id"])
    assert answer.json()["request_id"] != state["task_id"]
    assert answer.json()["usage"]["total_tokens"] == tokens


@pytest.mark.parametrize(
    ("body", "width", "height", "seconds"),
    [
        ({"duration": "3"}, 1280, 720, 3),
        ({"aspect_ratio": "9:16", "duration": "3", "mode": "pro"}, 1080, 1920, 3),
        ({"aspect_ratio": "1:1", "duration": "4", "sound": "on"}, 720, 720, 4),
        ({**SEVERAL, "multi_prompt": OWN}, 1280, 720, 5),
    ],
)
def test_mode_and_shape_make_the_video(
    sandbox: Sandbox, body: dict[str, Any], width: int, height: int, seconds: int
) -> None:
    """The video has the length, the size and the sound that were asked for."""
    with _open(_finished(sandbox, _submit(sandbox, **body))["url"]) as container:
        video = container.streams.video[0]
        assert (video.width, video.height, round(container.duration / 1e6)) == (width, height, seconds)
        assert len(container.streams.audio) == (body.get("sound") == "on")


def test_a_frame_in_base64_gives_its_shape(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """Bare Base64 is an image, whose shape the video takes; with a header it is refused."""
    uri = data_uri(300, 300)
    bare = uri.partition(",")[2]
    assert base64.b64decode(bare)
    for frames in ({"image": bare}, {"image_tail": bare}, {"image": bare, "image_tail": LINK}):
        with _open(_finished(sandbox, _submit(sandbox, duration="3", **frames))["url"]) as container:
            assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 720)
    assert _submit(sandbox, image=uri).status_code == 400


def test_a_watermark_is_a_second_video(sandbox: Sandbox) -> None:
    """Only with a watermark the reply has a second link."""
    assert "watermark_url" not in _finished(sandbox, _submit(sandbox, watermark_info={"enabled": False}))
    assert _finished(sandbox, _submit(sandbox, watermark_info={"enabled": True}))["watermark_url"].startswith("http")


def test_the_states_follow_the_task(sandbox: Sandbox) -> None:
    """A task that has just begun is submitted, a failed one has a reason."""
    sandbox.seconds = 60
    assert _query(sandbox, _inner(_submit(sandbox))["taskId"])["data"]["task_status"] == "submitted"
    sandbox.seconds = 0
    failed = _query(sandbox, _inner(_submit(sandbox, input="a cat [[sandbox: fail]]"))["taskId"])["data"]
    assert (failed["task_status"], bool(failed["task_status_msg"])) == ("failed", True)
    task_id = _inner(_submit_video(sandbox, {"prompt": "a cat [[sandbox: cancel]]"}))["task_id"]
    assert _query(sandbox, task_id, "kling-v3-get")["task_status"] == "CANCELED"


def test_a_task_that_does_not_exist_is_unknown(sandbox: Sandbox) -> None:
    """The other model's document has a state for it; its query does not know the tasks of kling-v3."""
    assert _query(sandbox, "no-such-task", "kling-v3-get")["task_status"] == "UNKNOWN"
    task_id = _inner(_submit(sandbox))["taskId"]
    assert _query(sandbox, task_id, "kling-v3-get")["task_status"] == "UNKNOWN"


@pytest.mark.parametrize(
    "body",
    [
        {"input": ""},
        {"input": "a" * 2501},
        {"input": [{"index": 1, "prompt": "a", "duration": "5"}]},
        {"duration": 5},
        {"duration": "2"},
        {"duration": "16"},
        {"mode": "8k"},
        {"sound": True},
        {"cfg_scale": 1.5},
        {"cfg_scale": "0.5"},
        {"watermark_info": {}},
        {"watermark_info": True},
        {"negative_prompt": "a" * 2501},
        {"aspect_ratio": "4:3"},
        {"seed": 1},
        {"element_list": [{"element_id": 149}]},
        {"multi_shot": True},
        {"multi_shot": True, "shot_type": "clever"},
        {**SEVERAL},
        {**SEVERAL, "multi_prompt": []},
        {**SEVERAL, "multi_prompt": OWN, "duration": "6"},
        {**SEVERAL, "multi_prompt": NUMBERED},
        {**SEVERAL, "multi_prompt": OWN[::-1]},
        {**SEVERAL, "multi_prompt": [{**OWN[0], "prompt": "a" * 513}, OWN[1]]},
        {
            **SEVERAL,
            "multi_prompt": [{"index": i, "prompt": "a", "duration": "1"} for i in range(1, 8)],
            "duration": "7",
        },
        {"image": LINK, "aspect_ratio": "16:9"},
        {"image": LINK, **SEVERAL, "input": "a", "multi_prompt": OWN},
        {"image": LINK, "image_tail": LINK, **SEVERAL, "input": OWN},
        {"image": LINK, "element_list": [{"element_id": number} for number in range(1, 5)]},
        {"image": LINK, "element_list": [{"element_id": "149"}]},
        {"image": "a.png"},
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values, fields and shots are refused, and nothing is accepted."""
    assert _submit(sandbox, **body).status_code == 400
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(
    ("given", "parameters"),
    [
        ({"prompt": ""}, {}),
        ({"media": [{"type": "last_frame", "url": LINK}]}, {}),
        ({"media": [{"type": "first_frame", "url": "data:image/png;base64,AAAA"}]}, {}),
        ({"media": [{"type": "first_frame"}]}, {}),
        ({"negative_prompt": "a dog"}, {}),
        ({"element_list": [{"element_id": 149}]}, {}),
        ({**SEVERAL, "multi_prompt": OWN}, {}),
        ({**SEVERAL, "multi_prompt": NUMBERED}, {"duration": 6}),
        ({}, {"mode": "4k"}),
        ({}, {"duration": "5"}),
        ({}, {"duration": 16}),
        ({}, {"sound": "on"}),
        ({}, {"aspect_ratio": "4:3"}),
    ],
)
def test_what_the_other_document_does_not_allow_is_400(
    sandbox: Sandbox, given: dict[str, Any], parameters: dict[str, Any]
) -> None:
    """The other model has fields and types of its own."""
    assert _submit_video(sandbox, given, **parameters).status_code == 400
    assert sandbox.ledger[-1].accepted is None


def test_the_other_model_cuts_long_words(sandbox: Sandbox) -> None:
    """A prompt or a shot that is too long is accepted there, and what is too much is left out without a word."""
    turn = "[[sandbox: refuse]]"
    assert _submit_video(sandbox, {"prompt": "a" * 2500 + turn}).status_code == 200
    shots = [{**NUMBERED[0], "prompt": "a" * 512 + turn}, NUMBERED[1]]
    assert _submit_video(sandbox, {**SEVERAL, "multi_prompt": shots}).status_code == 200
    assert _submit_video(sandbox, {"prompt": "a" + turn}).status_code == 400


def test_an_id_is_forgotten_after_a_day(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the other model's task nothing is known then but its id."""
    task_id = _inner(_submit_video(sandbox))["task_id"]
    monkeypatch.setattr("vidmagic.sandbox.dmxapi.model_studio.LIFETIME", 0)
    assert _query(sandbox, task_id, "kling-v3-get")["task_status"] == "UNKNOWN"


def test_text_needs_a_shape_at_the_other_model(sandbox: Sandbox) -> None:
    """Its document requires `aspect_ratio` with text, and not with a frame."""
    body = {"model": "kling-v3-video-generation", "input": {"prompt": "a cat"}, "parameters": {}}
    assert post(sandbox, body).status_code == 400
    body["input"] = {"prompt": "a cat", "media": [{"type": "first_frame", "url": LINK}]}
    assert post(sandbox, body).status_code == 200


@pytest.mark.parametrize(
    ("key", "turn", "status", "code"),
    [
        ("bad-key", "seconds=1", 401, "invalid_api_key"),
        ("poor-key", "seconds=1", 403, "insufficient_user_quota"),
        ("sk-test", "rate", 429, "rate_limit_exceeded"),
        ("sk-test", "refuse", 400, "content_policy_violation"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, code: str) -> None:
    """Key, money, rate and policy errors have their status and code; a shot can direct them too."""
    shots = [{**OWN[0], "prompt": f"a cat [[sandbox: {turn}]]"}, OWN[1]]
    answer = _submit(sandbox, key, **SEVERAL, multi_prompt=shots)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None
