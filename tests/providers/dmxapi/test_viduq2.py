"""Vidu Q2 pro follows its API page, whether the query's stream stays open or ends at once."""

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
    accepted_ids,
    error_answer,
    fetch,
    image,
    poll,
    poll_until_ready,
    request,
    samples,
    stream_answer,
    submit,
)
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Paused, Reason, Refused, Unreachable
from vidmagic.http.timeouts import Timeouts
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.viduq2 import ViduQ2
from vidmagic.providers.responses.stream import Query
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.spec.events import Ready, Running
from vidmagic.spec.request import Request

VIDUQ2 = ViduQ2()
PROVIDER, SECONDS = VIDUQ2, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/viduq2")
TICKET = Ticket("900539403250700288")
VIDEO_LINK = "https://example.com/video.mp4?X-Amz-Expires=86400"
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
    """The request is the sample of viduq2.md; a local image is sent as a data URI."""
    built = viduq2(last_image=LAST, wm_url="https://example.com/mark.jpeg")
    assert VIDUQ2.body(built) == PAGE["Request: first and last frame"]
    [url] = VIDUQ2.body(viduq2(image=image(kind="WEBP")))["images"]
    assert url.startswith("data:image/webp;base64,")


@pytest.mark.parametrize(
    ("corner", "number"),
    [("top-left", 1), ("top-right", 2), ("bottom-right", 3), ("bottom-left", 4), ("4", 4), (3, 3)],
)
def test_a_corner_is_named_in_words_or_by_its_number(corner: str | int, number: int) -> None:
    """Words mean what the service's replies call the numbers; a number goes out as before."""
    built = viduq2(watermark=True, wm_position=corner)
    assert VIDUQ2.body(built)["wm_position"] == number
    assert built.fingerprint() == viduq2(watermark=True, wm_position=number).fingerprint()


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
        ({"wm_position": 5}, "wm_position must be top-left"),
        ({"aspect_ratio": "16:9"}, "viduq2 has no aspect_ratio"),
        ({"image": image(64, 257)}, "4:1"),
        ({"image": image(100, 100), "last_image": image(100, 79)}, "differ too much in shape"),
    ],
)
def test_values_outside_the_document_are_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, images and modes that the document does not allow are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        viduq2(**given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("resolution", "duration", "amount"),
    [("540p", 1, "0.32"), ("540p", 8, "1.92"), ("720p", 2, "1.00"), ("720p", 5, "2.20"), ("1080p", 2, "2.80")],
)
def test_the_price_counts_seconds(resolution: str, duration: int, amount: str) -> None:
    """The first, the second and each later second have their own price, exact to the cent."""
    price = VIDUQ2.models[0].price(viduq2(resolution=resolution, duration=duration))
    assert price is not None
    assert (price.amount, price.currency) == (Decimal(amount), "CNY")


# -- a whole job


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, stays_open: bool) -> None:
    """Whether the query's stream stays open or answers at once, one submit leads to one MP4."""
    sandbox.streams_stay_open = stays_open
    ticket = VIDUQ2.submit(viduq2(image=image(), last_image=image()), http)
    assert ticket.reported["credits"] == 55
    ready = poll_until_ready(VIDUQ2, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    queries = [call.body for call in sandbox.ledger if call.origin == "api"][1:]
    assert (len(queries) == 1) is stays_open
    assert queries[0] == {"model": "vidu-get", "input": ticket.task_id, "stream": True}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


def test_an_open_stream_reports_progress(sandbox: Sandbox, http: Transport) -> None:
    """Progress is yielded while the stream is open, and it is the service's own."""
    sandbox.seconds = 1
    ticket = VIDUQ2.submit(viduq2(), http)
    seen = list(VIDUQ2.follow(ticket, http.service))
    percents = [event.percent for event in seen if isinstance(event, Running) and event.percent is not None]
    assert percents == sorted(percents)
    assert len(set(percents)) > 3
    assert isinstance(seen[-1], Ready)


def test_an_open_stream_can_be_aborted(sandbox: Sandbox, http: Transport) -> None:
    """A stream that would stay open for a minute ends at once when its job is stopped."""
    sandbox.seconds = 60
    ticket = VIDUQ2.submit(viduq2(), http)
    query_events = VIDUQ2.follow(ticket, http.service)
    assert isinstance(next(query_events), Running)
    threading.Timer(0.1, http.abort).start()
    with pytest.raises(Unreachable):
        list(query_events)


@pytest.mark.parametrize("stays_open", [True, False])
def test_a_failed_job_has_the_reason_of_the_service(sandbox: Sandbox, http: Transport, stays_open: bool) -> None:
    """The error of a failed job has the service's words and its reason, whether the stream stays open or not."""
    sandbox.streams_stay_open = stays_open
    ticket = VIDUQ2.submit(viduq2("a kitten [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match=r"视频生成失败.*CreationPolicyViolation") as failed:
        poll_until_ready(VIDUQ2, ticket, http)
    assert failed.value.reason == "result"


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of viduq2.md become a ticket, progress, a link and a refusal."""
    ticket = submit(VIDUQ2, viduq2(), json_answer(PAGE["Reply: task"]))
    assert (ticket.task_id, ticket.reported["credits"]) == ("900539403250700288", 70)
    unfinished = poll(VIDUQ2, stream_answer(*PAGE["Reply: events of a task at work"]), TICKET)
    assert [event.percent for event in unfinished if isinstance(event, Running)] == [None, 20.0, 50.0]
    assert not any(isinstance(event, Ready) for event in unfinished)
    *_, ready = poll(VIDUQ2, stream_answer(*PAGE["Reply: events of a finished task"]), TICKET)
    assert ready == Ready((VIDEO_LINK,), {"watermarked": MARKED})
    with pytest.raises(Refused, match="content policy") as refusal:
        submit(VIDUQ2, viduq2(), error_answer(400, PAGE["Reply: refused"]))
    assert (refusal.value.reason, refusal.value.trace) == ("prompt", "04e5c2fe")


def test_a_ticket_may_come_as_a_stream_or_cut() -> None:
    """A reply that is an event, or that breaks off after the id, still gives a ticket."""
    task = PAGE["Reply: task"]
    assert submit(VIDUQ2, viduq2(), stream_answer(task)).task_id == task["task_id"]
    assert submit(VIDUQ2, viduq2(), truncated(json_answer(task), 60)).task_id == task["task_id"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error_answer(401, {"error": {"message": "bad token", "code": "invalid_api_key"}}), "key"),
        (error_answer(403, {"error": {"message": "no money", "code": "insufficient_user_quota"}}), "balance"),
        (
            error_answer(429, {"error": {"message": "slower", "type": "rix_api_error", "code": "rate_limit_exceeded"}}),
            "rate",
        ),
        (error_answer(400, {"code": "invalid_request", "message": "what?", "data": None}), "parameters"),
        (error_answer(400, {"code": 400, "reason": "CreditInsufficient", "message": "empty"}), "balance"),
        (error_answer(413, {"error": "too large"}), "image"),
    ],
)
def test_a_refusal_is_read_in_every_shape(answer: Answer, reason: Reason) -> None:
    """An error of the gateway and one of the service become the same reasons."""
    with pytest.raises(Refused) as error:
        submit(VIDUQ2, viduq2(), answer)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        Answer(504, b"<html>gateway timeout</html>"),
        error_answer(503, {"error": {"message": "no channel", "code": "model_not_found"}}),
        json_answer({"ok": True}),
        Answer(200, b""),
    ],
)
def test_an_answer_without_a_verdict_is_unknown(answer: Answer) -> None:
    """A fault of the gateway, or a success without an id, may have been charged."""
    with pytest.raises(OutcomeUnknown):
        submit(VIDUQ2, viduq2(), answer)


# -- the query's stream


@pytest.mark.parametrize(
    "frames",
    [
        [{"delta": f"✅ 视频生成完成！视频URL: {VIDEO_LINK}", "type": "response.completed"}],
        [
            *deltas("视频URL: ", VIDEO_LINK[:12], VIDEO_LINK[12:], f" 封面URL: https://a/c.jpg 水印视频: {MARKED}"),
            COMPLETED,
        ],
        [*deltas(f"封面URL: https://a/c?x=1\n视频URL: {VIDEO_LINK}\n"), COMPLETED],
        [*deltas(f"封面URL：https://a/c.jpeg，视频地址：{VIDEO_LINK}，请下载"), COMPLETED],
        [*deltas(f"[点击这里]({VIDEO_LINK})查看"), "[DONE]"],
        [*deltas("当前进度: 10%"), COMPLETED, *deltas(f"\n视频URL: {VIDEO_LINK}\n"), COMPLETED],
        [{"type": "response.output_text.done", "text": f"视频URL: {VIDEO_LINK}"}, COMPLETED],
        [f"视频URL: {VIDEO_LINK}", COMPLETED],
        [*deltas(f"视频URL: {VIDEO_LINK}\n任务")],
    ],
)
def test_the_video_link_is_recognized_in_every_layout(frames: list[Any]) -> None:
    """The video and never the cover: on the completed event, split, behind Chinese text, before a stream's late end."""
    *_, ready = poll(VIDUQ2, stream_answer(*frames), TICKET)
    assert isinstance(ready, Ready)
    assert ready.urls == (VIDEO_LINK,)


def test_a_link_is_passed_on_byte_for_byte() -> None:
    """The signed query keeps its escapes, and parentheses that belong together stay."""
    url = "http://127.0.0.1:9/v(1).mp4?filename%3Da%2525.mp4&Signature=ab%2Bc%3D"
    *_, ready = poll(VIDUQ2, stream_answer({"delta": f"视频URL: {url}）", "type": "response.completed"}), TICKET)
    assert isinstance(ready, Ready)
    assert ready.urls == (url,)


@pytest.mark.parametrize(
    "document",
    [
        {"object": "response", "status": "completed", "output": [{"content": [{"text": f"视频URL: {VIDEO_LINK}"}]}]},
        {"state": "success", "err_code": "", "creations": [{"cover_url": "https://a/c?x", "url": VIDEO_LINK}]},
        {"status": "succeeded", "content": {"video_url": VIDEO_LINK.replace(".mp4", "")}},
    ],
)
def test_a_json_reply_is_read_like_a_stream(document: dict[str, Any]) -> None:
    """A query may be answered by one JSON document instead of a stream."""
    *_, ready = poll(VIDUQ2, json_answer(document), TICKET)
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
    """A query that ends with neither a link nor a failure says nothing about the task: it is still running."""
    seen = poll(VIDUQ2, stream_answer(*frames), TICKET)
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
    """Failure texts and failure events of the protocol end the job, with the service's words and a reason."""
    with pytest.raises(Failed) as failed:
        poll(VIDUQ2, stream_answer(*frames), TICKET)
    assert failed.value.reason == reason
    assert failed.value.message


def test_a_failure_message_is_whole_and_holds_no_link() -> None:
    """The message is the service's failure text, without the progress before it and without a signed link."""
    frames = [
        *deltas(*["当前进度: 1%\n"] * 99, f"❌ 生成失败: 封面 {VIDEO_LINK.replace('.mp4', '.jpg')} 违规"),
        COMPLETED,
    ]
    with pytest.raises(Failed) as failed:
        poll(VIDUQ2, stream_answer(*frames), TICKET)
    assert failed.value.message == "❌ 生成失败: 封面 (link) 违规"
    *_, running = poll(
        VIDUQ2, stream_answer(*deltas(f"封面URL: {VIDEO_LINK.replace('.mp4', '.jpg')}"), COMPLETED), TICKET
    )
    assert running == Running(message="封面URL: (link)")


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (stream_answer(*deltas(f"视频URL: {VIDEO_LINK}")), Unreachable),  # the link may be cut
        (stream_answer(*deltas("当前进度: 50%")), Unreachable),
        (Answer(200, b""), Unreachable),
        (Answer(502, b"<html>bad gateway</html>"), Unreachable),
        (error_answer(500, {"error": {"message": "x", "code": "do_request_failed"}}), Unreachable),
        (error_answer(401, {"error": {"message": "bad token", "code": "invalid_api_key"}}), Paused),
        (error_answer(400, {"code": 400, "reason": "CreationPolicyViolation", "message": "no"}), Failed),
        (
            stream_answer({"error": {"type": "new_api_error", "code": "bad_response", "message": "upstream"}}),
            Unreachable,
        ),
        (stream_answer({"type": "error", "code": "rate_limit_exceeded", "message": "slower"}), Unreachable),
        (stream_answer({"error": {"code": "insufficient_user_quota", "message": "no money"}}), Paused),
    ],
)
def test_a_failed_poll_does_not_fail_the_job(answer: Answer, kind: type[Exception]) -> None:
    """A poll that breaks, or that the gateway fails, is repeated; a bad key or balance pauses the job."""
    with pytest.raises(kind):
        poll(VIDUQ2, answer, TICKET)


def test_an_unknown_task_has_status_404() -> None:
    """A 404, as a status or in the stream, is passed on; the caller judges it by the job's age."""
    error = {"error": {"message": "no such task", "code": "task_not_exist"}}
    for answer in (error_answer(404, error), stream_answer(error)):
        with pytest.raises(Unreachable) as unreachable:
            poll(VIDUQ2, answer, TICKET)
        assert unreachable.value.status == 404


@pytest.mark.parametrize("body", [b'data: {"delta": "\xe5\xbd\x93', b""])
def test_a_silent_or_broken_stream_is_polled_again(body: bytes) -> None:
    """A silent and a broken stream raise Unreachable, never Failed."""
    headers = {"Content-Type": "text/event-stream", "Content-Length": "1000"}
    for answer in (Answer(200, body, headers), Answer(200, body, headers, toxics=(slow_close(1),))):
        with pytest.raises(Unreachable):
            poll(VIDUQ2, answer, TICKET, Timeouts(stream_idle=0.2))


def test_a_query_needs_a_query_model() -> None:
    """A query under any other model name would start a paid job, so it is refused."""
    with pytest.raises(ValueError, match="would start a job"):
        Query("viduq2-pro", {})
