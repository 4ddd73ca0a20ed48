"""Vidu Q2 pro as its document says, in both readings of its query."""

from __future__ import annotations

import threading
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer, truncated
from tests.faults.toxics import slow_close
from tests.providers.steps import (
    FIRST,
    KEY,
    LAST,
    accepted,
    events,
    fetch,
    finish,
    image,
    refused,
    request,
    samples,
    submitted,
    told,
)
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Paused, Reason, Refused, Unreachable
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmx_responses import Query
from vidmagic.providers.viduq2 import ViduQ2
from vidmagic.sandbox import Sandbox
from vidmagic.spec.events import Ready, Running
from vidmagic.spec.request import Request

VIDUQ2 = ViduQ2()
PROVIDER, SECONDS = VIDUQ2, 0.4  # whom `http` speaks to; how long a job takes
PAGE = samples("viduq2")
TICKET = Ticket("900539403250700288")
FILM = "https://example.com/video.mp4?X-Amz-Expires=86400"
MARKED = "https://example.com/watermarked.mp4?X-Amz-Expires=86400"
COMPLETED = {"type": "response.completed"}


def viduq2(prompt: str = "a kitten at play", **given: Any) -> Request:
    """Return a request with a first frame."""
    return request(VIDUQ2, "viduq2", prompt, **{"image": FIRST, **given})


def deltas(*texts: str) -> list[dict[str, str]]:
    """Return texts as events."""
    return [{"type": "response.output_text.delta", "delta": text} for text in texts]


# -- the body


def test_the_documents_example_is_rebuilt() -> None:
    """The request goes out as in the document's script."""
    prefix = "https://prod-ss-images.s3.cn-northwest-1.amazonaws.com.cn/vidu-maas/template/startend2video-"
    document = {
        "model": "viduq2-pro",
        "input": "一只小猫在愉快的玩耍",
        "duration": 5,
        "seed": 0,
        "resolution": "720p",
        "movement_amplitude": "auto",
        "images": [f"{prefix}1.jpeg", f"{prefix}2.jpeg"],
        "bgm": False,
        "watermark": False,
        "wm_position": 3,
        "wm_url": f"{prefix}1.jpeg",
    }
    frames = {"image": document["images"][0], "last_image": document["images"][1]}
    assert VIDUQ2.body(viduq2("一只小猫在愉快的玩耍", **frames, wm_url=document["wm_url"])) == document


def test_the_pages_request_is_built() -> None:
    """The sample of viduq2.md is what is sent, and a local image stands in it as a data URI."""
    built = viduq2(last_image=LAST, wm_url="https://example.com/mark.jpeg")
    assert VIDUQ2.body(built) == PAGE["Request: first and last frame"]
    [url] = VIDUQ2.body(viduq2(image=image(kind="WEBP")))["images"]
    assert url.startswith("data:image/webp;base64,")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"image": None}, "viduq2 takes"),
        ({"image": None, "reference": FIRST}, "viduq2 takes"),
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": "x" * 2001}, "2,001 characters"),
        ({"duration": 9}, "duration must be"),
        ({"duration": 0}, "duration must be"),
        ({"resolution": "360p"}, "not 360p"),
        ({"wm_position": 5}, "wm_position must be"),
        ({"aspect_ratio": "16:9"}, "viduq2 has no aspect_ratio"),
        ({"image": image(64, 257)}, "4:1"),
        ({"image": image(100, 100), "last_image": image(100, 79)}, "differ too much in shape"),
    ],
)
def test_what_the_document_does_not_allow_is_refused_here(given: dict[str, Any], words: str) -> None:
    """Values, images and modes outside the document cost no request."""
    with pytest.raises(InvalidRequest) as error:
        viduq2(**given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("resolution", "duration", "amount"),
    [("540p", 1, "0.32"), ("540p", 8, "1.92"), ("720p", 2, "1.00"), ("720p", 5, "2.20"), ("1080p", 2, "2.80")],
)
def test_the_price_counts_seconds(resolution: str, duration: int, amount: str) -> None:
    """The first, the second and each later second have their own price, exact to the cent."""
    price = VIDUQ2.models[0].price({"resolution": resolution, "duration": duration})
    assert price is not None
    assert (price.amount, price.currency) == (Decimal(amount), "CNY")


# -- a whole job


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_job_ends_in_a_film(sandbox: Sandbox, http: Transport, stays_open: bool) -> None:
    """Whether the query's stream stays open or answers at once, one submit leads to one MP4."""
    sandbox.streams_stay_open = stays_open
    ticket = VIDUQ2.submit(viduq2(image=image(), last_image=image()), http)
    assert ticket.reported["credits"] == 55
    ready = finish(VIDUQ2, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted(sandbox) == [ticket.task_id]
    looks = [call.body for call in sandbox.ledger if call.origin == "api"][1:]
    assert (len(looks) == 1) is stays_open
    assert looks[0] == {"model": "vidu-get", "input": ticket.task_id, "stream": True}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {KEY}


def test_an_open_stream_tells_as_it_goes(sandbox: Sandbox, http: Transport) -> None:
    """Progress is yielded while the stream is open, and it is the service's own."""
    sandbox.seconds = 1
    ticket = VIDUQ2.submit(viduq2(), http)
    seen = list(VIDUQ2.follow(ticket, http.service))
    percents = [event.percent for event in seen if isinstance(event, Running) and event.percent is not None]
    assert percents == sorted(percents)
    assert len(set(percents)) > 3
    assert isinstance(seen[-1], Ready)


def test_an_open_stream_can_be_aborted(sandbox: Sandbox, http: Transport) -> None:
    """A stream that would stay open for a minute ends at once when its job is told to stop."""
    sandbox.seconds = 60
    ticket = VIDUQ2.submit(viduq2(), http)
    looking = VIDUQ2.follow(ticket, http.service)
    assert isinstance(next(looking), Running)
    threading.Timer(0.1, http.abort).start()
    with pytest.raises(Unreachable):
        list(looking)


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_failing_job_says_why(sandbox: Sandbox, http: Transport, stays_open: bool) -> None:
    """The service's words and its reason reach the user in both readings."""
    sandbox.streams_stay_open = stays_open
    ticket = VIDUQ2.submit(viduq2("a kitten [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match=r"视频生成失败.*CreationPolicyViolation") as failed:
        finish(VIDUQ2, ticket, http)
    assert failed.value.reason == "result"


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of viduq2.md become a ticket, progress, a link and a refusal."""
    ticket = submitted(VIDUQ2, viduq2(), json_answer(PAGE["Reply: task"]))
    assert (ticket.task_id, ticket.reported["credits"]) == ("900539403250700288", 70)
    at_work = told(VIDUQ2, events(*PAGE["Reply: events of a task at work"]), TICKET)
    assert [event.percent for event in at_work if isinstance(event, Running)] == [None, 20.0, 50.0]
    assert not any(isinstance(event, Ready) for event in at_work)
    *_, ready = told(VIDUQ2, events(*PAGE["Reply: events of a finished task"]), TICKET)
    assert ready == Ready((FILM,), {"watermarked": MARKED})
    with pytest.raises(Refused, match="content policy") as refusal:
        submitted(VIDUQ2, viduq2(), refused(400, PAGE["Reply: refused"]))
    assert (refusal.value.reason, refusal.value.trace) == ("prompt", "04e5c2fe")


def test_a_ticket_may_come_as_a_stream_or_cut() -> None:
    """An id is not lost because the reply is an event, or breaks off behind it."""
    task = PAGE["Reply: task"]
    assert submitted(VIDUQ2, viduq2(), events(task)).task_id == task["task_id"]
    assert submitted(VIDUQ2, viduq2(), truncated(json_answer(task), 60)).task_id == task["task_id"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (refused(401, {"error": {"message": "bad token", "code": "invalid_api_key"}}), "key"),
        (refused(403, {"error": {"message": "no money", "code": "insufficient_user_quota"}}), "balance"),
        (
            refused(429, {"error": {"message": "slower", "type": "rix_api_error", "code": "rate_limit_exceeded"}}),
            "rate",
        ),
        (refused(400, {"code": "invalid_request", "message": "what?", "data": None}), "parameters"),
        (refused(400, {"code": 400, "reason": "CreditInsufficient", "message": "empty"}), "balance"),
        (refused(413, {"error": "too large"}), "image"),
    ],
)
def test_a_refusal_is_read_in_every_shape(answer: Answer, reason: Reason) -> None:
    """The gateway's shapes and the service's own are all told by their reason."""
    with pytest.raises(Refused) as error:
        submitted(VIDUQ2, viduq2(), answer)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        Answer(504, b"<html>gateway timeout</html>"),
        refused(503, {"error": {"message": "no channel", "code": "model_not_found"}}),
        json_answer({"ok": True}),
        Answer(200, b""),
    ],
)
def test_an_answer_without_a_verdict_is_unknown(answer: Answer) -> None:
    """A fault of the gateway, or a success without an id, may have been charged."""
    with pytest.raises(OutcomeUnknown):
        submitted(VIDUQ2, viduq2(), answer)


# -- the query's stream


@pytest.mark.parametrize(
    "frames",
    [
        [{"delta": f"✅ 视频生成完成！视频URL: {FILM}", "type": "response.completed"}],
        [*deltas("视频URL: ", FILM[:12], FILM[12:], f" 封面URL: https://a/c.jpg 水印视频: {MARKED}"), COMPLETED],
        [*deltas(f"封面URL: https://a/c?x=1\n视频URL: {FILM}\n"), COMPLETED],
        [*deltas(f"封面URL：https://a/c.jpeg，视频地址：{FILM}，请下载"), COMPLETED],
        [*deltas(f"[点击这里]({FILM})查看"), "[DONE]"],
        [*deltas("当前进度: 10%"), COMPLETED, *deltas(f"\n视频URL: {FILM}\n"), COMPLETED],
        [{"type": "response.output_text.done", "text": f"视频URL: {FILM}"}, COMPLETED],
        [f"视频URL: {FILM}", COMPLETED],
        [*deltas(f"视频URL: {FILM}\n任务")],
    ],
)
def test_the_film_is_found_wherever_it_stands(frames: list[Any]) -> None:
    """The film and never the cover: on the completed event, split, behind Chinese text, before a stream's late end."""
    *_, ready = told(VIDUQ2, events(*frames), TICKET)
    assert isinstance(ready, Ready)
    assert ready.urls == (FILM,)


def test_a_link_is_passed_on_byte_for_byte() -> None:
    """The signed query keeps its escapes, and parentheses that belong together stay."""
    url = "http://127.0.0.1:9/v(1).mp4?filename%3Da%2525.mp4&Signature=ab%2Bc%3D"
    *_, ready = told(VIDUQ2, events({"delta": f"视频URL: {url}）", "type": "response.completed"}), TICKET)
    assert isinstance(ready, Ready)
    assert ready.urls == (url,)


@pytest.mark.parametrize(
    "document",
    [
        {"object": "response", "status": "completed", "output": [{"content": [{"text": f"视频URL: {FILM}"}]}]},
        {"state": "success", "err_code": "", "creations": [{"cover_url": "https://a/c?x", "url": FILM}]},
        {"status": "succeeded", "content": {"video_url": FILM.replace(".mp4", "")}},
    ],
)
def test_plain_json_in_place_of_a_stream_is_read(document: dict[str, Any]) -> None:
    """A reply that is no stream is as good as one."""
    *_, ready = told(VIDUQ2, json_answer(document), TICKET)
    assert isinstance(ready, Ready)
    assert ready.urls[0].startswith("https://example.com/video")


@pytest.mark.parametrize(
    "frames",
    [
        [COMPLETED],
        [*deltas("当前进度: 50%"), COMPLETED],
        [*deltas("任务正在排队，请稍后重试"), COMPLETED],
        [*deltas("查询失败，请稍后再试"), COMPLETED],
        [*deltas("获取任务状态失败"), COMPLETED, "[DONE]"],
        [*deltas("封面URL: https://a/c.jpg"), COMPLETED],
        [*deltas("处理中，说明见 https://www.dmxapi.cn/docs"), COMPLETED],
        [*deltas("no error so far"), COMPLETED],
        [{"object": "response", "status": "in_progress", "error": None, "output": []}],
        [{"status": "processing"}],
    ],
)
def test_a_query_without_a_verdict_leaves_the_job_running(frames: list[Any]) -> None:
    """The end of a query is not the end of the task: neither a link nor a word of failure means that it goes on."""
    seen = told(VIDUQ2, events(*frames), TICKET)
    assert seen
    assert all(isinstance(event, Running) for event in seen)


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ([*deltas("❌ 视频生成失败！错误: CreationPolicyViolation"), COMPLETED], "result"),
        ([*deltas("[错误] TaskPromptPolicyViolation"), COMPLETED], "prompt"),
        ([*deltas("当前进度: 30%\nKling API 错误: 余额"), COMPLETED], ""),
        ([*deltas("错误: 内部错误"), "[DONE]"], ""),
        ([*deltas("任务状态: expired"), COMPLETED], "expired"),
        ([*deltas("视频生成失败，请稍后重试"), COMPLETED], ""),
        ([{"type": "response.failed", "response": {"error": {"code": "CreationPolicyViolation"}}}], "result"),
        ([{"type": "response.incomplete", "response": {"incomplete_details": {"reason": "content_filter"}}}], "result"),
        ([{"type": "response.failed"}], ""),
        ([{"type": "error", "code": "Something", "message": "broken", "param": None}], ""),
        ([{"error": {"code": "ImageDownloadFailure", "message": "no image"}}], "image"),
        ([{"state": "failed", "err_code": "AuditSubmitIllegal", "creations": []}], "prompt"),
        ([{"object": "response", "status": "failed", "error": {"message": "broken"}}], ""),
    ],
)
def test_a_word_of_failure_fails_the_job(frames: list[Any], reason: Reason) -> None:
    """Failure texts and the protocol's bad ends stop the job, with the service's words and what they stand for."""
    with pytest.raises(Failed) as failed:
        told(VIDUQ2, events(*frames), TICKET)
    assert failed.value.reason == reason
    assert failed.value.message


def test_the_words_of_a_failure_are_whole_and_hold_no_link() -> None:
    """What the service said reaches the user, without what went before and without a signed link."""
    frames = [*deltas(*["当前进度: 1%\n"] * 99, f"❌ 生成失败: 封面 {FILM.replace('.mp4', '.jpg')} 违规"), COMPLETED]
    with pytest.raises(Failed) as failed:
        told(VIDUQ2, events(*frames), TICKET)
    assert failed.value.message == "❌ 生成失败: 封面 (link) 违规"
    *_, running = told(VIDUQ2, events(*deltas(f"封面URL: {FILM.replace('.mp4', '.jpg')}"), COMPLETED), TICKET)
    assert running == Running(message="封面URL: (link)")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (events(*deltas(f"视频URL: {FILM}")), Unreachable),  # the link may be cut
        (events(*deltas("当前进度: 50%")), Unreachable),
        (Answer(200, b""), Unreachable),
        (Answer(502, b"<html>bad gateway</html>"), Unreachable),
        (refused(500, {"error": {"message": "x", "code": "do_request_failed"}}), Unreachable),
        (refused(401, {"error": {"message": "bad token", "code": "invalid_api_key"}}), Paused),
        (refused(400, {"code": 400, "reason": "CreationPolicyViolation", "message": "no"}), Failed),
        (events({"error": {"type": "new_api_error", "code": "bad_response", "message": "upstream"}}), Unreachable),
        (events({"type": "error", "code": "rate_limit_exceeded", "message": "slower"}), Unreachable),
        (events({"error": {"code": "insufficient_user_quota", "message": "no money"}}), Paused),
    ],
)
def test_trouble_with_the_look_is_not_trouble_with_the_job(answer: Answer, kind: type[Exception]) -> None:
    """A look that breaks, or a gateway that fails, is asked again; key and balance wait for the user."""
    with pytest.raises(kind):
        told(VIDUQ2, answer, TICKET)


def test_an_unknown_task_is_told_by_its_status() -> None:
    """A 404, as a status or in the stream, is left to the caller to judge by the job's age."""
    error = {"error": {"message": "no such task", "code": "task_not_exist"}}
    for answer in (refused(404, error), events(error)):
        with pytest.raises(Unreachable) as unreachable:
            told(VIDUQ2, answer, TICKET)
        assert unreachable.value.status == 404


@pytest.mark.parametrize("body", [b'data: {"delta": "\xe5\xbd\x93', b""])
def test_a_silent_or_broken_stream_is_asked_again(body: bytes) -> None:
    """Silence and a break raise Unreachable, never a failure."""
    headers = {"Content-Type": "text/event-stream", "Content-Length": "1000"}
    for answer in (Answer(200, body, headers), Answer(200, body, headers, toxics=(slow_close(1),))):
        with pytest.raises(Unreachable):
            told(VIDUQ2, answer, TICKET, Timeouts(stream_idle=0.2))


def test_only_a_query_model_may_be_asked() -> None:
    """A query under another model's name would start a job, so there is none."""
    with pytest.raises(ValueError, match="would start a job"):
        Query("viduq2-pro", {})
