"""Seedance 2.0 and 2.0 fast follow their API page: frames, references, edit and extend, and a query in JSON."""

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
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Paused, Reason, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.seedance2 import Seedance2
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.session.session import Session
from vidmagic.spec.events import Queued, Ready, Running
from vidmagic.spec.request import Request

SEEDANCE2 = Seedance2()
PROVIDER, SECONDS = SEEDANCE2, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/seedance2")
TICKET = Ticket("cgt-20260402221125-9lb5p")
SHORTS = ["seedance-2", "seedance-2-fast"]
FULL, FAST = "doubao-seedance-2-0-260128", "doubao-seedance-2-0-fast-260128"
SHOT, SHOT_2, SHOT_3 = (f"https://example.com/{number}.mp4" for number in (1, 2, 3))
SONG = "https://example.com/tea.mp3"
PICTURE = "https://example.com/1.jpg"
ASSET = "asset://asset-20260401123823-6d4x2"
DONE = "https://example.com/done"
SAMPLE = {
    "generate_audio": True, "seed": -1, "watermark": False, "return_last_frame": False,
    "execution_expires_after": 172800, "callback_url": DONE, "tools": [{"type": "web_search"}],
}  # fmt: skip  # what all samples of the documents have in common


def seedance2(prompt: str = "a daisy field", short: str = "seedance-2", **given: Any) -> Request:
    """Return a request."""
    return request(SEEDANCE2, short, prompt, **given)


def text(words: str = "a daisy field") -> dict[str, Any]:
    """Return the prompt as an item of the body."""
    return {"type": "text", "text": words}


def item(kind: str, role: str, url: str) -> dict[str, Any]:
    """Return a picture, a video or audio as an item of the body."""
    return {"type": f"{kind}_url", f"{kind}_url": {"url": url}, "role": role}


def answered(**task: Any) -> dict[str, Any]:
    """Return the reply to a query that reports *task*."""
    document = {"id": TICKET.task_id, "model": FULL, **task}
    part = {"type": "output_text", "text": json.dumps(document)}
    output = [{"type": "message", "content": [part]}]
    return {"request_id": TICKET.task_id, "output": output, "usage": {"total_tokens": 0}}


# -- the body

FRAME, END = item("image", "first_frame", FIRST), item("image", "last_frame", LAST)
REFERENCE, VIDEO = item("image", "reference_image", PICTURE), item("video", "reference_video", SHOT)
ASSET_REFERENCE = item("image", "reference_image", ASSET)
ASSET_VIDEO = item("video", "reference_video", "asset://asset-20260224190654-9nbbl")
AUDIO = item("audio", "reference_audio", SONG)
VIDEOS = [item("video", "reference_video", link) for link in (SHOT, SHOT_2, SHOT_3)]


@pytest.mark.parametrize(
    ("model", "given", "parts", "fields"),
    [
        pytest.param(FULL, {"duration": 4, "resolution": "480p", "aspect_ratio": "16:9"}, [],
                     {"duration": 4, "resolution": "480p", "ratio": "16:9"}, id="text"),
        pytest.param(FULL, {"image": FIRST, "duration": 4}, [FRAME],
                     {"duration": 4, "resolution": "720p", "ratio": "adaptive"}, id="first-frame"),
        pytest.param(FULL, {"image": FIRST, "last_image": LAST}, [FRAME, END],
                     {"duration": 5, "resolution": "720p", "ratio": "adaptive"}, id="first-last-frame"),
        pytest.param(FULL, {"reference": [PICTURE, ASSET], "reference_video": SHOT, "reference_audio": SONG,
                            "resolution": "480p", "aspect_ratio": "16:9"},
                     [REFERENCE, ASSET_REFERENCE, VIDEO, AUDIO],
                     {"duration": 8, "resolution": "480p", "ratio": "16:9"}, id="references"),
        pytest.param(FULL, {"reference": ASSET, "video": "asset://asset-20260224190654-9nbbl", "resolution": "480p",
                            "aspect_ratio": "16:9", "watermark": True},
                     [ASSET_REFERENCE, ASSET_VIDEO],
                     {"duration": 8, "resolution": "480p", "ratio": "16:9", "watermark": True}, id="edit"),
        pytest.param(FULL, {"video": SHOT, "reference_video": [SHOT_2, SHOT_3], "resolution": "480p",
                            "aspect_ratio": "16:9", "watermark": True}, VIDEOS,
                     {"duration": 8, "resolution": "480p", "ratio": "16:9", "watermark": True}, id="extend"),
        pytest.param(FAST, {"aspect_ratio": "16:9"}, [],
                     {"duration": 5, "resolution": "720p", "ratio": "16:9"}, id="fast-text"),
        pytest.param(FAST, {"image": FIRST, "duration": 4, "resolution": "480p", "aspect_ratio": "16:9"}, [FRAME],
                     {"duration": 4, "resolution": "480p", "ratio": "16:9"}, id="fast-first-frame"),
        pytest.param(FAST, {"image": FIRST, "last_image": LAST, "duration": 4, "resolution": "480p",
                            "aspect_ratio": "16:9"}, [FRAME, END],
                     {"duration": 4, "resolution": "480p", "ratio": "16:9"}, id="fast-first-last-frame"),
        pytest.param(FAST, {"reference": [PICTURE, ASSET], "reference_video": SHOT, "reference_audio": SONG,
                            "aspect_ratio": "16:9"}, [REFERENCE, ASSET_REFERENCE, VIDEO, AUDIO],
                     {"duration": 8, "resolution": "720p", "ratio": "16:9"}, id="fast-references"),
        pytest.param(FAST, {"reference": PICTURE, "video": SHOT, "resolution": "480p", "aspect_ratio": "16:9",
                            "watermark": True}, [REFERENCE, VIDEO],
                     {"duration": 8, "resolution": "480p", "ratio": "16:9", "watermark": True}, id="fast-edit"),
        pytest.param(FAST, {"reference_video": [SHOT, SHOT_2, SHOT_3], "aspect_ratio": "16:9", "watermark": True},
                     VIDEOS, {"duration": 8, "resolution": "720p", "ratio": "16:9", "watermark": True},
                     id="fast-extend"),
    ],
)  # fmt: skip
def test_the_documents_examples_are_rebuilt(
    model: str, given: dict[str, Any], parts: list[dict[str, Any]], fields: dict[str, Any]
) -> None:
    """The request of each of the twelve documents goes out with its fields, roles and order."""
    short = SHORTS[model == FAST]
    built = seedance2(short=short, callback_url=DONE, tools="web_search", **given)
    assert SEEDANCE2.body(built) == {"model": model, "input": [text(), *parts], **SAMPLE, **fields}


def test_the_pages_requests_are_built() -> None:
    """The samples of seedance2.md are what is sent."""
    words = "the puppy of image 1 jumps onto the one of image 2"
    built = seedance2(words, image=FIRST, last_image=LAST, callback_url=DONE, tools="web_search")
    assert SEEDANCE2.body(built) == PAGE["Request: first and last frame"]
    media = {"reference": [PICTURE, ASSET], "reference_video": "https://example.com/tea.mp4", "reference_audio": SONG}
    words = "a tea advertisement, framed as video 1, with the music of audio 1"
    built = seedance2(words, "seedance-2-fast", aspect_ratio="16:9", **media)
    assert SEEDANCE2.body(built) == PAGE["Request: references"]


@pytest.mark.parametrize("short", SHORTS)
def test_text_alone_names_length_resolution_and_watermark(short: str) -> None:
    """No default of the service decides the bill, and what is only ours is not sent."""
    body = SEEDANCE2.body(seedance2(short=short))
    assert (body["duration"], body["resolution"], body["watermark"]) == (5, "720p", False)
    assert not {"auto_duration", "tools", "callback_url", "aspect_ratio"} & set(body)


def test_a_local_image_travels_as_a_data_uri() -> None:
    """The bytes of an image are sent in the request."""
    body = SEEDANCE2.body(seedance2(image=image(400, 320, "JPEG")))
    assert body["input"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    ("short", "images"),
    [("seedance-2", ("image", "last_image")), *(("seedance-2-fast", ("image", "last_image")[:n]) for n in (0, 1, 2))],
)
def test_the_service_chooses_the_length_only_if_asked_to(short: str, images: tuple[str, ...]) -> None:
    """Where a document allows it, -1 is sent with auto_duration; either one alone is refused with the reason."""
    frames = dict.fromkeys(images, FIRST)
    assert SEEDANCE2.body(seedance2(short=short, **frames, duration=-1, auto_duration=True))["duration"] == -1
    for given in ({"duration": -1}, {"auto_duration": True}):
        with pytest.raises(InvalidRequest, match="the model chooses the length, and so the price"):
            seedance2(short=short, **frames, **given)


# -- refused here


@pytest.mark.parametrize("short", SHORTS)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"prompt": "花" * 501}, "the prompt has 501 Chinese characters; at most 500 are allowed"),
        ({"prompt": "a " * 1001}, "the prompt has 1,001 words; at most 1,000 are allowed"),
        ({"prompt": " ", "reference_video": SHOT}, "the prompt is empty"),
        ({"duration": 3}, "duration must be 4 to 15"),
        ({"duration": 16}, "duration must be 4 to 15"),
        ({"duration": 7, "reference": PICTURE}, "duration must be 8 to 15"),
        ({"duration": -1, "auto_duration": True, "video": SHOT}, "auto_duration does not go with edit mode"),
        ({"generate_audio": False, "reference_video": SHOT}, "generate_audio does not go with video-reference mode"),
        ({"resolution": "540p"}, "resolution must be"),
        ({"aspect_ratio": "2:1"}, "adaptive, not 2:1"),
        ({"ratio": "16:9"}, "has no ratio"),
        ({"camera_fixed": True}, "has no camera_fixed"),
        ({"seed": -2}, "seed must be"),
        ({"seed": 2**32}, "seed must be"),
        ({"execution_expires_after": 3599}, "execution_expires_after must be 3600 to 259200 s"),
        ({"execution_expires_after": 259_201}, "execution_expires_after must be 3600 to 259200 s"),
        ({"tools": "image_search"}, "tools must be web_search"),
        ({"callback_url": "http://example.com"}, "must begin with https://"),
        ({"last_image": LAST}, "takes"),
        ({"reference_audio": SONG}, "takes"),
        ({"image": FIRST, "reference": PICTURE}, "takes"),
        ({"image": FIRST, "video": SHOT}, "takes"),
        ({"image": FIRST, "reference_audio": SONG}, "takes"),
        ({"reference": [PICTURE] * 10}, "takes"),
        ({"reference_video": [SHOT] * 4}, "takes"),
        ({"video": SHOT, "reference_video": [SHOT] * 3}, "takes"),
        ({"video": [SHOT, SHOT_2]}, "takes"),
        ({"reference": PICTURE, "reference_audio": [SONG] * 4}, "takes"),
        ({"reference_video": "http://example.com/1.mp4"}, "must begin with https://"),
        ({"image": image(300, 400)}, "301"),
        ({"image": image(6000, 3000)}, "5999"),
        ({"image": image(1000, 400)}, "its sides are 2.5:1"),
    ],
)
def test_values_outside_the_documents_are_refused_before_sending(short: str, given: dict[str, Any], words: str) -> None:
    """Values, combinations and media that no document allows are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        seedance2(short=short, **given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("short", "given", "words"),
    [
        ("seedance-2", {"duration": -1}, "not -1"),
        ("seedance-2", {"duration": -1, "image": FIRST}, "not -1"),
        ("seedance-2-fast", {"resolution": "1080p"}, "480p or 720p, not 1080p"),
        ("seedance-2-fast", {"resolution": "4k", "reference": PICTURE}, "480p or 720p, not 4k"),
    ],
)
def test_the_two_models_differ(short: str, given: dict[str, Any], words: str) -> None:
    """Fast makes nothing larger than 720p, and only it chooses the length of a video from text or a first frame."""
    with pytest.raises(InvalidRequest) as error:
        seedance2(short=short, **given)
    assert words in error.value.message


@pytest.mark.parametrize(
    "prompt", ["花" * 500, "a " * 1000, "花" * 500 + " and a daisy" * 100, "“" * 600], ids=["zh", "en", "both", "marks"]
)
def test_a_prompt_may_have_the_documented_length(prompt: str) -> None:
    """The two counts of the documents bound two kinds of text, each on its own; nothing is cut."""
    assert SEEDANCE2.body(seedance2(prompt))["input"] == [text(prompt)]


@pytest.mark.parametrize(
    ("short", "given", "amount"),
    [
        ("seedance-2", {}, "5"),
        ("seedance-2", {"image": FIRST, "duration": 4}, "4"),
        ("seedance-2", {"reference": PICTURE, "reference_audio": SONG}, "8"),
        ("seedance-2", {"video": SHOT, "resolution": "480p"}, "9.736"),
        ("seedance-2", {"resolution": "1080p"}, None),
        ("seedance-2", {"resolution": "4k", "reference_video": SHOT}, None),
        ("seedance-2", {"image": FIRST, "last_image": LAST, "duration": -1, "auto_duration": True}, None),
        ("seedance-2-fast", {}, "4.02"),
        ("seedance-2-fast", {"image": FIRST, "duration": 4, "resolution": "480p"}, "3.216"),
        ("seedance-2-fast", {"reference_video": [SHOT, SHOT_2, SHOT_3]}, "7.648"),
        ("seedance-2-fast", {"duration": -1, "auto_duration": True}, None),
    ],
)
def test_the_price_is_that_of_the_samples(short: str, given: dict[str, Any], amount: str | None) -> None:
    """Each second has its price, more with a video given; it is unknown for what no sample shows."""
    model = next(model for model in SEEDANCE2.models if model.short == short)
    price = model.price(seedance2(short=short, **given))
    assert (None if price is None else price.amount) == (None if amount is None else Decimal(amount))


# -- a whole job


@pytest.mark.parametrize("short", SHORTS)
@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({}, "text"),
        ({"image": image(400, 320)}, "image"),
        ({"image": image(400, 320), "last_image": LAST}, "start-end"),
        ({"reference": [image(400, 320), ASSET], "reference_audio": SONG}, "reference"),
        ({"reference_video": SHOT, "reference": PICTURE, "reference_audio": SONG}, "video-reference"),
        ({"video": SHOT}, "edit"),
    ],
)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, short: str, given: dict[str, Any], mode: str) -> None:
    """In each mode one submit leads to one MP4; the query is not a stream."""
    planned = seedance2(short=short, resolution="480p", duration=8, **given)
    assert planned.mode == mode
    ticket = SEEDANCE2.submit(planned, http)
    ready = poll_until_ready(SEEDANCE2, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "seedance-2-0-get", "input": ticket.task_id}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


def test_a_finished_job_is_extended_by_its_link(sandbox: Sandbox, session: Session) -> None:
    """A job of the same model is given as the video: a fresh link to it is sent, and its length is known."""
    first = ended(session.start("a daisy", "seedance-2", resolution="480p", duration=9))
    second = ended(session.start("then it rains", "seedance-2", resolution="480p", video=first))
    assert (first.state, second.state) == ("done", "done")
    body = next(call.body for call in sandbox.ledger if call.accepted == second.task_id)
    assert body["input"][1]["video_url"]["url"].startswith(sandbox.files_url)
    with pytest.raises(InvalidRequest, match="all video together is 17 s long; at most 15 s"):
        session.plan("then it rains", "seedance-2", video=first, reference_video=[second])


def test_a_failed_job_has_the_reason_of_the_service(http: Transport) -> None:
    """The error of a failed job has the service's words and its reason."""
    ticket = SEEDANCE2.submit(seedance2("a daisy [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match="The output video may contain sensitive information") as failed:
        poll_until_ready(SEEDANCE2, ticket, http)
    assert failed.value.reason == "result"


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        SEEDANCE2.submit(seedance2(f"a daisy [[sandbox: {turn}]]"), http)
    assert len(accepted_ids(sandbox)) == 1


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of seedance2.md become a ticket, a link with its last frame, and a failure."""
    task = PAGE["Reply: task"]
    assert submit(SEEDANCE2, seedance2(), json_answer(task)) == Ticket(TICKET.task_id, {}, {"usage": task["usage"]})
    [ready] = poll(SEEDANCE2, json_answer(PAGE["Reply: a finished task"]), TICKET)
    stamp = "X-Tos-Date=20260507T112107Z&X-Tos-Expires=86400"
    assert isinstance(ready, Ready)
    assert ready.urls == (f"https://example.com/video.mp4?{stamp}",)
    assert ready.extras == {"last_frame": f"https://example.com/last.png?{stamp}"}
    with pytest.raises(Failed) as failed:
        poll(SEEDANCE2, json_answer(PAGE["Reply: a failed task (seen)"]), TICKET)
    assert failed.value.reason == "result"


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_task_in_progress_goes_on(state: str) -> None:
    """The states before the end are reported as they are, without an invented percentage."""
    [event] = poll(SEEDANCE2, json_answer(answered(status=state)), TICKET)
    assert isinstance(event, Queued if state == "queued" else Running)
    assert getattr(event, "percent", None) is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "result"),
        ("OutputAudioSensitiveContentDetected", "result"),
        ("InputVideoSensitiveContentDetected", "image"),
        ("InputTextSensitiveContentDetected", "prompt"),
        ("SomethingNew", ""),
    ],
)
def test_the_code_of_a_failed_task_decides_its_reason(code: str, reason: Reason) -> None:
    """Moderation has its own reason; a task with an unknown code has failed too."""
    with pytest.raises(Failed) as failed:
        poll(SEEDANCE2, json_answer(answered(status="failed", error={"code": code, "message": "why"})), TICKET)
    assert (failed.value.reason, "why" in failed.value.message) == (reason, True)


def test_a_task_that_took_too_long_is_expired() -> None:
    """The state "expired" ends the job."""
    with pytest.raises(Failed) as failed:
        poll(SEEDANCE2, json_answer(answered(status="expired")), TICKET)
    assert failed.value.reason == "expired"


def test_an_unknown_id_never_fails_the_job() -> None:
    """A poll that does not know the task says nothing of the task."""
    unknown = {"error": {"code": "task_not_exist", "message": "任务不存在", "type": "new_api_error"}}
    with pytest.raises(Unreachable) as error:
        poll(SEEDANCE2, error_answer(404, unknown), TICKET)
    assert error.value.status == 404
    with pytest.raises(Paused):
        poll(SEEDANCE2, error_answer(401, {"error": {"code": "", "message": "无效的令牌"}}), TICKET)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, "InputTextSensitiveContentDetected", "prompt"),
        (400, "InputImageSensitiveContentDetected.PrivacyInformation", "image"),
        (400, "InvalidParameter", "parameters"),
        (403, "insufficient_user_quota", "balance"),
        (429, "ServerOverloaded", "rate"),
    ],
)
def test_the_code_of_a_refusal_decides_its_reason(status: int, code: str, reason: Reason) -> None:
    """The gateway passes on the maker's codes; each becomes the reason of the refusal."""
    with pytest.raises(Refused) as error:
        submit(SEEDANCE2, seedance2(), error_answer(status, {"error": {"code": code, "message": "no"}}))
    assert error.value.reason == reason


def test_an_id_is_not_lost() -> None:
    """A reply that breaks off after the id still gives a ticket, and so does one that nests the id in its text."""
    assert submit(SEEDANCE2, seedance2(), truncated(json_answer(PAGE["Reply: task"]), 50)).task_id == TICKET.task_id
    nested = {"output": [{"content": [{"type": "output_text", "text": json.dumps({"id": TICKET.task_id})}]}]}
    assert submit(SEEDANCE2, seedance2(), json_answer(nested)).task_id == TICKET.task_id
