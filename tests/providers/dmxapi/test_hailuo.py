"""Hailuo follows its API page: its samples are read, and every code has the meaning of its table."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer, no_answer, truncated
from tests.faults.server import FaultServer
from tests.providers.steps import poll, request, samples, submit, transport_to
from vidmagic.errors import Failed, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.hailuo import Hailuo
from vidmagic.providers.dmxapi.hailuo_moves import MOVES, camera_warnings
from vidmagic.spec.events import Event, Queued, Ready, Running

HAILUO = Hailuo()
PAGE = samples("dmxapi/hailuo")
TICKET = Ticket("335558695837779")
REQUEST = request(HAILUO, "hailuo", "a red kite")


def poll_with(*answers: Answer) -> tuple[list[Event], FaultServer]:
    """Return the events of a poll that gets *answers*, and the server with its requests."""
    server = FaultServer().then(*answers)
    try:
        return list(HAILUO.follow(TICKET, transport_to(HAILUO, server.url).service)), server
    finally:
        server.down()


# -- the samples of the page


def test_the_request() -> None:
    """The document's example is sent as the page shows it."""
    sent = request(HAILUO, "hailuo", "A man picks up a book [Pedestal up], then reads [Static shot].")
    assert HAILUO.body(sent) == PAGE["Request: the document's example"]


def test_text_for_the_other_model_goes_to_responses() -> None:
    """The body of version 02 has its own name, and the prompt as `input`."""
    body = dict(HAILUO.body(request(HAILUO, "hailuo", "a kite")))
    newer = {"model": "MiniMax-Hailuo-02", "input": body.pop("prompt")}
    assert HAILUO.body(request(HAILUO, "hailuo-02", "a kite")) == {**body, **newer}


def test_the_reply_with_a_task() -> None:
    """The task's id is the ticket."""
    assert submit(HAILUO, REQUEST, json_answer(PAGE["Reply: task"])) == Ticket("335492703728059")


@pytest.mark.parametrize(
    ("heading", "status", "reason"), [("Reply: refused", 200, "prompt"), ("Reply: the gateway's own error", 401, "key")]
)
def test_the_replies_that_refuse(heading: str, status: int, reason: str) -> None:
    """A refusal by the service or the gateway is not charged and has the service's words."""
    with pytest.raises(Refused) as refused:
        submit(HAILUO, REQUEST, json_answer(PAGE[heading], status=status))
    words = json.dumps(PAGE[heading], ensure_ascii=False)
    assert (refused.value.reason, refused.value.charged) == (reason, "no")
    assert refused.value.message.removeprefix("HTTP 401: ") in words


def test_the_reply_of_a_running_task() -> None:
    """A running task has no percentage, because the service sends none."""
    assert poll_with(json_answer(PAGE["Reply: processing"]))[0] == [Running(None, "Processing")]


def test_the_replies_of_a_finished_task() -> None:
    """The file of a finished task is queried; it gives both links in their order, byte for byte, and the size."""
    events, server = poll_with(json_answer(PAGE["Reply: success"]), json_answer(PAGE["Reply: file"]))
    links = (
        "https://example.com/output_aigc.mp4?Expires=1763510682&Signature=a%2Bb%3D",
        "https://backup.example.com/output_aigc.mp4?Signature=c",
    )
    assert events == [Ready(links, width=1366, height=768)]
    assert [seen.target for seen in server.seen] == [
        "/v1/query/video_generation?task_id=335558695837779",
        "/v1/files/retrieve?file_id=335560631603474&task_id=335558695837779",
    ]


def test_the_reply_of_a_failed_task() -> None:
    """A failed task raises Failed with the service's words."""
    with pytest.raises(Failed, match="output new_sensitive") as failed:
        poll_with(json_answer(PAGE["Reply: failed"]))
    assert failed.value.reason == "result"


def test_every_sample_has_a_test() -> None:
    """A sample that is added to the page must be added here."""
    assert len(PAGE) == 11  # three of them in test_hailuo_images


# -- states


@pytest.mark.parametrize(
    ("word", "event"),
    [
        ("Preparing", Queued("Preparing")),
        ("queueing", Queued("queueing")),
        ("PROCESSING", Running(None, "PROCESSING")),
        ("Success", Running(None, "Success")),
        ("Succeeded", Running(None, "Succeeded")),
        ("Failing", Running(None, "Failing")),
        ("", Running(None, "")),
        (None, Running(None, "")),
        (7, Running(None, "7")),
    ],
)
def test_states(word: Any, event: Event) -> None:
    """Case does not matter; an unknown state, or a success without a file, counts as running."""
    reply = {"status": word, "file_id": "", "base_resp": {"status_code": 0, "status_msg": "success"}}
    assert poll(HAILUO, json_answer(reply), TICKET) == [event]


@pytest.mark.parametrize("word", ["Fail", "Failed", "FAIL"])
def test_a_failure_without_a_reason(word: str) -> None:
    """A failed task whose message is "success" is reported as failed without a reason."""
    reply = {"status": word, "base_resp": {"status_code": 0, "status_msg": "success"}}
    with pytest.raises(Failed, match="the service gave no reason"):
        poll(HAILUO, json_answer(reply), TICKET)


@pytest.mark.parametrize(
    "file", [{"file": {"download_url": ""}}, {"file": None}, {}, {"file": {"download_url": 5}}], ids=str
)
def test_a_success_without_a_link(file: dict[str, Any]) -> None:
    """A success whose link is missing is polled again; the job does not fail."""
    with pytest.raises(Unreachable):
        poll_with(json_answer(PAGE["Reply: success"]), json_answer({**file, "base_resp": {"status_code": 0}}))


# -- codes

CODES = {
    1002: "rate", 1004: "key", 1008: "balance", 1026: "prompt", 1027: "result", 2013: "parameters", 2038: "key",
    2049: "key",
}  # fmt: skip


def base(code: Any, message: str = "the words") -> Answer:
    """Return an answer with a code of the service."""
    return json_answer({"base_resp": {"status_code": code, "status_msg": message}})


@pytest.mark.parametrize(("code", "reason"), CODES.items())
def test_codes_of_a_submit(code: int, reason: str) -> None:
    """Each code of the table is a refusal with its reason, the service's words and the trace id."""
    with pytest.raises(Refused, match="the words") as refused:
        submit(HAILUO, REQUEST, base(code).but(headers={"Trace-Id": "t-1"}))
    assert (refused.value.reason, refused.value.charged, refused.value.trace) == (reason, "no", "t-1")


@pytest.mark.parametrize("code", [1000, 1001, 1039, 9999, -1, True, "1008", None, 2**70])
def test_an_unknown_code_is_an_unknown_outcome(code: Any) -> None:
    """After a code outside the table, or a value that is not a number, the outcome of the submit is unknown."""
    with pytest.raises(OutcomeUnknown):
        submit(HAILUO, REQUEST, base(code))


@pytest.mark.parametrize("code", [1000, 1002, 2013, 9999])
def test_codes_of_a_poll_that_do_not_end_a_job(code: int) -> None:
    """After any other error code in a poll the job is polled again."""
    with pytest.raises(Unreachable, match="the words"):
        poll_with(base(code))


@pytest.mark.parametrize("code", [1004, 1008, 2038, 2049])
def test_codes_of_a_poll_that_pause_a_job(code: int) -> None:
    """A bad key or an empty balance pauses the job until the user has fixed it."""
    with pytest.raises(Paused):
        poll_with(base(code))


@pytest.mark.parametrize("code", [1026, 1027])
def test_codes_of_a_poll_that_fail_a_job(code: int) -> None:
    """A moderation code fails the job."""
    with pytest.raises(Failed, match="the words"):
        poll_with(base(code))


# -- answers that are damaged


@pytest.mark.parametrize(
    "answer",
    [
        truncated(Answer(body=b'{"task_id": "335492703728059", "base_resp": {"status_'), 40),
        json_answer({"task_id": 335492703728059}),
        json_answer({"task_id": "335492703728059", "base_resp": {"status_code": 1002}}),
        Answer(500, b'{"task_id": "335492703728059"}'),
        Answer(201, b'{"task_id": "335492703728059"}'),
        Answer(body=b'{"task_id": "335492703728059"}{"task_id": "1"}'),
    ],
    ids=["cut", "number", "with an error", "500", "201", "two objects"],
)
def test_an_id_in_a_damaged_answer_is_a_ticket(answer: Answer) -> None:
    """If the id of a task arrived, the task exists, whatever else the answer holds."""
    assert submit(HAILUO, REQUEST, answer).task_id == "335492703728059"


@pytest.mark.parametrize(
    "answer",
    [
        no_answer(),
        Answer(body=b""),
        Answer(body=b"<html>"),
        Answer(204),
        Answer(500),
        Answer(503, b"{}"),
        Answer(504, b"<html>"),
        *[
            json_answer({"task_id": odd})
            for odd in ("", "0", 0, None, [], {}, True, 1.5, "a b", "../x", "x" * 129, "1\n2")
        ],
    ],
)
def test_an_answer_without_an_id_is_an_unknown_outcome(answer: Answer) -> None:
    """Without a valid id and without a refusal the outcome is unknown."""
    with pytest.raises(OutcomeUnknown):
        submit(HAILUO, REQUEST, answer)


def test_a_submit_is_one_request() -> None:
    """A submit is one POST with the bare key."""
    server = FaultServer().then(json_answer(PAGE["Reply: task"]))
    HAILUO.submit(REQUEST, transport_to(HAILUO, server.url))
    server.down()
    assert [(seen.method, seen.target) for seen in server.seen] == [("POST", "/v1/video_generation")]
    assert server.seen[0].headers["authorization"] == "vm-canary-key"
    assert server.seen[0].json == HAILUO.body(REQUEST)


def test_nothing_can_be_cancelled() -> None:
    """The API cannot cancel a job, so nothing is sent."""
    assert HAILUO.cancel(TICKET, transport_to(HAILUO, "http://127.0.0.1:1").service) is False


# -- price and prompt


@pytest.mark.parametrize(
    ("short", "given", "price"),
    [
        ("hailuo", {}, "2.00"),
        ("hailuo", {"duration": 10}, "4.00"),
        ("hailuo", {"resolution": "1080P"}, "3.50"),
        ("hailuo-02", {}, None),
        ("hailuo-02", {"resolution": "1080P"}, "3.50"),
    ],
)
def test_prices(short: str, given: dict[str, Any], price: str | None) -> None:
    """The price list has version 2.3; of 02 the samples have one size."""
    model = next(model for model in HAILUO.models if model.short == short)
    price_quote = model.price(request(HAILUO, short, "a kite", **given))
    assert (price_quote and price_quote.amount) == (price and Decimal(price))


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("[左摇,上升] 然后 [拉远]", []),
        ("[Pedestal up], [static shot]", []),
        ("[左移，右移、推进]", []),
        ("[左移,右移,推进,拉远]", ["4 camera moves"]),
        ("[Zoom inn]", ["nearest is [Zoom in]"]),
        ("list[int]", ["[int] is not a camera move"]),
    ],
)
def test_camera_words(prompt: str, expected: list[str]) -> None:
    """The document's moves, in Chinese or English, give no warning; other words in brackets do."""
    warnings = camera_warnings(prompt)
    assert len(warnings) == len(expected)
    assert all(words in warning for words, warning in zip(expected, warnings, strict=True))


def test_the_fifteen_moves() -> None:
    """The document lists fifteen camera moves."""
    assert len(MOVES) == 15
