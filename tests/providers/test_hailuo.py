"""Hailuo as its page says: the samples run, and every code means what the table says."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer, no_answer, truncated
from tests.faults.server import FaultServer
from tests.providers.steps import calling, request, samples, submitted, told
from vidmagic.errors import Failed, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.providers.contract import Ticket
from vidmagic.providers.hailuo import MOVES, Hailuo, camera_warnings
from vidmagic.spec.events import Event, Queued, Ready, Running

HAILUO = Hailuo()
PAGE = samples("hailuo")
TICKET = Ticket("335558695837779")
REQUEST = request(HAILUO, "hailuo", "a red kite")


def look(*answers: Answer) -> tuple[list[Event], FaultServer]:
    """Return the events of one look, and the server that saw it."""
    server = FaultServer().then(*answers)
    try:
        return list(HAILUO.follow(TICKET, calling(HAILUO, server.url).service)), server
    finally:
        server.down()


# -- the samples of the page


def test_the_request() -> None:
    """The document's example goes out as the page shows it."""
    sent = request(HAILUO, "hailuo", "A man picks up a book [Pedestal up], then reads [Static shot].")
    assert HAILUO.body(sent) == PAGE["Request: the document's example"]


def test_the_other_model_has_its_own_name() -> None:
    """Version 02 differs in its name alone."""
    bodies = [HAILUO.body(request(HAILUO, short, "a kite")) for short in ("hailuo", "hailuo-02")]
    assert bodies[1] == {**bodies[0], "model": "MiniMax-Hailuo-02"}


def test_the_reply_with_a_task() -> None:
    """The task's id is the ticket."""
    assert submitted(HAILUO, REQUEST, json_answer(PAGE["Reply: task"])) == Ticket("335492703728059")


@pytest.mark.parametrize(
    ("heading", "status", "reason"), [("Reply: refused", 200, "prompt"), ("Reply: the gateway's own error", 401, "key")]
)
def test_the_replies_that_refuse(heading: str, status: int, reason: str) -> None:
    """A refusal of either kind is not charged, in the service's words."""
    with pytest.raises(Refused) as refused:
        submitted(HAILUO, REQUEST, json_answer(PAGE[heading], status=status))
    words = json.dumps(PAGE[heading], ensure_ascii=False)
    assert (refused.value.reason, refused.value.charged) == (reason, "no")
    assert refused.value.message.removeprefix("HTTP 401: ") in words


def test_the_reply_of_a_running_task() -> None:
    """A running task has no percentage, because the service sends none."""
    assert look(json_answer(PAGE["Reply: processing"]))[0] == [Running(None, "Processing")]


def test_the_replies_of_a_finished_task() -> None:
    """A finished task is asked for its file, and gives both links in their order, byte for byte, and its size."""
    events, server = look(json_answer(PAGE["Reply: success"]), json_answer(PAGE["Reply: file"]))
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
    """A failed task fails in the service's words."""
    with pytest.raises(Failed, match="output new_sensitive") as failed:
        look(json_answer(PAGE["Reply: failed"]))
    assert failed.value.reason == "result"


def test_every_sample_has_a_test() -> None:
    """A sample that is added to the page must be added here."""
    assert len(PAGE) == 8


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
    """Case does not matter, an unknown word is *running*, and a success without a file is not one yet."""
    reply = {"status": word, "file_id": "", "base_resp": {"status_code": 0, "status_msg": "success"}}
    assert told(HAILUO, json_answer(reply), TICKET) == [event]


@pytest.mark.parametrize("word", ["Fail", "Failed", "FAIL"])
def test_a_failure_without_words(word: str) -> None:
    """A failure whose message says "success" has no reason, and does not say "success"."""
    reply = {"status": word, "base_resp": {"status_code": 0, "status_msg": "success"}}
    with pytest.raises(Failed, match="the service gave no reason"):
        told(HAILUO, json_answer(reply), TICKET)


@pytest.mark.parametrize(
    "file", [{"file": {"download_url": ""}}, {"file": None}, {}, {"file": {"download_url": 5}}], ids=str
)
def test_a_success_without_a_link(file: dict[str, Any]) -> None:
    """A link that is not there yet is asked for again; the job does not fail."""
    with pytest.raises(Unreachable):
        look(json_answer(PAGE["Reply: success"]), json_answer({**file, "base_resp": {"status_code": 0}}))


# -- codes

CODES = {
    1002: "rate", 1004: "key", 1008: "balance", 1026: "prompt", 1027: "result", 2013: "parameters", 2038: "key",
    2049: "key",
}  # fmt: skip


def base(code: Any, message: str = "the words") -> Answer:
    """Answer with a code."""
    return json_answer({"base_resp": {"status_code": code, "status_msg": message}})


@pytest.mark.parametrize(("code", "reason"), CODES.items())
def test_codes_of_a_submit(code: int, reason: str) -> None:
    """Each code of the table is a refusal with its reason, in the service's words and with its trace."""
    with pytest.raises(Refused, match="the words") as refused:
        submitted(HAILUO, REQUEST, base(code).but(headers={"Trace-Id": "t-1"}))
    assert (refused.value.reason, refused.value.charged, refused.value.trace) == (reason, "no", "t-1")


@pytest.mark.parametrize("code", [1000, 1001, 1039, 9999, -1, True, "1008", None, 2**70])
def test_codes_that_nobody_knows(code: Any) -> None:
    """A code outside the table, or one that is no number, leaves open whether the job was made."""
    with pytest.raises(OutcomeUnknown):
        submitted(HAILUO, REQUEST, base(code))


@pytest.mark.parametrize("code", [1000, 1002, 2013, 9999])
def test_codes_of_a_look_that_pass(code: int) -> None:
    """While looking, only a verdict ends a job; everything else is asked again."""
    with pytest.raises(Unreachable, match="the words"):
        look(base(code))


@pytest.mark.parametrize("code", [1004, 1008, 2038, 2049])
def test_codes_of_a_look_that_wait_for_the_user(code: int) -> None:
    """A key or a balance is the user's to mend; the job waits."""
    with pytest.raises(Paused):
        look(base(code))


@pytest.mark.parametrize("code", [1026, 1027])
def test_codes_of_a_look_that_are_a_verdict(code: int) -> None:
    """Moderation ends a job."""
    with pytest.raises(Failed, match="the words"):
        look(base(code))


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
def test_an_id_wins(answer: Answer) -> None:
    """A task whose id arrived was made, whatever else the answer says."""
    assert submitted(HAILUO, REQUEST, answer).task_id == "335492703728059"


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
def test_no_id_is_unknown(answer: Answer) -> None:
    """Without an id that can be one, and without a refusal, the outcome is unknown."""
    with pytest.raises(OutcomeUnknown):
        submitted(HAILUO, REQUEST, answer)


def test_one_request_for_each_step() -> None:
    """A submit is one POST with the bare key."""
    server = FaultServer().then(json_answer(PAGE["Reply: task"]))
    HAILUO.submit(REQUEST, calling(HAILUO, server.url))
    server.down()
    assert [(seen.method, seen.target) for seen in server.seen] == [("POST", "/v1/video_generation")]
    assert server.seen[0].headers["authorization"] == "vm-canary-key"
    assert server.seen[0].json == HAILUO.body(REQUEST)


def test_nothing_can_be_cancelled() -> None:
    """The document knows no way to stop a job, so nothing is sent."""
    assert HAILUO.cancel(TICKET, calling(HAILUO, "http://127.0.0.1:1").service) is False


# -- price and prompt


@pytest.mark.parametrize(
    ("short", "given", "price"),
    [
        ("hailuo", {}, "2.00"),
        ("hailuo", {"duration": 10}, "4.00"),
        ("hailuo", {"resolution": "1080P"}, "3.50"),
        ("hailuo-02", {}, None),
    ],
)
def test_prices(short: str, given: dict[str, Any], price: str | None) -> None:
    """The price list names version 2.3; for 02 nobody published one here."""
    model = next(model for model in HAILUO.models if model.short == short)
    found = model.price(request(HAILUO, short, "a kite", **given).params)
    assert (found and found.amount) == (price and Decimal(price))


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("[左摇,上升] 然后 [拉远]", []),
        ("[Pedestal up], [static shot]", []),
        ("[左移，右移、推进]", []),
        ("[左移,右移,推进,拉远]", ["4 camera moves"]),
        ("[Zoom inn]", ["nearest is [Zoom in]"]),
        ("list[int]", ["[int] is not a camera move"]),
    ],
)
def test_camera_words(prompt: str, said: list[str]) -> None:
    """Moves of the document pass in silence, in Chinese and English; other words in brackets are warned of."""
    found = camera_warnings(prompt)
    assert len(found) == len(said)
    assert all(word in line for word, line in zip(said, found, strict=True))


def test_the_fifteen_moves() -> None:
    """The document names fifteen."""
    assert len(MOVES) == 15
