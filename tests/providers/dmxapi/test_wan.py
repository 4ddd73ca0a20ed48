"""Wan 2.7 follows its API page: the inputs choose among four models of the service, and every limit is held here."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import json_answer, truncated
from tests.providers.steps import (
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
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.wan import Wan
from vidmagic.sandbox import Sandbox
from vidmagic.spec.events import Queued, Ready, Running
from vidmagic.spec.request import MediaInput, Request

WAN = Wan()
PROVIDER, SECONDS = WAN, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/wan")
TICKET = Ticket("0aa46cfb-a93d-48d4-b20a-54c5acca9d5a")
SITE = "https://example.com"
FIRST, LAST = f"{SITE}/first.png", f"{SITE}/last.png"
IMAGES = [f"{SITE}/{name}" for name in ("girl.jpg", "cup.png", "guitar.png", "room.png")]
BOY, STREET, MIRROR = f"{SITE}/boy.mp4", f"{SITE}/street.mp4", f"{SITE}/mirror.mp4"
VOICES = [f"{SITE}/girl.mp3", f"{SITE}/boy.mp3"]
SHARED = {"watermark": True, "resolution": "720P"}
# What a user gives for each request of the page; its prompt stands in the page.
GIVEN: dict[str, dict[str, Any]] = {
    "text": {
        "negative": "flowers", "driving_audio": f"{SITE}/rain.mp3", "resolution": "1080P", "seed": 123456789,
        "aspect_ratio": "16:9", "duration": 5,
    },
    "first frame": {"image": FIRST, "driving_audio": f"{SITE}/rap.mp3", "seed": 43},
    "first and last frame": {"image": FIRST, "last_image": LAST, "prompt_extend": False, "seed": 43},
    "continuation": {"video": MIRROR, "last_image": LAST, "duration": 10, "seed": 43},
    "references": {
        "reference": IMAGES, "reference_video": BOY, "reference_voice": VOICES, "voice_of": "image1+video1",
        "negative": "cars", "duration": 10, "prompt_extend": False, "seed": 23,
    },
    "storyboard": {"reference": f"{SITE}/storyboard.png", "duration": 10, "prompt_extend": False, "seed": 23},
    "edit": {
        "video": STREET, "task": "edit", "negative": "cars", "aspect_ratio": "16:9", "duration": 5, "seed": 23,
    },
    "edit with references": {
        "video": STREET, "reference": f"{SITE}/clothes.png", "negative": "cars", "aspect_ratio": "16:9",
        "duration": 5, "seed": 23,
    },
}  # fmt: skip
# The least that each mode takes.
LEAST: dict[str, dict[str, Any]] = {
    "text": {},
    "image": {"image": FIRST},
    "start-end": {"image": FIRST, "last_image": LAST},
    "extend": {"video": MIRROR, "task": "extend", "duration": 6},
    "reference": {"reference": IMAGES[0]},
    "reference-video": {"reference_video": BOY},
    "image-reference": {"image": FIRST, "reference": IMAGES[0]},
    "image-reference-video": {"image": FIRST, "reference_video": BOY},
    "edit": {"video": STREET, "task": "edit"},
}


def wan(prompt: str = "a red kite over the sea", **given: Any) -> Request:
    """Return a request."""
    return request(WAN, "wan", prompt, **given)


def body(prompt: str = "a red kite over the sea", **given: Any) -> Any:
    """Return the JSON of a request."""
    return WAN.body(wan(prompt, **given))


def refusal(prompt: str = "a red kite over the sea", **given: Any) -> str:
    """Return the message with which a request is refused."""
    with pytest.raises(InvalidRequest) as error:
        wan(prompt, **given)
    return error.value.message


def priced(request: Request) -> Decimal | None:
    """Return the amount of a request's price, None where it is not known."""
    price = WAN.models[0].price(request)
    return None if price is None else price.amount


def task(status: str, **more: str) -> dict[str, Any]:
    """Return the answer of a query, the task as text inside of it."""
    text = json.dumps({"task_id": TICKET.task_id, "task_status": status, **more})
    return {"request_id": "r", "output": [{"type": "message", "content": [{"type": "output_text", "text": text}]}]}


# -- the body


@pytest.mark.parametrize("name", GIVEN)
def test_the_pages_requests_are_built(name: str) -> None:
    """Each sample of wan.md, which has the shape of the document's, is what is sent."""
    page = PAGE[f"Request: {name}"]
    assert body(page["input"]["prompt"], **{**SHARED, **GIVEN[name]}) == page


@pytest.mark.parametrize("mode", LEAST)
def test_every_mode_names_what_decides_the_price(mode: str) -> None:
    """Length, resolution and watermark are in each body; what is only ours and what was not given are not."""
    asked = wan(**LEAST[mode])
    sent = WAN.body(asked)
    assert asked.mode == mode
    assert {"duration", "resolution", "watermark", "prompt_extend"} <= sent["parameters"].keys()
    assert {"task", "voice_of", "negative", "seed", "aspect_ratio"}.isdisjoint(sent["parameters"])
    assert {"negative_prompt", "audio_url"}.isdisjoint(sent["input"])
    assert sent["parameters"]["watermark"] is False
    assert (sent["parameters"]["resolution"], asked.params["duration"]) == ("720P", sent["parameters"]["duration"])


@pytest.mark.parametrize(
    ("mode", "ratio", "media"),
    [
        ("text", "16:9", None),
        ("image", None, ["first_frame"]),
        ("start-end", None, ["first_frame", "last_frame"]),
        ("extend", None, ["first_clip"]),
        ("reference", "16:9", ["reference_image"]),
        ("reference-video", "16:9", ["reference_video"]),
        ("image-reference", None, ["first_frame", "reference_image"]),
        ("image-reference-video", None, ["first_frame", "reference_video"]),
        ("edit", None, ["video"]),
    ],
)
def test_the_inputs_choose_what_is_sent(mode: str, ratio: str | None, media: list[str] | None) -> None:
    """The types of the media follow from the mode; a shape is sent only where the service heeds it."""
    sent = body(**LEAST[mode])
    assert sent["parameters"].get("ratio") == ratio
    assert (None if media is None else [item["type"] for item in sent["input"]["media"]]) == media


def test_one_audio_moves_the_picture_in_every_mode_that_has_it() -> None:
    """The same input is a field of its own in text mode and one of the media with frames."""
    audio = f"{SITE}/rap.mp3"
    assert body(driving_audio=audio)["input"]["audio_url"] == audio
    sent = body(image=FIRST, last_image=LAST, driving_audio=audio)["input"]
    assert sent["media"][-1] == {"type": "driving_audio", "url": audio}
    assert "audio_url" not in sent


@pytest.mark.parametrize("mode", ["image", "start-end", "extend", "edit"])
def test_a_prompt_is_optional_with_frames_and_videos(mode: str) -> None:
    """Without a prompt the body has no such field."""
    assert body("", **LEAST[mode])["input"].keys() == {"media"}


@pytest.mark.parametrize("mode", ["text", "reference", "reference-video", "image-reference"])
def test_a_prompt_is_needed_with_text_and_references(mode: str) -> None:
    """An empty prompt is refused where the document asks for one."""
    assert "the prompt is empty" in refusal(" ", **LEAST[mode])


@pytest.mark.parametrize(
    ("task", "given"),
    [
        ("edit", {"video": STREET, "reference": IMAGES[0]}),
        ("extend", {"video": MIRROR, "last_image": LAST, "duration": 9}),
    ],
)
def test_a_task_that_the_inputs_imply_changes_nothing(task: str, given: dict[str, Any]) -> None:
    """With it or without it the request is the same one, so that it is not bought twice."""
    assert wan(**given).fingerprint() == wan(**given, task=task).fingerprint()


def test_an_image_is_sent_as_a_data_uri() -> None:
    """A local image travels in the body."""
    sent = body(image=image(320, 240, "JPEG"))
    assert sent["input"]["media"][0]["url"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_seed_0_is_a_seed(seed: int) -> None:
    """Every allowed seed is sent as given."""
    assert body(seed=seed)["parameters"]["seed"] == seed


# -- voices


@pytest.mark.parametrize(
    ("given", "voiced"),
    [
        ({"reference": IMAGES[:2], "reference_voice": VOICES[0]}, [VOICES[0], None]),
        ({"reference": IMAGES[:2], "reference_voice": VOICES}, VOICES),
        ({"reference": IMAGES[0], "reference_video": BOY, "reference_voice": VOICES}, VOICES),
        ({"reference": IMAGES[:2], "reference_voice": VOICES[0], "voice_of": "image2"}, [None, VOICES[0]]),
        ({"reference": IMAGES[:2], "reference_voice": VOICES, "voice_of": "图2，图1"}, VOICES[::-1]),
        (
            {"reference": IMAGES[0], "reference_video": BOY, "reference_voice": VOICES[0], "voice_of": "视频 1"},
            [None, VOICES[0]],
        ),
    ],
)
def test_a_voice_stands_in_its_reference(given: dict[str, Any], voiced: list[str | None]) -> None:
    """Voices belong to the references in their order, or to those that voice_of names as a prompt does."""
    assert [item.get("reference_voice") for item in body(**given)["input"]["media"]] == voiced


def test_a_first_frame_has_no_voice() -> None:
    """With a first frame the voices still belong to the references."""
    sent = body(image=FIRST, reference=IMAGES[0], reference_voice=VOICES[0])["input"]["media"]
    assert [item.get("reference_voice") for item in sent] == [None, VOICES[0]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reference": IMAGES[0], "reference_voice": VOICES}, "2 × reference_voice for 1 reference"),
        (
            {"reference": IMAGES, "reference_video": BOY, "reference_voice": VOICES},
            "voice_of is needed: whose each reference_voice is, as image1+video1",
        ),
        ({"reference": IMAGES[0], "voice_of": "Image 1"}, "none is given"),
        ({"reference": IMAGES, "reference_voice": VOICES, "voice_of": "Image 1"}, "must name 2"),
        (
            {"reference": IMAGES[:2], "reference_voice": VOICES[0], "voice_of": "Video 1"},
            "voice_of must be of Image 1 or Image 2, not Video 1",
        ),
        ({"reference": IMAGES[0], "reference_voice": VOICES[0], "voice_of": "the girl"}, "not the girl"),
        ({"reference": IMAGES, "reference_voice": VOICES, "voice_of": "Image 1 + image 1"}, "twice"),
        ({"reference_voice": VOICES[0]}, "wan takes"),
        ({"voice_of": "Image 1"}, "voice_of does not go with text mode"),
    ],
)  # fmt: skip
def test_a_voice_without_an_owner_is_refused(given: dict[str, Any], words: str) -> None:
    """What does not say whose a voice is, is refused before anything is sent."""
    assert words in refusal(**given)


# -- what is refused


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": "x" * 5001}, "the prompt has 5,001 characters; wan takes at most 5,000"),
        ({"negative": "x" * 501}, "negative must have at most 500 characters, not 501"),
        ({"duration": 1}, "duration must be"),
        ({"duration": 16}, "duration must be"),
        ({"resolution": "480P"}, "resolution must be 720P or 1080P"),
        ({"aspect_ratio": "21:9"}, "aspect_ratio must be"),
        ({"ratio": "16:9"}, "wan has no ratio"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**31}, "seed must be"),
        ({"audio_setting": "origin"}, "audio_setting does not go with text mode"),
        ({"task": "edit"}, "task does not go with text mode"),
        ({**LEAST["image"], "negative": "cars"}, "negative does not go with image mode"),
        ({**LEAST["image"], "aspect_ratio": "1:1"}, "aspect_ratio does not go with image mode"),
        ({**LEAST["start-end"], "negative": "cars"}, "negative does not go with start-end mode"),
        ({**LEAST["extend"], "negative": "cars"}, "negative does not go with extend mode"),
        ({**LEAST["extend"], "aspect_ratio": "1:1"}, "aspect_ratio does not go with extend mode"),
        ({**LEAST["image-reference"], "aspect_ratio": "1:1"}, "aspect_ratio does not go with image-reference mode"),
        ({**LEAST["reference-video"], "duration": 11}, "duration must be"),
        ({**LEAST["edit"], "duration": 1}, "duration must be"),
        ({**LEAST["edit"], "duration": 11}, "duration must be"),
        ({**LEAST["edit"], "driving_audio": VOICES[0]}, "wan takes"),
        ({**LEAST["edit"], "reference": [*IMAGES, FIRST]}, "wan takes"),
        ({"last_image": LAST}, "wan takes"),
        ({"reference": [*IMAGES, FIRST, LAST]}, "wan takes"),
        ({"reference": IMAGES, "reference_video": [BOY, STREET]}, "6 references are given; at most 5"),
        ({"video": MIRROR, "task": "extend"}, "duration is needed: length of the whole result"),
        ({"video": MIRROR}, "--task must be"),
        ({"video": MIRROR, "last_image": LAST, "task": "edit"}, "--task must be extend"),
        ({"video": MIRROR, "reference": IMAGES[0], "task": "extend"}, "--task must be edit"),
        ({"video": [MIRROR, STREET], "task": "edit"}, "wan takes"),
        ({"image": image(200, 400)}, "240"),
        ({"image": image(2400, 240)}, "8:1"),
        ({"image": image(320, 240, "GIF")}, "gif"),
    ],
)
def test_what_the_documents_exclude_is_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, inputs and combinations outside the documents are refused in the words that the user typed."""
    assert words in refusal(**given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"task": "extend", "duration": 5}, "the given video alone has 5.04 s"),
        ({"task": "extend", "duration": 6}, ""),
        ({"task": "edit", "duration": 6}, "the given video has only 5.04 s"),
        ({"task": "edit", "duration": 5}, ""),
        ({"task": "edit"}, ""),
    ],
)
def test_a_length_fits_the_given_video(given: dict[str, Any], words: str) -> None:
    """A continuation is longer than what it continues, and an edit is no longer than what it edits."""
    asked = dataclasses.replace(wan(video=MIRROR, **given), inputs=(MediaInput("video", url=MIRROR, seconds=5.04),))
    problems = WAN.models[0].problems(asked)
    assert (words in problems[0]) if words else (problems == [])


# -- the price


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("text", "5"), ("first frame", "3"), ("first and last frame", "3"), ("continuation", "6"),
        ("references", "6"), ("storyboard", "6"), ("edit", "3"), ("edit with references", "3"),
    ],
)  # fmt: skip
def test_the_price_is_the_samples(name: str, amount: str) -> None:
    """Each sample's tokens, 10,000 to a yuan, are the price of its request."""
    assert priced(wan(PAGE[f"Request: {name}"]["input"]["prompt"], **{**SHARED, **GIVEN[name]})) == Decimal(amount)


def test_an_edit_of_a_whole_video_costs_what_its_length_costs() -> None:
    """Without a duration the price follows from the video's length, and is unknown where that is."""
    asked = wan(video=STREET, task="edit", resolution="1080P")
    assert asked.params["duration"] == 0
    assert priced(asked) is None
    known = dataclasses.replace(asked, inputs=(MediaInput("video", url=STREET, seconds=4.5),))
    assert priced(known) == Decimal("4.5")


# -- a whole job


@pytest.mark.parametrize("mode", LEAST)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, mode: str) -> None:
    """In every mode one submit leads to one MP4, by queries that name the query's own model."""
    ticket = WAN.submit(wan(**{**LEAST[mode], "image": image(320, 240)} if "image" in mode else LEAST[mode]), http)
    ready = poll_until_ready(WAN, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "wan2.7-get", "input": ticket.task_id}
    assert ticket.reported["usage"]["total_tokens"] == (36_000 if mode == "extend" else 30_000)


def test_a_failed_job_has_the_words_of_the_service(http: Transport) -> None:
    """The error of a failed job has the service's message."""
    ticket = WAN.submit(wan("a kite [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match="inappropriate content"):
        poll_until_ready(WAN, ticket, http)


def test_a_cancelled_job_has_ended(http: Transport) -> None:
    """The service's own state for it ends the job."""
    ticket = WAN.submit(wan("a kite [[sandbox: cancel]]"), http)
    with pytest.raises(Failed, match="cancelled at the service"):
        poll_until_ready(WAN, ticket, http)


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        WAN.submit(wan(f"a kite [[sandbox: {turn}]]"), http)
    assert len(accepted_ids(sandbox)) == 1


def test_a_task_that_nobody_knows_does_not_end(http: Transport) -> None:
    """The state UNKNOWN does not fail a job: the service may know the task again later."""
    with pytest.raises(Unreachable):
        list(WAN.follow(TICKET, http.service))


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of wan.md become a ticket with the bill, a running task and a link."""
    reply = PAGE["Reply: task"]
    ticket = submit(WAN, wan(), json_answer(reply))
    assert ticket == Ticket(TICKET.task_id, {}, {"usage": reply["usage"]})
    assert poll(WAN, json_answer(PAGE["Reply: running"]), TICKET) == [Running(message="RUNNING")]
    (ready,) = poll(WAN, json_answer(PAGE["Reply: done"]), TICKET)
    link = f"{SITE}/a_watermark.mp4?Expires=1784097086&OSSAccessKeyId=k&Signature=d6o%3D"
    assert ready == Ready((link,))


@pytest.mark.parametrize(("status", "event"), [("PENDING", Queued("PENDING")), ("RUNNING", Running(message="RUNNING"))])
def test_a_task_that_waits_or_runs_goes_on(status: str, event: Queued | Running) -> None:
    """The states before the end are shown in the service's words."""
    assert poll(WAN, json_answer(task(status)), TICKET) == [event]


def test_a_failure_is_read_without_a_documented_form() -> None:
    """The state alone ends a job; a message beside it is shown."""
    with pytest.raises(Failed, match="the service gave no reason"):
        poll(WAN, json_answer(task("FAILED")), TICKET)
    with pytest.raises(Failed, match="no picture came"):
        poll(WAN, json_answer(task("FAILED", code="InternalError", message="no picture came")), TICKET)


def test_a_link_in_the_prompt_is_not_the_video() -> None:
    """The service repeats the prompt; a link in it is never taken for the result."""
    done = task("SUCCEEDED", orig_prompt=f"like {SITE}/other.mp4", video_url=f"{SITE}/mine.mp4")
    assert poll(WAN, json_answer(done), TICKET) == [Ready((f"{SITE}/mine.mp4",))]


def test_an_id_is_not_lost_with_the_end_of_its_reply() -> None:
    """A reply that breaks off after the id still gives a ticket."""
    whole = json_answer(PAGE["Reply: task"])
    assert submit(WAN, wan(), truncated(whole, whole.body.index(b"task_status"))).task_id == TICKET.task_id


def test_a_refusal_is_not_an_unknown_outcome() -> None:
    """A refused submit has not been charged, and shows the gateway's words."""
    document = {"error": {"code": "InvalidParameter", "message": "media do not go together", "type": "x"}}
    with pytest.raises(Refused, match="media do not go together") as refused:
        submit(WAN, wan(), error_answer(400, document))
    assert refused.value.reason == "parameters"
