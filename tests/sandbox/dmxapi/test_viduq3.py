"""viduq3-pro answers as its documents state: a mode by where the images stand, and one query for both Vidu models."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests

from tests.sandbox.responses_steps import frames, post, text
from vidmagic.sandbox import Sandbox

FIRST, LAST = "https://example.com/a.jpg", "https://example.com/b.jpg"
TEXT = {"input": "a cat"}
IMAGE = {"images": [FIRST], "input": "a cat"}
START_END = {"input": [FIRST, LAST], "prompt": "a cat"}


def _submit(sandbox: Sandbox, body: dict[str, Any], key: str = "sk-test") -> requests.Response:
    return post(sandbox, {"model": "viduq3-pro", **body}, key)


def _video(sandbox: Sandbox, **body: Any) -> Any:
    task_id = _submit(sandbox, {"duration": 1, "resolution": "540p", **body}).json()["task_id"]
    events = frames(post(sandbox, {"model": "vidu-get", "input": task_id, "stream": True}))
    match = re.search(r"视频URL: (\S+)", text(events))
    assert match is not None
    return av.open(io.BytesIO(requests.get(match[1], timeout=10).content))


@pytest.mark.parametrize(
    ("body", "stated"),
    [
        (
            TEXT | {"aspect_ratio": "4:3", "resolution": "1080p"},
            {"type": "text2video", "credits": 300, "tokens": 93_750, "aspect_ratio": "4:3"},
        ),
        (
            IMAGE | {"resolution": "540p"},
            {"type": "img2video", "credits": 100, "tokens": 31_250, "aspect_ratio": ""},
        ),
        (
            START_END | {"resolution": "1080p"},
            {"type": "headtailimg2video", "credits": 300, "tokens": 93_750, "aspect_ratio": ""},
        ),
    ],
)
def test_a_task_is_answered_as_in_the_samples(sandbox: Sandbox, body: dict[str, Any], stated: dict[str, Any]) -> None:
    """Ten seconds cost the samples' credits and tokens, and the flat object has their fields."""
    answer = _submit(sandbox, body | {"duration": 10, "seed": 0}).json()
    common = {"state": "created", "model": "viduq3-pro", "prompt": "a cat", "audio_type": "all", "is_rec": False}
    assert answer | stated | common == answer | {"tokens": answer["usage"]["total_tokens"]}
    assert re.fullmatch(r"94\d{16}", answer["task_id"])
    assert (answer["wm_position"], answer["usage"]["input_tokens"]) == ("bottom_right", 0)
    assert answer["seed"] > 0


def test_the_ratio_makes_the_size_and_audio_the_sound(sandbox: Sandbox) -> None:
    """Text has the shape asked for, and sound unless it is refused."""
    with _video(sandbox, **TEXT, aspect_ratio="3:4", audio=False) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (540, 720)
        assert len(container.streams.audio) == 0
    with _video(sandbox, **TEXT) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (960, 540)
        assert len(container.streams.audio) == 1


def test_images_shape_the_video(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """One image, or two as the input, give the video its shape; words are optional then."""
    with _video(sandbox, images=[data_uri(400, 300)]) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 540)
    with _video(sandbox, input=[data_uri(300, 300), data_uri(310, 310)], is_rec=True) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (540, 540)


@pytest.mark.parametrize(
    "body",
    [
        {},
        TEXT | {"input": ""},
        TEXT | {"input": "x" * 5001},
        TEXT | {"prompt": "a cat"},
        TEXT | {"is_rec": False},
        TEXT | {"aspect_ratio": "21:9"},
        TEXT | {"duration": 0},
        TEXT | {"duration": 17},
        TEXT | {"duration": "5"},
        TEXT | {"seed": -1},
        TEXT | {"resolution": "360p"},
        TEXT | {"audio": 1},
        TEXT | {"wm_position": 5},
        TEXT | {"wm_position": "bottom-right"},
        TEXT | {"bgm": True},
        TEXT | {"movement_amplitude": "auto"},
        TEXT | {"off_peak": True},
        IMAGE | {"images": []},
        IMAGE | {"images": [FIRST, LAST]},
        IMAGE | {"images": [None]},
        IMAGE | {"images": ["/tmp/a.png"]},
        IMAGE | {"input": "x" * 5001},
        IMAGE | {"aspect_ratio": "16:9"},
        IMAGE | {"input": [FIRST]},
        START_END | {"input": []},
        START_END | {"input": [FIRST]},
        START_END | {"input": [FIRST, LAST, FIRST]},
        START_END | {"input": [FIRST, 2]},
        START_END | {"prompt": "x" * 5001},
        START_END | {"aspect_ratio": "16:9"},
    ],
)
def test_what_the_documents_do_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values, fields and combinations are refused, and nothing is accepted."""
    answer = _submit(sandbox, body)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert sandbox.ledger[-1].accepted is None


def test_the_two_frames_must_be_alike(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """Resolutions that differ by more than 0.8 to 1.25, and shapes beyond 4:1, are refused."""
    for frames_given in ([(400, 300), (300, 400)], [(400, 300), (480, 360)]):
        assert _submit(sandbox, {"input": [data_uri(*size) for size in frames_given]}).status_code == 400
    assert _submit(sandbox, {"images": [data_uri(500, 100)]}).status_code == 400
    assert not any(call.accepted for call in sandbox.ledger)


def test_a_body_has_a_largest_size(
    sandbox: Sandbox, data_uri: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images that make the body too large together are refused with 413."""
    body = {"input": [data_uri(64, 48), data_uri(64, 48)]}
    assert _submit(sandbox, body).status_code == 200
    monkeypatch.setattr("vidmagic.sandbox.dmxapi.viduq3.LARGEST_BODY", len(body["input"][0]) * 2 - 1)
    assert _submit(sandbox, body).status_code == 413


@pytest.mark.parametrize(
    ("key", "turn", "status"),
    [
        ("bad-key", "seconds=1", 401),
        ("poor-key", "seconds=1", 403),
        ("sk-test", "balance", 403),
        ("sk-test", "rate", 429),
        ("sk-test", "refuse", 400),
    ],
)
@pytest.mark.parametrize("body", [TEXT, START_END])
def test_it_is_refused_at_submit(sandbox: Sandbox, body: dict[str, Any], key: str, turn: str, status: int) -> None:
    """Key, money, rate and policy errors have their status, whichever field has the words."""
    words = "prompt" if "prompt" in body else "input"
    assert _submit(sandbox, body | {words: f"a cat [[sandbox: {turn}]]"}, key).status_code == status
    assert sandbox.ledger[-1].accepted is None


def test_a_failing_task_completes_with_bad_news(sandbox: Sandbox) -> None:
    """A failure is reported in the text of a response that completes."""
    task_id = _submit(sandbox, {"input": "a cat [[sandbox: fail]]"}).json()["task_id"]
    events = frames(post(sandbox, {"model": "vidu-get", "input": task_id, "stream": True}))
    assert "❌ 视频生成失败" in text(events)
    assert events[-1]["type"] == "response.completed"


def test_both_vidu_models_have_one_query(sandbox: Sandbox) -> None:
    """`vidu-get` finds the tasks of viduq2-pro and of viduq3-pro."""
    older = post(sandbox, {"model": "viduq2-pro", "input": "a cat", "images": [FIRST]}).json()["task_id"]
    for task_id in (older, _submit(sandbox, TEXT).json()["task_id"]):
        assert "视频URL" in text(frames(post(sandbox, {"model": "vidu-get", "input": task_id, "stream": True})))
