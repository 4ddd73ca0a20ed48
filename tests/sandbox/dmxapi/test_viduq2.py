"""viduq2-pro answers as its document states, in both readings of its stream."""

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

IMAGES = ["https://example.com/a.jpg", "https://example.com/b.jpg"]


def _submit(sandbox: Sandbox, key: str = "sk-test", **body: Any) -> requests.Response:
    return post(sandbox, {"model": "viduq2-pro", "input": "a cat", "images": IMAGES, **body}, key)


def _query(sandbox: Sandbox, task_id: str, *, stream: bool = True) -> requests.Response:
    return post(sandbox, {"model": "vidu-get", "input": task_id, "stream": stream})


def _link(text: str) -> str:
    match = re.search(r"视频URL: (\S+)", text)
    assert match is not None
    return match[1]


def test_a_task_is_answered_as_in_the_sample(sandbox: Sandbox) -> None:
    """2 seconds of 1080p are 70 credits and 28,002 tokens, and the flat object has the sample's fields."""
    answer = _submit(sandbox, duration=2, resolution="1080p", seed=0).json()
    assert re.fullmatch(r"900\d{15}", answer["task_id"])
    assert (answer["type"], answer["state"], answer["model"]) == ("headtailimg2video", "created", "viduq2-pro")
    assert (answer["credits"], answer["usage"]["total_tokens"]) == (70, 28002)
    assert answer["seed"] > 0
    assert isinstance(answer["created_at"], int)
    assert answer["wm_position"] == "bottom_right"


def test_an_open_stream_tells_progress_and_ends_in_the_link(sandbox: Sandbox) -> None:
    """The stream stays open until the video is there; its text is the document's; no event lines, blank lines."""
    sandbox.seconds = 2
    answer = _query(sandbox, _submit(sandbox).json()["task_id"])
    events = frames(answer)
    assert b"event:" not in answer.content
    assert b"}\n\ndata: " in answer.content
    assert (events[0]["type"], events[-1]["type"]) == ("response.created", "response.completed")
    percentages = [int(percent) for percent in re.findall(r"当前进度: (\d+)%", text(events))]
    assert len(percentages) > 2
    assert percentages == sorted(percentages)
    for line in ("✅ 视频生成完成！", "任务ID: 900", "--- 创作 1 ---", "封面URL: http", "水印视频: http"):
        assert line in text(events)
    assert events[-1]["response"]["output"][0]["content"][0]["text"] == text(events)
    assert requests.get(_link(text(events)), timeout=5).status_code == 200


def test_a_hasty_stream_answers_at_once(sandbox: Sandbox) -> None:
    """In the other reading a query that comes too early completes without a link, and a later one has it."""
    sandbox.streams_stay_open = False
    sandbox.seconds = 600
    task_id = _submit(sandbox).json()["task_id"]
    (early,) = frames(_query(sandbox, task_id))
    assert early["type"] == "response.completed"
    assert re.fullmatch(r"当前进度: \d+%", early["delta"])
    sandbox.finish_tasks()
    assert _link(text(frames(_query(sandbox, task_id))))


def test_without_a_stream_it_waits(sandbox: Sandbox) -> None:
    """`stream: false` answers once, when the task is over."""
    answer = _query(sandbox, _submit(sandbox).json()["task_id"], stream=False).json()
    assert _link(answer["output"][0]["content"][0]["text"])


def test_images_shape_the_video(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """Data URIs give the video its shape, and `bgm` its sound; one image is enough."""
    body = {"images": [data_uri(400, 300)], "duration": 1, "resolution": "540p", "bgm": True}
    task = _submit(sandbox, **body).json()
    assert task["type"] == "img2video"
    link = _link(text(frames(_query(sandbox, task["task_id"]))))
    with av.open(io.BytesIO(requests.get(link, timeout=5).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 540)
        assert len(container.streams.audio) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"duration": "5"},
        {"duration": 0},
        {"duration": 9},
        {"seed": -1},
        {"resolution": "480p"},
        {"images": []},
        {"images": [*IMAGES, IMAGES[0]]},
        {"images": [None]},
        {"images": ["/tmp/a.png"]},
        {"input": [{"type": "text", "text": "a cat"}]},
        {"input": "x" * 2001},
        {"wm_position": 5},
        {"bgm": "false"},
        {"stream": True},
        {"prompt": "a cat"},
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values and fields are refused, and nothing is accepted."""
    answer = _submit(sandbox, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert sandbox.ledger[-1].accepted is None


def test_the_two_frames_must_be_alike(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """Shapes that differ by more than 0.8 to 1.25, and shapes beyond 4:1, are refused."""
    assert _submit(sandbox, images=[data_uri(400, 300), data_uri(300, 400)]).status_code == 400
    assert _submit(sandbox, images=[data_uri(500, 100)]).status_code == 400


@pytest.mark.parametrize(
    ("key", "turn", "status"),
    [
        ("bad-key", "seconds=1", 401),
        ("Token sk-test", "seconds=1", 401),
        ("poor-key", "seconds=1", 403),
        ("sk-test", "balance", 403),
        ("sk-test", "rate", 429),
        ("sk-test", "refuse", 400),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int) -> None:
    """Key, money, rate and policy errors have their status, and nothing is accepted."""
    assert _submit(sandbox, key, input=f"a cat [[sandbox: {turn}]]").status_code == status
    assert sandbox.ledger[-1].accepted is None


def test_a_failing_task_completes_with_bad_news(sandbox: Sandbox) -> None:
    """A failure is reported in the text of a response that completes."""
    events = frames(_query(sandbox, _submit(sandbox, input="a cat [[sandbox: fail]]").json()["task_id"]))
    assert "❌ 视频生成失败" in text(events)
    assert "视频URL" not in text(events)
    assert events[-1]["type"] == "response.completed"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (None, 400),
        ([], 400),
        ({"input": "1"}, 400),
        ({"model": ["viduq2-pro"]}, 400),
        ({"model": "viduq2-pro-get", "input": "1", "stream": True}, 503),
        ({"model": "vidu-get", "input": 1, "stream": True}, 400),
        ({"model": "vidu-get", "input": "1"}, 400),
        ({"model": "vidu-get", "input": "1", "stream": True}, 404),
        ({"model": "seedance-get", "input": "../x", "stream": True}, 404),
    ],
)
def test_a_query_must_name_a_model_and_a_task(sandbox: Sandbox, body: Any, status: int) -> None:
    """No channel for a stale name, 404 for an unknown task, 400 for another shape, all as gateway errors."""
    answer = post(sandbox, body)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"message", "type", "code"}


def test_an_answer_can_be_lost(sandbox: Sandbox) -> None:
    """`error500` and `drop` accept the task and tell no id."""
    assert _submit(sandbox, input="a cat [[sandbox: error500]]").status_code == 500
    with pytest.raises(requests.ConnectionError):
        _submit(sandbox, input="a cat [[sandbox: drop]]")
    assert all(call.accepted is not None for call in sandbox.ledger)
