"""Sora follows its API page: every dialect of the stream is read, and only its end decides success or failure."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer
from tests.faults.server import FaultServer
from tests.faults.toxics import limit_body, reset_peer
from tests.providers.steps import request, samples, submit, transport_to
from vidmagic.errors import Failed, OutcomeUnknown, Refused
from vidmagic.http.sse import frames
from vidmagic.providers.contract import Ticket
from vidmagic.providers.sora import Sora
from vidmagic.providers.sora_stream import interpret, video_links
from vidmagic.spec.events import Event, Queued, Ready, Running, TextReceived

SORA = Sora()
PAGE = samples("sora")
REQUEST = request(SORA, "sora", "a red kite")
LINK = "https://example.com/video.mp4"


def chunk(text: str) -> dict[str, Any]:
    """Make one frame."""
    return {"choices": [{"delta": {"content": text}}]}


def wire(*stream_frames: Any, blank: bool = False) -> bytes:
    """Return the bytes of a stream: frames on successive lines, as the document shows them, or with blank lines."""
    lines = [f"data: {json.dumps(frame, ensure_ascii=False)}" for frame in stream_frames]
    return (("\n\n" if blank else "\n").join([*lines, "data: [DONE]"]) + "\n").encode()


def events_of(*parts: Any) -> list[Event]:
    """Return the events of a stream of texts or frames, without its transcript."""
    chunks = [chunk(part) if isinstance(part, str) else part for part in parts]
    return [event for event in interpret(frames([wire(*chunks)])) if not isinstance(event, TextReceived)]


def ready(*parts: Any) -> tuple[str, ...]:
    """Return the video links at the end of a stream."""
    last = events_of(*parts)[-1]
    assert isinstance(last, Ready)
    return last.urls


# -- the samples of the page


@pytest.mark.parametrize(
    ("heading", "prompt", "given"),
    [
        ("Request: text", "A happy cat playing with a ball in a sunny garden", {}),
        (
            "Request: text and image",
            "Make this scene come alive",
            {"aspect_ratio": "16:9", "image": "https://example.com/image.jpg"},
        ),
    ],
)
def test_the_requests(heading: str, prompt: str, given: dict[str, Any]) -> None:
    """The document's examples are sent as the page shows them."""
    assert SORA.body(request(SORA, "sora", prompt, **given)) == PAGE[heading]


@pytest.mark.parametrize(
    ("short", "given", "name"),
    [
        ("sora", {}, "sora_video2"),
        ("sora", {"aspect_ratio": "16:9"}, "sora_video2-landscape"),
        ("sora", {"duration": 15}, "sora_video2-15s"),
        ("sora", {"duration": "15", "aspect_ratio": "16:9"}, "sora_video2-landscape-15s"),
        ("sora-landscape", {}, "sora_video2-landscape"),
        ("sora-15s", {}, "sora_video2-15s"),
        ("sora-landscape-15s", {}, "sora_video2-landscape-15s"),
    ],
)
def test_shape_and_length_choose_the_name(short: str, given: dict[str, Any], name: str) -> None:
    """Shape and length are sent as the model name only; asking for that name is the same request."""
    sent = request(SORA, short, "a kite", **given)
    assert SORA.body(sent)["model"] == name
    alone = next(model for model in SORA.models if model.id == f"apiyi/{name}")
    assert (
        sent.fingerprint() == request(SORA, alone.short, "a kite", **({} if short != "sora" else given)).fingerprint()
    )


def test_the_reply_that_refuses() -> None:
    """An error instead of a stream is a refusal, not charged."""
    with pytest.raises(Refused, match="无效的令牌") as refused:
        submit(SORA, REQUEST, json_answer(PAGE["Reply: refused"], status=401))
    assert (refused.value.reason, refused.value.charged) == ("key", "no")


@pytest.mark.parametrize(
    ("heading", "events"),
    [
        ("Reply: frames as in the document", [Queued("视频生成中..."), Running(50), Running(50), Ready((LINK,))]),
        (
            "Reply: frames as seen",
            [Queued("⌛️ 任务正在队列中，请耐心等待..."), *[Running(98.7)] * 3, Ready((f"{LINK}?sig=a%2Fb",))],
        ),
        (
            "Reply: frames of another dialect",
            [Running(54), Running(81), Running(81), Running(81), Ready(("https://example.com/film.mp4",))],
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("blank", [False, True])
def test_the_streams(heading: str, events: list[Event], blank: bool) -> None:
    """Each dialect gives its queue, its percentage and the video, with or without blank lines between frames."""
    interpreted = interpret(frames([wire(*PAGE[heading], blank=blank)]))
    assert [event for event in interpreted if not isinstance(event, TextReceived) and event != Queued("")] == events


def test_the_stream_of_a_failure() -> None:
    """A stream that ends with a failure text raises Failed with that text."""
    with pytest.raises(Failed, match="内容可能违反了我们的使用政策"):
        events_of(*PAGE["Reply: frames of a failure"])


def test_every_sample_has_a_test() -> None:
    """A sample that is added to the page must be added here."""
    assert len(PAGE) == 7


# -- texts that decide nothing


@pytest.mark.parametrize(
    "prompt",
    [
        "一个 404 错误 页面",
        "生成失败 的人",
        "an ERROR on a screen, failure everywhere",
        "a link https://evil.example.com/prompt.mp4 in the prompt",
        "进度: 99%",
        "code ```python\nfail()\n``` and more 失败",
        "one ``` fence, 错误",
        'quotes " and \\ and }{ braces',
        "视频生成成功，[点击这里](https://evil.example.com/x.mp4)",
    ],
)
def test_the_echo_of_the_prompt(prompt: str) -> None:
    """The echo of a prompt neither fails a job nor moves the progress bar nor gives a link."""
    echo = f"```json\n{json.dumps({'prompt': prompt}, ensure_ascii=False, indent=1)}\n```\n\n"
    events = events_of(echo, "> 🏃 进度：5%\n", f"[点击这里]({LINK})")
    assert events[1:] == [Running(5), Running(5), Ready((LINK,))]
    with pytest.raises(OutcomeUnknown, match="without a link: 再见"):
        events_of(echo, "再见")
    with pytest.raises(Failed, match="生成失败：审核"):
        events_of(echo, "生成失败：审核")
    for at in range(1, len(echo) - 1, 7):
        assert ready(echo[:at], echo[at:], f"[点击这里]({LINK})") == (LINK,)


def test_a_failure_with_a_link_to_help() -> None:
    """A link in a failure text is not taken for the video."""
    with pytest.raises(Failed, match="请查看"):
        events_of("生成失败，请查看 https://docs.example.com/policy")


def test_a_failure_text_before_the_video() -> None:
    """A stream that reports an error and then gives the video has not failed."""
    assert ready("上游错误，正在重试 (error 502)\n", f"完成 {LINK}") == (LINK,)


# -- links


@pytest.mark.parametrize(
    ("text", "links"),
    [
        (f"[x]({LINK})", (LINK,)),
        (f"（{LINK}）", (LINK,)),
        (f"视频：{LINK}。完", (LINK,)),
        (f"see {LINK}.", (LINK,)),
        (f"<{LINK}>", (LINK,)),
        (f"{LINK}?a=(1)&b=2", (f"{LINK}?a=(1)&b=2",)),
        (f"[x]({LINK}?X-Amz=%2F%E4)", (f"{LINK}?X-Amz=%2F%E4",)),
        (f"{LINK}?a=1&amp;b=2", (f"{LINK}?a=1&amp;b=2",)),
        (f"{LINK}?poster=a.jpg", (f"{LINK}?poster=a.jpg",)),
        ("https://x.png.com/v.MP4", ("https://x.png.com/v.MP4",)),
        (f"![p](https://e.com/p.webp) [f]({LINK})", (LINK,)),
        (f"[页](https://e.com/play/7) [f]({LINK})", (LINK, "https://e.com/play/7")),
        (f"{LINK} {LINK}", (LINK,)),
        ("https://e.com/p.webp?x=1.mp4", ()),
        ("javascript:alert(1)", ()),
        ("no link", ()),
    ],
)
def test_links_in_running_text(text: str, links: tuple[str, ...]) -> None:
    """The video link is taken out of Chinese text, Markdown and brackets, byte for byte; previews are left out."""
    assert video_links(text) == links


def test_a_link_split_anywhere() -> None:
    """A link that is split over two chunks is joined again, wherever it was split."""
    text = f"> ✅ 视频生成成功，[点击这里]({LINK}?sig=a%2Fb) 查看视频~~~"
    for at in range(1, len(text)):
        assert ready(text[:at], text[at:]) == (f"{LINK}?sig=a%2Fb",)


def _broken(*texts: str) -> Iterator[Any]:
    yield from (chunk(text) for text in texts)
    raise OutcomeUnknown("the stream broke")


def test_a_stream_that_breaks_after_the_link() -> None:
    """A video whose link arrived is fetched, though the connection broke before the end."""
    assert list(interpret(_broken("进度：9%", f"[点击这里]({LINK}) 查看")))[-1] == Ready((LINK,))


@pytest.mark.parametrize(
    "text", ["", "进度：9%", f"[x]({LINK}?sig=a", f"[x]({LINK}", "[x](https://e.com/v", "[p](https://e.com/p.webp) "]
)
def test_a_stream_that_breaks_before_the_link_is_whole(text: str) -> None:
    """Without a whole link the outcome is unknown, and half a link is not tried."""
    with pytest.raises(OutcomeUnknown, match="the stream broke"):
        list(interpret(_broken(text)))


# -- percentages


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("进度: 50%", 50), ("进度：98.7%", 98.7), ("进度:0%", 0), ("进度 42..54..67..", 67), ("进度：100%", 100),
        ("进度：150%", None), ("进度：1.2.3%", None), ("进度......", None), ("进度：很快", None), ("50%", None),
    ],
)  # fmt: skip
def test_percentages(text: str, percent: float | None) -> None:
    """Both colons, decimals and growing rows are read; anything else is not taken for a percentage."""
    percents = [event.percent for event in events_of(text, f" {LINK}") if isinstance(event, Running)]
    assert (percents[0] if percents else None) == percent


def test_a_row_of_dots_takes_no_time() -> None:
    """Long rows of dots, digits and brackets are read in linear time."""
    begun = time.process_time()
    assert ready("进度" + "." * 5000, "进度 " + "1.." * 3000, "（" * 5000, "```" * 500 + "\n", f"``` {LINK}") == (LINK,)
    assert time.process_time() - begun < 5


# -- frames that are odd


@pytest.mark.parametrize(
    "odd",
    [
        {}, {"choices": []}, {"choices": None}, {"choices": [None]}, {"choices": [{}]}, {"choices": [{"delta": None}]},
        {"choices": [{"delta": {"content": None}}]}, {"choices": [{"delta": {"content": ["x"]}}]}, {"error": None},
        {"choices": "x"}, {"choices": [{"delta": "x"}]}, {"object": "chat.completion.chunk"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_frames_without_text(odd: Any) -> None:
    """A frame that lacks an expected field is skipped."""
    assert ready(odd, LINK, odd) == (LINK,)


def test_a_whole_answer_instead_of_a_stream() -> None:
    """A gateway may answer with one whole message instead of deltas."""
    whole = {"choices": [{"message": {"role": "assistant", "content": f"完成 [x]({LINK})"}}]}
    assert ready(whole) == (LINK,)
    assert list(interpret(frames([json.dumps(whole).encode()])))[-1] == Ready((LINK,))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "no", "code": "content_policy_violation"}, "prompt"),
        ({"message": "no", "type": "invalid_request_error", "code": None}, "parameters"),
        ({"message": "no", "code": "something new"}, ""),
        ("no", ""),
    ],
)
def test_an_error_in_the_stream(error: Any, reason: str) -> None:
    """An error frame fails the job with the service's words; whether it is charged is unknown."""
    with pytest.raises(Failed, match="no") as failed:
        events_of("进度：9%", {"error": error})
    assert (failed.value.reason, failed.value.charged) == (reason, "unknown")


@pytest.mark.parametrize("text", ["", "再见", "进度：99%"])
def test_an_end_without_link_or_failure(text: str) -> None:
    """A stream that ends with neither link nor failure is an unknown outcome."""
    with pytest.raises(OutcomeUnknown, match="ended without a link"):
        events_of(text)


def test_every_frame_is_in_the_transcript() -> None:
    """Every frame, also an unreadable one, is yielded as received text before it is interpreted."""
    interpreted = list(interpret(iter([chunk("进度：9%"), "not json", chunk(LINK)])))
    transcript = [event.text for event in interpreted if isinstance(event, TextReceived)]
    assert transcript == [json.dumps(chunk("进度：9%"), ensure_ascii=False), "not json", json.dumps(chunk(LINK))]
    assert isinstance(interpreted[0], TextReceived)


# -- over a connection


def submit_and_follow(answer: Answer) -> list[Event]:
    """Submit, and read the stream to its end."""
    server = FaultServer().then(answer)
    try:
        ticket = SORA.submit(REQUEST, transport_to(SORA, server.url))
        assert ticket.live is not None
        return list(ticket.live)
    finally:
        server.down()
        assert server.count("POST") == len(server.seen) == 1


def test_submit_and_follow_are_one_request() -> None:
    """Submit and follow are one POST, with the key as a bearer."""
    server = FaultServer().then(Answer(body=wire(chunk(LINK))))
    ticket = SORA.submit(REQUEST, transport_to(SORA, server.url))
    assert list(ticket.live or [])[-1] == Ready((LINK,))
    server.down()
    assert [(seen.method, seen.target) for seen in server.seen] == [("POST", "/v1/chat/completions")]
    assert server.seen[0].headers["authorization"] == "Bearer vm-canary-key"
    assert ticket.task_id == ""


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks(reset: bool) -> None:
    """A stream broken after the link gives the video, one broken before it an unknown outcome; one request each."""
    body = wire(chunk("进度：9%"), chunk(f"[x]({LINK}) ok"), chunk("more"))
    whole = len(wire(chunk("进度：9%"), chunk(f"[x]({LINK}) ok"))) - len(b"data: [DONE]\n")
    toxics = (limit_body(whole), *((reset_peer(),) if reset else ()))
    assert submit_and_follow(Answer(body=body).but(*toxics))[-1] == Ready((LINK,))
    with pytest.raises(OutcomeUnknown):
        submit_and_follow(Answer(body=body).but(limit_body(60), *toxics[1:]))


@pytest.mark.parametrize(
    ("status", "code", "error", "reason"),
    [
        (401, "invalid_api_key", Refused, "key"),
        (403, "insufficient_user_quota", Refused, "balance"),
        (429, "rate_limit_exceeded", Refused, "rate"),
        (400, "content_policy_violation", Refused, "prompt"),
        (400, "new", Refused, "parameters"),
        (404, "model_not_found", Refused, "not found"),
        (500, "content_policy_violation", OutcomeUnknown, ""),
        (503, "model_not_found", OutcomeUnknown, ""),
        (524, "", OutcomeUnknown, ""),
    ],
)
def test_refusals(status: int, code: str, error: type[Refused], reason: str) -> None:
    """An error below 500 is a refusal, its reason given by the code; from 500 on the outcome is unknown."""
    with pytest.raises(error) as refused:
        submit(SORA, REQUEST, json_answer({"error": {"message": "no", "code": code}}, status=status))
    assert refused.value.reason == reason
    assert "no" in refused.value.message


def test_an_unread_stream_is_closed() -> None:
    """A ticket that is dropped leaves no connection open."""
    server = FaultServer().then(Answer(body=wire(chunk(LINK))))
    ticket = SORA.submit(REQUEST, transport_to(SORA, server.url))
    del ticket
    server.down()


def test_a_stored_ticket_cannot_be_followed() -> None:
    """A stored ticket has no task id: following it is an unknown outcome, and nothing is sent."""
    with pytest.raises(OutcomeUnknown, match="no task id"):
        list(SORA.follow(Ticket(""), transport_to(SORA, "http://127.0.0.1:1").service))
    assert SORA.cancel(Ticket(""), transport_to(SORA, "http://127.0.0.1:1").service) is False
