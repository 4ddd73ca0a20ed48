"""Sora streams as its document states and as recorded streams do."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests

from vidmagic.sandbox import Sandbox


def _body(prompt: str = "a red kite", model: str = "sora_video2", image: str | None = None) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": prompt}]
    if image is not None:
        content.append({"type": "image_url", "image_url": {"url": image}})
    return {"model": model, "stream": True, "messages": [{"role": "user", "content": content}]}


def _post(sandbox: Sandbox, body: Any, authorization: str = "Bearer sk-test") -> requests.Response:
    headers = {"Authorization": authorization}
    return requests.post(f"{sandbox.url}/v1/chat/completions", json=body, headers=headers, timeout=5)


def _text(answer: requests.Response) -> str:
    lines = [line.removeprefix("data: ") for line in answer.content.decode().splitlines() if line]
    return "".join(json.loads(line)["choices"][0]["delta"].get("content", "") for line in lines[:-1])


def _link(answer: requests.Response) -> str:
    match = re.search(r"\[点击这里\]\((\S+)\)", _text(answer))
    assert match is not None
    return match[1]


@pytest.mark.parametrize("blank_lines", [True, False])
def test_the_stream_is_the_one_that_was_seen(sandbox: Sandbox, blank_lines: bool) -> None:
    """Role, echo, queue, progress, link, stop and [DONE] come in this order, a blank line between them or none."""
    sandbox.blank_lines = blank_lines
    answer = _post(sandbox, _body("a kite, no error [[sandbox: seconds=1]]"))
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    *lines, end = answer.content.decode().split("\n\n" if blank_lines else "\n")
    assert end == ""
    assert not any("\n" in line for line in lines)
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    chunks = [json.loads(line[6:])["choices"][0] for line in lines[:-1]]
    assert chunks[0]["delta"] == {"role": "assistant", "content": ""}
    assert chunks[-1]["finish_reason"] == "stop"
    text = _text(answer)
    echo = re.match(r"```json\n(.*?)\n```", text, re.DOTALL)
    assert echo is not None
    assert json.loads(echo[1])["prompt"] == "a kite, no error [[sandbox: seconds=1]]"
    percentages = [float(percent) for percent in re.findall(r"> 🏃 进度：([\d.]+)%", text)]
    assert len(percentages) > 3
    assert percentages == sorted(percentages)
    assert text.index("任务正在队列中") < text.index("进度") < text.index("> ✅ 视频生成成功，[点击这里](http")


def test_frames_arrive_as_they_happen(sandbox: Sandbox) -> None:
    """The first frames are there long before the job is done."""
    body = _body("a kite [[sandbox: seconds=60]]")
    headers = {"Authorization": "Bearer sk-test"}
    with requests.post(f"{sandbox.url}/v1/chat/completions", json=body, headers=headers, stream=True, timeout=5) as got:
        assert b"assistant" in next(got.iter_lines())


@pytest.mark.parametrize(
    ("model", "width", "height", "seconds"),
    [
        ("sora_video2", 704, 1280, 10),
        ("sora_video2-landscape", 1280, 704, 10),
        ("sora_video2-15s", 704, 1280, 15),
        ("sora_video2-landscape-15s", 1280, 704, 15),
    ],
)
def test_the_name_chooses_size_and_length(sandbox: Sandbox, model: str, width: int, height: int, seconds: int) -> None:
    """Each of the four names gives its size and length, with sound."""
    video = requests.get(_link(_post(sandbox, _body(model=model))), timeout=10).content
    with av.open(io.BytesIO(video)) as opened:
        video = opened.streams.video[0]
        assert (video.width, video.height, len(opened.streams.audio)) == (width, height, 1)
        assert opened.duration is not None
        assert opened.duration / av.time_base == pytest.approx(seconds, abs=0.1)


def test_an_image_begins_the_video(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """A data URI becomes the picture, and a URL is accepted."""
    video = requests.get(_link(_post(sandbox, _body(image=data_uri(colour="red")))), timeout=10).content
    with av.open(io.BytesIO(video)) as opened:
        red, green, blue = next(opened.decode(video=0)).to_image().getpixel((352, 400))
    assert red > 180
    assert max(green, blue) < 60
    assert _link(_post(sandbox, _body(image="https://example.com/a.png")))


def _without(name: str) -> dict[str, Any]:
    return {key: value for key, value in _body().items() if key != name}


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        _without("stream"),
        _without("messages"),
        _body() | {"stream": False},
        _body() | {"duration": 10},
        _body() | {"messages": []},
        _body() | {"messages": [{"role": "user", "content": "a kite"}]},
        _body() | {"messages": [{"role": "system", "content": [{"type": "text", "text": "a kite"}]}]},
        _body() | {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "a kite"}]}]},
        _body(""),
        _body(image="file:///etc/passwd"),
        _body(image="http://example.com/a.png"),
        _body(image="data:image/png;base64,AAAA"),
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: Any) -> None:
    """Another shape of body, or an image that is none, is refused before anything is accepted."""
    answer = _post(sandbox, body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"message", "type", "code"}
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize("authorization", ["", "sk-test", "Token sk-test", "Bearer bad-key"])
def test_a_bad_key_is_401(sandbox: Sandbox, authorization: str) -> None:
    """Only `Bearer KEY` with a good key passes."""
    assert _post(sandbox, _body(), authorization).status_code == 401


@pytest.mark.parametrize(
    ("key", "turn", "status", "code"),
    [
        ("poor-key", "seconds=1", 403, "insufficient_user_quota"),
        ("sk-test", "balance", 403, "insufficient_user_quota"),
        ("sk-test", "rate", 429, "rate_limit_exceeded"),
        ("sk-test", "refuse", 400, "content_policy_violation"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, code: str) -> None:
    """Money, rate and policy errors come before the stream, and nothing is accepted."""
    answer = _post(sandbox, _body(f"a kite [[sandbox: {turn}]]"), f"Bearer {key}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None


def test_a_failing_job_ends_without_a_link(sandbox: Sandbox) -> None:
    """A failure is a delta, then stop and [DONE]."""
    answer = _post(sandbox, _body("a kite [[sandbox: fail]]"))
    assert "> ❌ 视频生成失败" in _text(answer)
    assert "点击这里" not in _text(answer)
    assert answer.content.endswith(b"data: [DONE]\n\n")


def test_a_stream_can_break(sandbox: Sandbox) -> None:
    """`drop` cuts the stream in its middle, after the job was accepted."""
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        _post(sandbox, _body("a kite [[sandbox: drop]]"))
    assert (sandbox.ledger[-1].status, sandbox.ledger[-1].accepted is not None) == (200, True)


def test_an_answer_can_be_lost(sandbox: Sandbox) -> None:
    """`error500` accepts the job and answers 500."""
    assert _post(sandbox, _body("a kite [[sandbox: error500]]")).status_code == 500
    assert sandbox.ledger[-1].accepted is not None
