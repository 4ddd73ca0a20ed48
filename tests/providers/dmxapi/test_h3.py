"""MiniMax H3 follows its API page: six documents, one short name."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.answers import json_answer, truncated
from tests.patience import ended
from tests.providers.steps import (
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
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Refused
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.h3 import H3, price, problems
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.sandbox.render import Quality, render
from vidmagic.session.session import Session
from vidmagic.spec.events import Queued, Ready, Running
from vidmagic.spec.request import MediaInput, Request

PROVIDER, SECONDS = H3(), 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/h3")
TICKET = Ticket("427019898360251")
LINK = "https://example.com/h3.mp4?Expires=1&Signature=a%2Bb"
PNG, MP4, MP3 = (f"https://example.com/a.{ending}" for ending in ("png", "mp4", "mp3"))
BASE = "https://example.com/768p.mp4"
FRAME = image(640, 400)


def h3(prompt: str = "a red kite over the sea", **given: Any) -> Request:
    """Return a request."""
    return request(PROVIDER, "h3", prompt, **given)


def item(kind: str, url: str, role: str) -> dict[str, Any]:
    """Return an item of `input`."""
    return {"type": kind, kind: {"url": url}, "role": role}


# -- the body


DOCUMENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": (
        {"duration": 5, "aspect_ratio": "16:9"},
        {"input": [], "resolution": "2K", "duration": 5, "ratio": "16:9"},
    ),
    "first frame": (
        {"image": PNG},
        {"input": [item("image_url", PNG, "first_frame")], "resolution": "2K", "duration": 5, "ratio": "adaptive"},
    ),
    "last frame": (
        {"last_image": PNG, "resolution": "768P"},
        {"input": [item("image_url", PNG, "last_frame")], "resolution": "768P", "duration": 5, "ratio": "adaptive"},
    ),
    "both frames": (
        {"image": PNG, "last_image": LAST, "duration": 15},
        {
            "input": [item("image_url", PNG, "first_frame"), item("image_url", LAST, "last_frame")],
            "resolution": "2K", "duration": 15, "ratio": "adaptive",
        },
    ),
    "references": (
        {"reference_video": MP4, "reference": PNG, "reference_audio": MP3},
        {
            "input": [
                item("image_url", PNG, "reference_image"), item("video_url", MP4, "reference_video"),
                item("audio_url", MP3, "reference_audio"),
            ],
            "resolution": "2K", "duration": 5, "ratio": "adaptive",
        },
    ),
    "a reference video, a shape": (
        {"reference_video": [MP4, BASE], "aspect_ratio": "21:9"},
        {
            "input": [item("video_url", MP4, "reference_video"), item("video_url", BASE, "reference_video")],
            "resolution": "2K", "duration": 5, "ratio": "21:9",
        },
    ),
    "anew from text": ({"video": BASE}, {"input": [item("video_url", BASE, "base_video")], "resolution": "2K"}),
    "anew from a frame": (
        {"video": BASE, "image": PNG},
        {"input": [item("image_url", PNG, "first_frame"), item("video_url", BASE, "base_video")], "resolution": "2K"},
    ),
    "anew from references": (
        {"video": BASE, "reference_video": MP4, "reference_audio": MP3},
        {
            "input": [
                item("video_url", MP4, "reference_video"), item("audio_url", MP3, "reference_audio"),
                item("video_url", BASE, "base_video"),
            ],
            "resolution": "2K",
        },
    ),
}  # fmt: skip


@pytest.mark.parametrize(("given", "document"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_the_documents_requests_are_rebuilt(given: dict[str, Any], document: dict[str, Any]) -> None:
    """Each combination of the documents goes out with its fields and no others, the video to make anew last."""
    model = "MiniMax-H3-video_regeneration" if "video" in given else "MiniMax-H3"
    text = {"type": "text", "text": "a red kite over the sea"}
    expected = {"model": model, **document, "input": [text, *document["input"]], "aigc_watermark": False}
    assert PROVIDER.body(h3(**given)) == expected


def test_the_pages_requests_are_built() -> None:
    """The samples of h3.md are what is sent."""
    assert PROVIDER.body(h3()) == PAGE["Request: text"]
    spoken = h3(
        "the girl says hello with the voice of audio 1", reference=PNG, reference_video=MP4, reference_audio=MP3
    )
    assert PROVIDER.body(spoken) == PAGE["Request: references"]
    assert PROVIDER.body(h3(video=BASE, image=PNG)) == PAGE["Request: anew in 2K"]


def test_a_file_is_named_by_its_extension(tmp_path: Path) -> None:
    """The service takes `audio/mp3` and `video/mov`, which are not the standard names of these formats."""
    render(tmp_path / "a.mp4", "x", seconds=2, width=320, height=256, quality=Quality(24, 64), audio=True)
    body = PROVIDER.body(h3(reference_video=str(tmp_path / "a.mp4"), reference=FRAME))
    links = [part[part["type"]]["url"] for part in body["input"][1:]]  # type: ignore[index]
    assert [link.partition(";")[0] for link in links] == ["data:image/png", "data:video/mp4"]
    assert PROVIDER.body(h3(reference=[PNG], reference_audio="mm_file://12"))["input"][2] == item(  # type: ignore[index]
        "audio_url", "mm_file://12", "reference_audio"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " "}, "the prompt is empty"),
        ({"prompt": "x" * 7001}, "7,000"),
        ({"prompt": "x" * 40_001, "video": BASE}, "40,000"),
        ({"prompt": " ", "video": BASE}, "the prompt is empty"),
        ({"duration": 3}, "duration must be"),
        ({"duration": 16}, "duration must be"),
        ({"resolution": "1080P"}, "resolution must be"),
        ({"aspect_ratio": "adaptive"}, "aspect_ratio must be"),
        ({"aspect_ratio": "2:1"}, "aspect_ratio must be"),
        ({"image": FRAME, "aspect_ratio": "16:9"}, "aspect_ratio does not go with image mode"),
        ({"image": FRAME, "reference": FRAME}, "h3 takes"),
        ({"last_image": PNG, "reference_video": MP4}, "h3 takes"),
        ({"reference_audio": MP3}, "h3 takes"),
        ({"reference": [PNG] * 10}, "h3 takes"),
        ({"reference": PNG, "reference_video": [MP4] * 4}, "h3 takes"),
        ({"reference": PNG, "reference_audio": [MP3] * 4}, "h3 takes"),
        ({"video": [BASE, BASE]}, "h3 takes"),
        ({"video": BASE, "resolution": "768P"}, "resolution must be 2K"),
        ({"video": BASE, "duration": 5}, "duration does not go with regenerate mode"),
        ({"video": BASE, "image": PNG, "reference": PNG}, "do not go together"),
        ({"video": BASE, "reference_audio": MP3}, "reference_audio needs a reference"),
        ({"image": image(255, 400)}, "255"),
        ({"image": image(256, 700)}, "2.5"),
        ({"image": image(kind="GIF")}, "the model takes"),
        ({"seed": 1}, "h3 has no seed"),
    ],
)
def test_values_outside_the_documents_are_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, combinations and files that the documents do not allow are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        h3(**given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("seconds", "size", "frame_rate", "words"),
    [
        (3, (320, 256), 24, ""),
        (16, (320, 256), 24, "16"),
        (1, (320, 256), 24, "1"),
        (3, (320, 240), 24, "256"),
        (3, (320, 256), 10, "10 pictures a second"),
        (3, (768, 256), 24, "allowed as width by height"),
    ],
)
def test_a_reference_video_is_measured(
    tmp_path: Path, seconds: int, size: tuple[int, int], frame_rate: int, words: str
) -> None:
    """Length, sides, shape and frame rate of a file are checked against the document."""
    file = tmp_path / "a.mp4"
    render(file, "x", seconds=seconds, width=size[0], height=size[1], frame_rate=frame_rate, quality=Quality(2, 16))
    if not words:
        assert h3(reference_video=str(file)).inputs[0].seconds == pytest.approx(seconds, abs=0.1)
        return
    with pytest.raises(InvalidRequest, match="reference video") as error:
        h3(reference_video=str(file))
    assert words in error.value.message


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, []),
        ({"width": 1344, "height": 768, "seconds": 4.458, "frame_rate": 24.0}, []),
        ({"width": 768, "height": 1344, "seconds": 15.083, "frame_rate": 24.0}, []),
        ({"width": 1920, "height": 1080}, ["the video is 1920×1080 pixels; H3's 768P has at most 1,032,192 in all"]),
        ({"width": 1280, "height": 720}, ["the video is 1280×720 pixels; both sides of H3's 768P are multiples of 32"]),
        ({"frame_rate": 30.0}, ["the video has 30 pictures a second; H3's have 24"]),
        ({"seconds": 3.0}, ["the video is 3 s long; H3's are 4.458 to 15.08 s"]),
    ],
)
def test_only_a_768p_video_of_h3_can_be_made_anew(facts: dict[str, Any], words: list[str]) -> None:
    """What is known of the video is compared with what H3 makes."""
    built = h3(video=BASE)
    video = dataclasses.replace(built.inputs[0], **facts)
    assert problems(dataclasses.replace(built, inputs=(video,))) == words


def test_the_very_inputs_have_to_be_given_again() -> None:
    """What no check can find out is reported in a line, and only where it matters."""
    model = PROVIDER.models[0]
    assert "the very prompt and inputs" in model.warn(h3(video=BASE))[0]
    assert model.warn(h3(image=PNG)) == []


# -- the price


@pytest.mark.parametrize(
    ("given", "seconds", "amount"),
    [
        ({}, 0, "4"),
        ({"duration": 15, "image": PNG}, 0, "12"),
        ({"reference": PNG, "reference_audio": MP3}, 0, "4"),
        ({"reference_video": MP4}, 6, None),
        ({"resolution": "768P"}, 0, None),
        ({"video": BASE}, 0, None),
        ({"video": BASE}, 4.458333333, "1.3374"),
        ({"video": BASE}, 10.5, "3.15"),
    ],
)
def test_the_price_is_that_of_the_samples(given: dict[str, Any], seconds: float, amount: str | None) -> None:
    """A second costs what the documents' samples cost; what no sample shows is unknown."""
    built = h3(**given)
    inputs: list[MediaInput] = [dataclasses.replace(medium, seconds=seconds) for medium in built.inputs]
    estimate = price(dataclasses.replace(built, inputs=tuple(inputs)))
    assert (None if estimate is None else estimate.amount) == (None if amount is None else Decimal(amount))
    assert estimate is None or (estimate.currency, estimate.date) == ("CNY", "2026-11-21")


# -- a whole job


@pytest.mark.parametrize(
    "given",
    [
        {}, {"image": FRAME}, {"last_image": FRAME}, {"image": FRAME, "last_image": FRAME},
        {"reference": FRAME, "reference_video": MP4, "reference_audio": MP3}, {"reference_video": MP4},
        {"video": BASE, "reference": FRAME},
    ],
)  # fmt: skip
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, given: dict[str, Any]) -> None:
    """In each mode one submit leads to one MP4, and the query is never a second job."""
    ticket = PROVIDER.submit(h3(**given), http)
    assert set(ticket.reported) == {"usage"}
    ready = poll_until_ready(PROVIDER, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "MiniMax-H3-get", "input": ticket.task_id}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


def test_a_finished_job_is_made_anew(session: Session) -> None:
    """The video of a job in 768P is what is made anew, at the price of its own length."""
    first = ended(session.start("a red kite over the sea", "h3", resolution="768P", duration=5))
    plan = session.plan("a red kite over the sea", "h3", video=first.id)
    assert plan.price is not None
    assert plan.price.amount == pytest.approx(Decimal("1.5"), abs=Decimal("0.05"))
    job = ended(session.launch(plan))
    assert (job.state, job.record.mode) == ("done", "regenerate")
    assert min(job.video.width, job.video.height) == pytest.approx(1440, rel=0.03)
    large = ended(session.start("a red kite over the sea", "h3", duration=4))
    with pytest.raises(InvalidRequest, match="H3's 768P has at most"):
        session.plan("a red kite over the sea", "h3", video=large.id)


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        PROVIDER.submit(h3(f"a kite [[sandbox: {turn}]]"), http)
    assert len(accepted_ids(sandbox)) == 1


def test_a_failed_job_has_the_reason_of_the_service(http: Transport) -> None:
    """The error of a failed job has the service's words and its reason."""
    ticket = PROVIDER.submit(h3("a kite [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match="output new_sensitive") as failed:
        poll_until_ready(PROVIDER, ticket, http)
    assert failed.value.reason == "result"


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of h3.md become a ticket, a state and a link."""
    task = PAGE["Reply: task"]
    ticket = submit(PROVIDER, h3(), json_answer(task))
    assert ticket == Ticket(TICKET.task_id, {}, {"usage": task["usage"]})
    assert poll(PROVIDER, json_answer(PAGE["Reply: running"]), TICKET) == [Running(message="running")]
    done = PAGE["Reply: succeeded"]
    ready = Ready((LINK,), reported={"task_usage": done["task"]["usage"]})
    assert poll(PROVIDER, json_answer(done), TICKET) == [ready]
    cut = truncated(json_answer(task), 35)
    assert submit(PROVIDER, h3(), cut).task_id == TICKET.task_id


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_task_that_ended_badly_has_failed(state: str) -> None:
    """Both documented ends without a video fail the job; a queued task waits."""
    with pytest.raises(Failed):
        poll(PROVIDER, json_answer({"task": {"id": "1", "status": state}}), TICKET)
    assert poll(PROVIDER, json_answer({"task": {"id": "1", "status": "queued"}}), TICKET) == [Queued("queued")]


def test_a_refusal_has_the_words_of_the_gateway() -> None:
    """A body that the service does not take is refused and not charged."""
    document = {"error": {"code": "invalid_request", "message": "MiniMax-H3 media data URI is invalid"}}
    with pytest.raises(Refused, match="data URI is invalid") as refused:
        submit(PROVIDER, h3(), error_answer(400, document))
    assert refused.value.reason == "parameters"
