"""Hailuo with images, and version 02 with text, goes to /v1/responses as five documents have it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer, truncated
from tests.faults.server import FaultServer
from tests.providers.steps import (
    FIRST,
    LAST,
    accepted_ids,
    fetch,
    image,
    poll_until_ready,
    request,
    samples,
    serve,
    submit,
    transport_to,
)
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.hailuo import Hailuo
from vidmagic.sandbox import Sandbox
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.request import Request

PROVIDER, SECONDS = Hailuo(), 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/hailuo")
AT_RESPONSES = {"path": "/v1/responses"}
TICKET = Ticket("418197520085420", AT_RESPONSES)
FRAME = image(640, 400)
SWITCHES = {"prompt_optimizer": True, "fast_pretreatment": False, "aigc_watermark": False}
QUERIES = [
    {"model": "MiniMax-Hailuo-query", "input": {"task_id": "418197520085420"}},
    {"model": "MiniMax-Hailuo-get", "input": {"file_id": "335560631603474"}},
]


def hailuo(short: str = "hailuo", prompt: str = "a mouse runs towards the camera", **given: Any) -> Request:
    """Return a request."""
    return request(PROVIDER, short, prompt, **given)


def poll_with(*answers: Answer) -> tuple[list[Event], FaultServer]:
    """Return the events of a poll that gets *answers*, and the server with its requests."""
    with serve(*answers) as server:
        return list(PROVIDER.follow(TICKET, transport_to(PROVIDER, server.url).service)), server


# -- the body


@pytest.mark.parametrize(
    ("built", "document"),
    [
        (
            hailuo(image=FIRST, resolution="1080P"),
            {"model": "MiniMax-Hailuo-2.3", "input": "a mouse runs towards the camera", "first_frame_image": FIRST,
             "duration": 6, "resolution": "1080P", **SWITCHES},
        ),
        (
            hailuo("hailuo-02", image=FIRST, resolution="512P", duration=10, prompt_optimizer=False),
            {"model": "MiniMax-Hailuo-02", "input": "a mouse runs towards the camera", "first_frame_image": FIRST,
             "duration": 10, "resolution": "512P", **SWITCHES, "prompt_optimizer": False},
        ),
        (
            hailuo("hailuo-02", "a book [Pedestal up], then [Static shot]", resolution="1080P"),
            {"model": "MiniMax-Hailuo-02", "input": "a book [Pedestal up], then [Static shot]",
             "duration": 6, "resolution": "1080P", **SWITCHES},
        ),
        (hailuo("hailuo-fast", image=FIRST, resolution="1080P"), PAGE["Request: a first frame"]),
        (
            hailuo("hailuo-02", "a girl grows up", image=FIRST, last_image=LAST, resolution="1080P"),
            PAGE["Request: a first and a last frame"],
        ),
        (
            hailuo("hailuo-02", "", last_image=LAST),
            {"model": "MiniMax-Hailuo-02", "last_frame_image": LAST, "duration": 6, "resolution": "768P",
             "prompt_optimizer": True, "aigc_watermark": False},
        ),
    ],
)  # fmt: skip
def test_the_documents_requests_are_rebuilt(built: Request, document: dict[str, Any]) -> None:
    """Each request has the fields of its document; length, size and watermark are always named."""
    assert PROVIDER.body(built) == document


def test_a_file_goes_out_as_a_data_uri() -> None:
    """An image on this machine is sent in the body."""
    assert str(PROVIDER.body(hailuo(image=FRAME))["first_frame_image"]).startswith("data:image/png;base64,")


@pytest.mark.parametrize(
    ("short", "given", "words"),
    [
        ("hailuo", {"last_image": FIRST}, "hailuo takes"),
        ("hailuo", {"image": [FIRST, FIRST]}, "hailuo takes"),
        ("hailuo", {"image": FIRST, "resolution": "512P"}, "resolution must be"),
        ("hailuo", {"image": FIRST, "resolution": "1080P", "duration": 10}, "do not go together"),
        ("hailuo", {"image": FIRST, "prompt": "x" * 2001}, "2,000"),
        ("hailuo-fast", {}, "hailuo-fast takes"),
        ("hailuo-fast", {"image": FIRST, "last_image": LAST}, "hailuo-fast takes"),
        ("hailuo-fast", {"image": FIRST, "resolution": "512P"}, "resolution must be"),
        ("hailuo-02", {"prompt": " "}, "the prompt is empty"),
        ("hailuo-02", {"resolution": "512P"}, "resolution must be"),
        ("hailuo-02", {"last_image": LAST, "resolution": "512P"}, "resolution must be"),
        ("hailuo-02", {"last_image": LAST, "fast_pretreatment": True}, "fast_pretreatment does not go with start-end"),
        ("hailuo-02", {"image": FIRST, "resolution": "1080P", "duration": 10}, "do not go together"),
        ("hailuo", {"image": image(300, 400)}, "300"),
        ("hailuo", {"image": image(400, 1001)}, "2.5"),
        ("hailuo", {"image": image(640, 400, "GIF")}, "the model takes"),
    ],
)
def test_what_the_documents_do_not_allow_is_refused(short: str, given: dict[str, Any], words: str) -> None:
    """Images, sizes and switches that a mode does not have are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        hailuo(short, given.pop("prompt", "a mouse"), **given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("short", "given", "amount"),
    [
        ("hailuo", {}, "2.00"),
        ("hailuo", {"resolution": "1080P"}, "3.50"),
        ("hailuo-fast", {"resolution": "1080P"}, "2.31"),
        ("hailuo-fast", {}, None),
        ("hailuo-02", {"resolution": "1080P"}, "3.50"),
        ("hailuo-02", {"resolution": "512P"}, None),
    ],
)
def test_the_price_is_that_of_the_list_or_of_the_samples(short: str, given: dict[str, Any], amount: str | None) -> None:
    """A size that neither the list nor a sample has is of unknown price."""
    model = next(model for model in PROVIDER.models if model.short == short)
    estimate = model.price(hailuo(short, image=FIRST, **given))
    assert (estimate and estimate.amount) == (amount and Decimal(amount))


# -- a whole job


@pytest.mark.parametrize(
    ("short", "given"),
    [
        ("hailuo", {"image": FRAME}),
        ("hailuo", {"image": FRAME, "prompt": ""}),
        ("hailuo-fast", {"image": FRAME}),
        ("hailuo-02", {}),
        ("hailuo-02", {"image": FRAME, "resolution": "512P"}),
        ("hailuo-02", {"last_image": FRAME}),
        ("hailuo-02", {"image": FRAME, "last_image": FRAME}),
    ],
)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, short: str, given: dict[str, Any]) -> None:
    """One submit leads to one MP4 of the frame's shape, followed from the ticket alone."""
    built = hailuo(short, **given)
    ticket = PROVIDER.submit(built, http)
    ready = poll_until_ready(PROVIDER, Ticket(ticket.task_id, ticket.data), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    calls = [call for call in sandbox.ledger if call.origin == "api"]
    assert {call.path for call in calls} == {"/v1/responses"}
    assert {call.body["model"] for call in calls[1:]} == {"MiniMax-Hailuo-query", "MiniMax-Hailuo-get"}
    if built.inputs:
        assert ready.width == pytest.approx((ready.height or 0) * 1.6, abs=2)


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        PROVIDER.submit(hailuo(prompt=f"a kite [[sandbox: {turn}]]", image=FRAME), http)
    assert len(accepted_ids(sandbox)) == 1


# -- replies


def test_the_reply_with_a_task_has_its_bill() -> None:
    """The id is the ticket, which names the path to follow it at; the bill is stored as it came."""
    reply = PAGE["Reply: task with its bill"]
    ticket = submit(PROVIDER, hailuo(image=FIRST), json_answer(reply))
    assert ticket == Ticket(TICKET.task_id, AT_RESPONSES, {"usage": reply["usage"]})
    assert submit(PROVIDER, hailuo(image=FIRST), truncated(json_answer(reply), 32)) == TICKET


def test_a_finished_task_is_queried_and_its_file_retrieved() -> None:
    """Two queries, each with an object as its input, lead to both links in their order."""
    events, server = poll_with(json_answer(PAGE["Reply: success"]), json_answer(PAGE["Reply: file"]))
    links = tuple(PAGE["Reply: file"]["file"][name] for name in ("download_url", "backup_download_url"))
    assert events == [Ready(links, width=1366, height=768)]
    assert [(seen.target, seen.json) for seen in server.seen] == [("/v1/responses", query) for query in QUERIES]


def test_an_older_ticket_is_followed_where_its_job_is() -> None:
    """A job of version 02 that was started at the older endpoint is polled there."""
    with serve(json_answer(PAGE["Reply: processing"])) as server:
        older = Ticket("335558695837779")
        assert list(PROVIDER.follow(older, transport_to(PROVIDER, server.url).service)) == [
            Running(message="Processing")
        ]
    assert server.seen[0].target.startswith("/v1/query/video_generation?")


@pytest.mark.parametrize(
    ("reply", "event"),
    [
        (PAGE["Reply: processing"], Running(message="Processing")),
        ({"status": "Preparing", "base_resp": {"status_code": 0}}, Queued("Preparing")),
        ({"status": "Success", "file_id": "", "base_resp": {"status_code": 0}}, Running(message="Success")),
        ({"status": "a new word"}, Running(message="a new word")),
    ],
)
def test_a_task_at_work(reply: dict[str, Any], event: Event) -> None:
    """Until there is a file the job goes on, whatever its state is called."""
    assert poll_with(json_answer(reply))[0] == [event]


def test_failures_and_errors_of_the_query() -> None:
    """A failed task and a judgement fail the job, the account pauses it, all else is asked again."""
    with pytest.raises(Failed, match="output new_sensitive"):
        poll_with(json_answer(PAGE["Reply: failed"]))
    for code, error in ((1026, Failed), (1008, Paused), (1004, Paused), (2013, Unreachable), (9999, Unreachable)):
        with pytest.raises(error):
            poll_with(json_answer({"base_resp": {"status_code": code, "status_msg": "the words"}}))
    with pytest.raises(Unreachable):
        poll_with(json_answer(PAGE["Reply: success"]), json_answer({"file": {"download_url": ""}}))


@pytest.mark.parametrize("code", [1002, 1004, 1008, 1026, 2013])
def test_a_documented_code_is_a_refusal(code: int) -> None:
    """A code of the table is not charged and has the service's words; any other is an unknown outcome."""
    answer = json_answer({"base_resp": {"status_code": code, "status_msg": "the words"}})
    with pytest.raises(Refused, match="the words"):
        submit(PROVIDER, hailuo(image=FIRST), answer)
    with pytest.raises(OutcomeUnknown):
        submit(PROVIDER, hailuo(image=FIRST), json_answer({"base_resp": {"status_code": 1000}}))
