"""Vidu Q3 pro follows its API page in its three modes, whether the query's stream stays open or ends at once."""

from __future__ import annotations

import io
import random
from decimal import Decimal
from typing import Any

import pytest
from PIL import Image

from tests.faults.answers import json_answer, truncated
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
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.viduq3 import ViduQ3
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.spec.events import Ready, Running
from vidmagic.spec.request import Request

VIDUQ3 = ViduQ3()
PROVIDER, SECONDS = VIDUQ3, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/viduq3")
TICKET = Ticket("947407951520337920")
MARK, DONE = "https://example.com/mark.jpeg", "https://example.com/done"
VIDEO_LINK = "https://example.com/video.mp4?X-Amz-Expires=86400"


def viduq3(prompt: str = "a kitten on the beach", **given: Any) -> Request:
    """Return a request."""
    return request(VIDUQ3, "viduq3", prompt, **given)


# -- the body


def test_the_pages_requests_are_built() -> None:
    """The three samples of viduq3.md are what is sent: the documents' scripts, field by field."""
    built = VIDUQ3.body(
        viduq3(duration=10, aspect_ratio="4:3", resolution="1080p", audio=True, wm_url=MARK, callback_url=DONE)
    )
    assert built == PAGE["Request: text"]
    built = VIDUQ3.body(viduq3("the astronaut dances", image=FIRST, duration=10, resolution="540p"))
    assert built == PAGE["Request: first frame"]
    frames = {"image": FIRST, "last_image": LAST}
    built = VIDUQ3.body(viduq3("the bird lands on her hand", **frames, duration=10, resolution="1080p"))
    assert built == PAGE["Request: first and last frame"]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, {"aspect_ratio", "input"}),
        ({"image": FIRST}, {"images", "input", "is_rec"}),
        ({"image": FIRST, "last_image": LAST}, {"input", "prompt", "is_rec"}),
    ],
)
def test_the_documents_fields_are_sent_in_every_mode(given: dict[str, str], fields: set[str]) -> None:
    """Each mode has the fields of its document and no other, and names all that decides the bill."""
    body = VIDUQ3.body(viduq3(**given, wm_url="", callback_url=""))
    named = {"model", "duration", "seed", "resolution", "audio", "watermark", "wm_position", "wm_url", "callback_url"}
    assert body.keys() == named | fields
    assert (body["duration"], body["resolution"], body["audio"], body["watermark"]) == (5, "720p", True, False)


def test_images_are_sent_as_data_uris() -> None:
    """Local images stand where their mode has them, as data URIs with their type."""
    [only] = VIDUQ3.body(viduq3(image=image(kind="WEBP")))["images"]
    first, last = VIDUQ3.body(viduq3(image=image(), last_image=image(kind="JPEG")))["input"]
    assert only.startswith("data:image/webp;base64,")
    assert first.startswith("data:image/png;base64,")
    assert last.startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize(
    ("corner", "number"), [("top-left", 1), ("top-right", 2), ("bottom-right", 3), ("bottom-left", 4)]
)
def test_a_corner_is_named_in_words(corner: str, number: int) -> None:
    """The words of a corner become the number of the document."""
    assert VIDUQ3.body(viduq3(watermark=True, wm_position=corner))["wm_position"] == number


def test_an_image_needs_no_words() -> None:
    """With an image the prompt may be empty, and is then not sent; the service may write one."""
    assert "input" not in VIDUQ3.body(viduq3(" \n", image=FIRST))
    body = VIDUQ3.body(viduq3("", image=FIRST, last_image=LAST, is_rec=True))
    assert "prompt" not in body
    assert body["is_rec"] is True


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"prompt": "x" * 5001}, "5,001 characters"),
        ({"image": FIRST, "prompt": "x" * 5001}, "5,001 characters"),
        ({"duration": 0}, "duration must be"),
        ({"duration": 17}, "duration must be"),
        ({"resolution": "360p"}, "not 360p"),
        ({"seed": -1}, "seed must be"),
        ({"aspect_ratio": "21:9"}, "aspect_ratio must be"),
        ({"wm_position": "3"}, "wm_position must be top-left"),
        ({"wm_position": "bottom_left"}, "did you mean bottom-left?"),
        ({"audio": "loud"}, "must be yes or no"),
        ({"bgm": True}, "viduq3 has no bgm"),
        ({"movement_amplitude": "auto"}, "viduq3 has no movement_amplitude"),
        ({"is_rec": True}, "is_rec does not go with text mode"),
        ({"image": FIRST, "aspect_ratio": "16:9"}, "aspect_ratio does not go with image mode"),
        ({"image": FIRST, "last_image": LAST, "aspect_ratio": "1:1"}, "aspect_ratio does not go with start-end mode"),
        ({"image": FIRST, "is_rec": True}, "leave the prompt empty (a blank line"),
        ({"last_image": LAST}, "viduq3 takes"),
        ({"image": [FIRST, LAST]}, "viduq3 takes"),
        ({"reference": FIRST}, "viduq3 takes"),
        ({"image": image(64, 257)}, "4:1"),
        ({"image": image(kind="GIF")}, "gif image"),
        ({"image": image(100, 100), "last_image": image(100, 79)}, "differ too much in shape"),
        ({"image": image(100, 100), "last_image": image(120, 120)}, "differ too much in size"),
        ({"callback_url": "http://example.com/x"}, "callback_url"),
    ],
)
def test_values_outside_the_documents_are_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, images and modes that the documents do not allow are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        viduq3(**given)
    assert words in error.value.message


def test_a_body_of_more_than_20_mb_is_refused() -> None:
    """Two images that are small enough alone may make a body that is too large: the message counts its bytes."""
    noise = Image.frombytes("RGB", (1700, 1700), random.Random(7).randbytes(1700 * 1700 * 3))
    file = io.BytesIO()
    noise.save(file, "PNG", compress_level=0)
    assert viduq3(image=file.getvalue())
    with pytest.raises(InvalidRequest, match="the service takes at most 20,000,000"):
        viduq3(image=file.getvalue(), last_image=file.getvalue())


def test_the_bounds_themselves_are_accepted() -> None:
    """The longest prompt, the shortest and the longest video, and frames that differ by a quarter are sent."""
    assert VIDUQ3.body(viduq3("x" * 5000, duration=16))["duration"] == 16
    assert VIDUQ3.body(viduq3(duration=1))["duration"] == 1
    assert viduq3(image=image(125, 100), last_image=image(100, 100)).mode == "start-end"


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ({"duration": 10, "resolution": "1080p"}, "9.375"),
        ({"duration": 10, "resolution": "540p", "image": FIRST}, "3.125"),
        ({"duration": 10, "resolution": "1080p", "image": FIRST, "last_image": LAST}, "9.375"),
        ({"resolution": "720p"}, None),
        ({"resolution": "1080p", "audio": False}, None),
        ({"resolution": "1080p", "image": FIRST, "is_rec": True, "prompt": ""}, None),
    ],
)
def test_the_price_is_that_of_the_samples(given: dict[str, Any], amount: str | None) -> None:
    """Prices follow the tokens of the documents' samples; what no sample shows is unknown."""
    price = VIDUQ3.models[0].price(viduq3(**given))
    assert (None if price is None else price.amount) == (None if amount is None else Decimal(amount))
    assert price is None or (price.currency, price.date) == ("CNY", "2026-11-21")


# -- a whole job


@pytest.mark.parametrize("stays_open", [True, False])
@pytest.mark.parametrize("frames", [(), ("image",), ("image", "last_image")])
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, frames: tuple[str, ...], stays_open: bool) -> None:
    """In each mode, with a long or a short query stream, one submit leads to one MP4."""
    sandbox.streams_stay_open = stays_open
    given = {**dict.fromkeys(frames, image()), "resolution": "540p", "duration": 1}
    ticket = VIDUQ3.submit(viduq3(**given), http)
    assert ticket.reported["credits"] == 10
    ready = poll_until_ready(VIDUQ3, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "vidu-get", "input": ticket.task_id, "stream": True}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


def test_a_failed_job_has_the_reason_of_the_service(http: Transport) -> None:
    """The error of a failed job has the service's words and its reason."""
    ticket = VIDUQ3.submit(viduq3("a kitten [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match=r"视频生成失败.*CreationPolicyViolation") as failed:
        poll_until_ready(VIDUQ3, ticket, http)
    assert failed.value.reason == "result"


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        VIDUQ3.submit(viduq3(f"a kitten [[sandbox: {turn}]]"), http)
    assert len(accepted_ids(sandbox)) == 1


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of viduq3.md become a ticket, progress, a link and a refusal."""
    task = PAGE["Reply: task"]
    ticket = submit(VIDUQ3, viduq3(), json_answer(task))
    assert ticket == Ticket("947407951520337920", {}, {"credits": 300, "usage": task["usage"]})
    assert submit(VIDUQ3, viduq3(), truncated(json_answer(task), 60)).task_id == ticket.task_id
    unfinished = poll(VIDUQ3, stream_answer(*PAGE["Reply: events of a task at work"]), TICKET)
    assert [event.percent for event in unfinished if isinstance(event, Running)] == [20.0, 50.0]
    assert not any(isinstance(event, Ready) for event in unfinished)
    *_, ready = poll(VIDUQ3, stream_answer(*PAGE["Reply: events of a finished task"]), TICKET)
    assert ready == Ready((VIDEO_LINK,))
    with pytest.raises(Refused, match="content policy") as refusal:
        submit(VIDUQ3, viduq3(), error_answer(400, PAGE["Reply: refused"]))
    assert (refusal.value.reason, refusal.value.trace) == ("prompt", "04e5c2fe")


def test_an_unknown_task_has_status_404() -> None:
    """A 404 is passed on; the caller judges it by the job's age."""
    error = {"error": {"message": "no such task", "code": "task_not_exist"}}
    with pytest.raises(Unreachable) as unreachable:
        poll(VIDUQ3, error_answer(404, error), TICKET)
    assert unreachable.value.status == 404
