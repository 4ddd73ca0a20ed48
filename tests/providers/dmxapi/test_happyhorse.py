"""HappyHorse follows its API page: one model here, four names at the service, one query."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import json_answer, truncated
from tests.patience import ended
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
    submit,
)
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Reason, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.happyhorse import HappyHorse
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.session.planning import Plan, make_plan
from vidmagic.session.session import Session
from vidmagic.spec.events import Queued, Ready, Running
from vidmagic.spec.request import Request

HAPPYHORSE = HappyHorse()
PROVIDER, SECONDS = HAPPYHORSE, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/happyhorse")
TICKET = Ticket("ba92fcc3-383f-4d3f-89dc-19160fe37ad0")
SOURCE = "https://example.com/video.mp4"
VIDEO_LINK = f"{SOURCE}?Expires=86400"
MODES = {
    "text": {},
    "image": {"image": FIRST},
    "reference": {"reference": [FIRST, LAST]},
    "edit": {"video": SOURCE},
}


def happyhorse(prompt: str = "a city of cardboard at night", **given: Any) -> Request:
    """Return a request."""
    return request(HAPPYHORSE, "happyhorse", prompt, **given)


def planned(prompt: str = "a city of cardboard at night", **given: Any) -> Plan:
    """Return a request with what is reported of it."""
    return make_plan(HAPPYHORSE, HAPPYHORSE.models[0], prompt, given, in_sandbox=False)


def reply(**task: str) -> dict[str, Any]:
    """Return a reply of the query, which has the task as text."""
    text = json.dumps({"task_id": TICKET.task_id, **task})
    return {"output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]}


# -- the body


@pytest.mark.parametrize(
    ("sample", "given"),
    [
        ("Request: text", {"prompt": "a city of cardboard at night", "seed": 42}),
        (
            "Request: first frame",
            {"prompt": "a cat runs over the grass", "image": FIRST, "resolution": "720P", "seed": 42},
        ),
        (
            "Request: references",
            {
                "prompt": "the woman of [Image 1] opens the fan of [Image 2]",
                "reference": [FIRST, LAST],
                "resolution": "720P",
                "seed": 42,
            },
        ),
        (
            "Request: edit",
            {
                "prompt": "he wears the striped sweater",
                "video": SOURCE,
                "reference": FIRST,
                "resolution": "720P",
                "seed": 11,
            },
        ),
    ],
)
def test_the_pages_requests_are_built(sample: str, given: dict[str, Any]) -> None:
    """The four samples of happyhorse.md are what is sent: the documents' scripts, with the watermark off."""
    assert HAPPYHORSE.body(happyhorse(**given)) == PAGE[sample]


@pytest.mark.parametrize(
    ("mode", "name", "fields"),
    [
        ("text", "happyhorse-1.1-t2v", {"duration", "ratio"}),
        ("image", "happyhorse-1.1-i2v", {"duration"}),
        ("reference", "happyhorse-1.1-r2v", {"duration", "ratio"}),
        ("edit", "happyhorse-1.0-video-edit-15s", {"audio_setting"}),
    ],
)
def test_every_mode_names_all_that_decides_the_bill(mode: str, name: str, fields: set[str]) -> None:
    """The service's name follows from the mode; length, size and watermark are in every body; a seed only if given."""
    built = happyhorse(**MODES[mode])
    body = HAPPYHORSE.body(built)
    assert (built.mode, body["model"]) == (mode, name)
    assert body["parameters"].keys() == {"resolution", "watermark"} | fields
    assert (body["parameters"]["resolution"], body["parameters"]["watermark"]) == ("1080P", False)
    assert isinstance(body["input"], list) is (mode == "edit")


def test_the_watermark_is_on_only_if_asked_for() -> None:
    """The service would put one on every video: ours says no, unless the user says yes."""
    assert HAPPYHORSE.body(happyhorse(watermark=True))["parameters"]["watermark"] is True


def test_media_stand_in_the_documents_order() -> None:
    """The video goes first, references follow in the order given, local images as data URIs."""
    [given] = HAPPYHORSE.body(happyhorse(reference=[LAST, image(300, 300)], video=SOURCE))["input"]
    assert [item["type"] for item in given["media"]] == ["video", "reference_image", "reference_image"]
    assert [item["url"] for item in given["media"][:2]] == [SOURCE, LAST]
    assert given["media"][2]["url"].startswith("data:image/png;base64,")


def test_a_first_frame_needs_no_words() -> None:
    """With a first frame the prompt may be empty, and is then not sent."""
    assert HAPPYHORSE.body(happyhorse("\n", image=FIRST))["input"].keys() == {"media"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"prompt": "", "reference": FIRST}, "the prompt is empty"),
        ({"prompt": "", "video": SOURCE}, "the prompt is empty"),
        ({"prompt": "x" * 5001}, "5,001 characters"),
        ({"duration": 2}, "duration must be"),
        ({"duration": 16}, "duration must be"),
        ({"resolution": "720p"}, "did you mean 720P?"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio must be"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**31}, "seed must be"),
        ({"ratio": "16:9"}, "happyhorse has no ratio"),
        ({"negative": "rain"}, "happyhorse has no negative"),
        ({"audio_setting": "origin"}, "audio_setting does not go with text mode"),
        ({"image": FIRST, "aspect_ratio": "16:9"}, "aspect_ratio does not go with image mode"),
        ({"video": SOURCE, "duration": 5}, "duration does not go with edit mode"),
        ({"video": SOURCE, "aspect_ratio": "16:9"}, "aspect_ratio does not go with edit mode"),
        ({"video": SOURCE, "audio_setting": "original"}, "audio_setting must be auto or origin"),
        ({"last_image": LAST}, "happyhorse takes"),
        ({"image": FIRST, "last_image": LAST}, "happyhorse takes"),
        ({"image": FIRST, "reference": LAST}, "happyhorse takes"),
        ({"image": FIRST, "video": SOURCE}, "happyhorse takes"),
        ({"reference": [FIRST] * 10}, "happyhorse takes"),
        ({"video": SOURCE, "reference": [FIRST] * 6}, "happyhorse takes"),
        ({"video": [SOURCE, SOURCE]}, "happyhorse takes"),
        ({"image": image(299, 400)}, "300"),
        ({"image": image(300, 751)}, "2.5:1"),
        ({"image": image(400, 400, "GIF")}, "gif image"),
        ({"reference": image(399, 500)}, "400"),
        ({"video": SOURCE, "reference": image(299, 299)}, "300"),
        ({"prompt": "[Image 3] waves", "reference": [FIRST, LAST]}, "names [Image 3], but 2 references are given"),
        ({"prompt": "[Image 0] waves", "reference": [FIRST, LAST]}, "names [Image 0]"),
    ],
)
def test_values_outside_the_documents_are_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, media, modes and prompts that the documents do not allow are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        happyhorse(**given)
    assert words in error.value.message


def test_a_prompt_that_would_be_cut_is_refused() -> None:
    """The service cuts a long prompt without a word, and counts Chinese characters as two: so do the messages."""
    for prompt in ("马" * 2501, "。" * 2501, "马" * 2000 + "x" * 1001):
        with pytest.raises(InvalidRequest, match=r"are Chinese and count as two: 5,00\d; .* would cut the rest"):
            happyhorse(prompt, image=FIRST)


@pytest.mark.parametrize(
    "given",
    [
        {"prompt": "x" * 5000},
        {"prompt": "马" * 2500},
        {"prompt": "かな한글" * 1250},
        {"duration": 3},
        {"duration": 15, "seed": 2**31 - 1},
        {"image": image(300, 750)},
        {"reference": [image(400, 2000)] * 9},
        {"video": SOURCE, "reference": [FIRST] * 5, "audio_setting": "origin"},
    ],
)
def test_the_bounds_themselves_are_accepted(given: dict[str, Any]) -> None:
    """What the documents just allow is built."""
    assert HAPPYHORSE.body(happyhorse(**given))


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ({}, "6.00"),
        ({"resolution": "720P", "duration": 10}, "9.00"),
        ({"image": FIRST, "resolution": "720P"}, "4.50"),
        ({"reference": FIRST, "resolution": "720P"}, "6.00"),
        ({"reference": FIRST}, None),
        ({"video": SOURCE}, "13.50"),
        ({"video": SOURCE, "resolution": "720P"}, "13.50"),
    ],
)
def test_the_price_is_that_of_the_samples(given: dict[str, Any], amount: str | None) -> None:
    """Seconds have the price of the samples, an edit its flat one; what no sample shows is unknown."""
    price = HAPPYHORSE.models[0].price(happyhorse(**given))
    assert (None if price is None else price.amount) == (None if amount is None else Decimal(amount))
    assert price is None or (price.currency, price.date) == ("CNY", "2026-11-21")


def test_advice_never_refuses() -> None:
    """A prompt that names no reference, and a video that may be longer than what is used, are sent with a note."""
    [note] = planned(reference=FIRST).notes
    assert "[Image 1]" in note
    assert planned("[Image 1] waves", reference=FIRST).notes == ()
    [note] = planned(video=SOURCE).notes
    assert "first 15 s" in note


# -- a whole job


@pytest.mark.parametrize("mode", MODES)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, mode: str) -> None:
    """In each mode one submit leads to one MP4, by the one query."""
    ticket = HAPPYHORSE.submit(happyhorse(**MODES[mode]), http)
    assert ticket.reported["usage"]["total_tokens"] == {"edit": 135_000}.get(mode, 60_000)
    ready = poll_until_ready(HAPPYHORSE, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "happyhorse-get", "input": ticket.task_id}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


def test_a_failed_job_has_the_message_of_the_service(http: Transport) -> None:
    """The error of a failed job has the service's words and its reason."""
    ticket = HAPPYHORSE.submit(happyhorse("a city [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match="inappropriate content") as failed:
        poll_until_ready(HAPPYHORSE, ticket, http)
    assert failed.value.reason == "prompt"


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        HAPPYHORSE.submit(happyhorse(f"a city [[sandbox: {turn}]]"), http)
    assert len(accepted_ids(sandbox)) == 1


def test_a_finished_job_is_edited_by_a_fresh_link(session: Session, sandbox: Sandbox) -> None:
    """A job's video goes out as a link that is fetched for the edit; one that is too short is refused unsent."""
    clay, short = (ended(session.start("a kite", "viduq3", resolution="540p", duration=seconds)) for seconds in (3, 2))
    edit = ended(session.start("the kite is of clay", "happyhorse", video=clay))
    [given] = next(call.body for call in sandbox.ledger if call.accepted == edit.task_id)["input"]
    assert given["media"][0]["url"].startswith(sandbox.files_url)
    assert (edit.state, edit.video.duration, edit.notes) == ("done", 3.0, [])
    with pytest.raises(InvalidRequest, match="2 s long; 3 to 60 s are allowed"):
        session.start("the kite is of clay", "happyhorse", video=short)
    assert len(accepted_ids(sandbox)) == 3


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of happyhorse.md become a ticket, a state, a link, a failure and a refusal."""
    task = PAGE["Reply: task"]
    assert submit(HAPPYHORSE, happyhorse(), json_answer(task)) == Ticket(TICKET.task_id, {}, {"usage": task["usage"]})
    assert poll(HAPPYHORSE, json_answer(PAGE["Reply: running task"]), TICKET) == [Running(message="RUNNING")]
    assert poll(HAPPYHORSE, json_answer(PAGE["Reply: finished task"]), TICKET) == [Ready((VIDEO_LINK,))]
    with pytest.raises(Failed, match="inappropriate content") as failed:
        poll(HAPPYHORSE, json_answer(PAGE["Reply: failed task"]), TICKET)
    assert failed.value.reason == "prompt"
    with pytest.raises(Refused, match="inappropriate content") as refusal:
        submit(HAPPYHORSE, happyhorse(), error_answer(400, PAGE["Reply: refused"]))
    assert refusal.value.reason == "prompt"


def test_the_id_of_the_request_is_not_that_of_the_task() -> None:
    """A reply that has only its own `request_id` has no task: it may have been charged."""
    with pytest.raises(OutcomeUnknown):
        submit(HAPPYHORSE, happyhorse(), json_answer({"request_id": "2b0c99a9-5e40-9dc2-adae-239b62df4ee9"}))


def test_an_id_is_not_lost_with_the_end_of_its_reply() -> None:
    """A reply that breaks off after the id still gives a ticket, although the id stands in quoted JSON."""
    whole = json_answer(PAGE["Reply: task"])
    broken_off = truncated(whole, whole.body.index(b"task_status"))
    assert submit(HAPPYHORSE, happyhorse(), broken_off).task_id == TICKET.task_id


def test_a_forgotten_task_has_status_404() -> None:
    """The state UNKNOWN never fails a job by itself: like a 404 it is judged by the job's age."""
    with pytest.raises(Unreachable) as unreachable:
        poll(HAPPYHORSE, json_answer(PAGE["Reply: forgotten task"]), TICKET)
    assert unreachable.value.status == 404


def test_a_task_waits_its_turn() -> None:
    """PENDING is a place in the queue."""
    assert poll(HAPPYHORSE, json_answer(reply(task_status="PENDING")), TICKET) == [Queued("PENDING")]


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({"task_status": "CANCELED"}, ""),
        ({"task_status": "FAILED"}, ""),
        ({"task_status": "FAILED", "code": "InvalidParameter.Video", "message": "too long"}, "parameters"),
        ({"task_status": "FAILED", "code": "Arrearage", "message": "no money"}, "balance"),
        ({"task_status": "FAILED", "message": "video broken"}, ""),
    ],
)
def test_a_failure_ends_the_job(task: dict[str, str], reason: Reason) -> None:
    """The state decides; code and message are passed on where there are any."""
    with pytest.raises(Failed) as failed:
        poll(HAPPYHORSE, json_answer(reply(**task)), TICKET)
    assert failed.value.reason == reason
    assert task.get("message", "") in failed.value.message
