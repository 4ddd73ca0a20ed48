"""Seedance 1.5 pro follows its API page, whether the query's stream stays open or ends at once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer, truncated
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
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Reason, Refused
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.seedance import Seedance
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.spec.events import Ready, Running
from vidmagic.spec.params import Value
from vidmagic.spec.request import MediaInput, Request

SEEDANCE = Seedance()
PROVIDER, SECONDS = SEEDANCE, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/seedance")
TICKET = Ticket("cgt-20260119223152-hwhjt")
VIDEO_LINK = "https://example.com/video.mp4?X-Tos-Expires=86400"
LAST_FRAME_LINK = "https://example.com/last.png?X-Tos-Expires=86400"


def seedance(prompt: str = "the girl says cheese", **given: Any) -> Request:
    """Return a request."""
    return request(SEEDANCE, "seedance", prompt, **given)


def completed(text: str) -> dict[str, Any]:
    """Return the event that ends a query with a text."""
    output = [{"type": "message", "content": [{"type": "output_text", "text": text}]}]
    return {"type": "response.completed", "response": {"status": "completed", "output": output}}


# -- the body


def test_the_documents_example_is_rebuilt() -> None:
    """The request goes out as in the document's script; its empty callback_url is sent because it was given."""
    prefix = "https://ark-project.tos-cn-beijing.volces.com/doc_image/seepro_"
    document = {
        "model": "doubao-seedance-1-5-pro-responses",
        "input": [
            {"type": "text", "text": "图中女孩对着镜头说'茄子'，360度环绕运镜"},
            {"type": "image_url", "image_url": {"url": f"{prefix}first_frame.jpeg"}, "role": "first_frame"},
            {"type": "image_url", "image_url": {"url": f"{prefix}last_frame.jpeg"}, "role": "last_frame"},
        ],
        "callback_url": "",
        "return_last_frame": False,
        "generate_audio": True,
        "resolution": "1080p",
        "ratio": "16:9",
        "duration": 5,
        "seed": -1,
        "camera_fixed": False,
        "watermark": False,
    }
    built = seedance(
        "图中女孩对着镜头说'茄子'，360度环绕运镜", image=f"{prefix}first_frame.jpeg", callback_url="",
        last_image=f"{prefix}last_frame.jpeg", resolution="1080p", aspect_ratio="16:9",
    )  # fmt: skip
    assert SEEDANCE.body(built) == document


def test_the_pages_request_is_built() -> None:
    """The sample of seedance.md is what is sent."""
    frames = {"image": FIRST, "last_image": LAST, "callback_url": "", "resolution": "1080p", "aspect_ratio": "16:9"}
    assert SEEDANCE.body(seedance(**frames)) == PAGE["Request: first and last frame"]


def test_text_alone_names_length_and_resolution() -> None:
    """No default of the service decides the bill; only an image makes the shape adaptive."""
    body = SEEDANCE.body(seedance())
    assert body["input"] == [{"type": "text", "text": "the girl says cheese"}]
    assert (body["duration"], body["resolution"], body["ratio"]) == (5, "720p", "16:9")
    assert "auto_duration" not in body
    body = SEEDANCE.body(seedance(image=image(kind="JPEG")))
    assert body["ratio"] == "adaptive"
    assert body["input"][1]["image_url"]["url"].startswith("data:image/jpeg;base64,")


def test_the_service_chooses_the_length_only_if_asked_to() -> None:
    """Duration -1 is sent together with auto_duration; either one alone is refused with the reason."""
    assert SEEDANCE.body(seedance(duration=-1, auto_duration=True))["duration"] == -1
    for given in ({"duration": -1}, {"auto_duration": True}):
        with pytest.raises(InvalidRequest, match="the model chooses the length, and so the price"):
            seedance(**given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"duration": 3}, "duration must be"),
        ({"duration": 13}, "duration must be"),
        ({"seed": -2}, "seed must be"),
        ({"seed": 2**32}, "seed must be"),
        ({"ratio": "16:9"}, "seedance has no ratio"),
        ({"aspect_ratio": "2:1"}, "adaptive, not 2:1"),
        ({"last_image": LAST}, "seedance takes"),
        ({"reference": LAST}, "seedance takes"),
        ({"generate_audio": "loud"}, "must be yes or no"),
    ],
)
def test_values_outside_the_document_are_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values and images that the document does not allow are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        seedance(**given)
    assert words in error.value.message


@pytest.mark.parametrize("seed", [0, -1, 2**32 - 1])
def test_seed_0_is_a_seed(seed: int) -> None:
    """Every allowed seed is sent as given."""
    assert SEEDANCE.body(seedance(seed=seed))["seed"] == seed


@pytest.mark.parametrize(
    ("given", "amount"),
    [
        ({"resolution": "1080p"}, "3.888"),
        ({"resolution": "1080p", "generate_audio": False}, "1.944"),
        ({"duration": 10}, "3.456"),
        ({"aspect_ratio": "1:1", "resolution": "480p", "duration": 4}, "0.6144"),
        ({"aspect_ratio": "adaptive"}, None),
        ({"duration": -1}, None),
    ],
)
def test_the_price_counts_tokens(given: dict[str, Value], amount: str | None) -> None:
    """The price follows from size, frames and length; it is unknown if the model chooses one of them."""
    params = {"resolution": "720p", "aspect_ratio": "16:9", "duration": 5, "generate_audio": True, **given}
    price = SEEDANCE.models[0].price(Request(SEEDANCE.models[0].id, "a girl", params))
    assert (None if price is None else price.amount) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("width", "height", "same_as"),
    [(1366, 768, "16:9"), (1280, 720, "16:9"), (720, 1280, "9:16"), (1000, 980, "1:1"), (2000, 800, "21:9")],
)
def test_an_adaptive_shape_is_priced_by_the_frame(width: int, height: int, same_as: str) -> None:
    """The first frame decides the shape, and so its real size the price; a frame behind a link leaves it unknown."""
    model, params = SEEDANCE.models[0], {"resolution": "480p", "duration": 5, "generate_audio": True}
    frame = MediaInput("image", data=b"x", width=width, height=height)
    adaptive, fixed = ({**params, "aspect_ratio": ratio} for ratio in ("adaptive", same_as))
    assert model.price(Request(model.id, "a girl", adaptive, (frame,))) == model.price(
        Request(model.id, "a girl", fixed, (frame,))
    )
    linked = MediaInput("image", url="https://example.com/a.png")
    assert model.price(Request(model.id, "a girl", adaptive, (linked,))) is None


# -- a whole job


@pytest.mark.parametrize("stays_open", [True, False])
@pytest.mark.parametrize("images", [(), ("image",), ("image", "last_image")])
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, images: tuple[str, ...], stays_open: bool) -> None:
    """From text, one frame or two, with a long or a short query stream, one submit leads to one MP4."""
    sandbox.streams_stay_open = stays_open
    ticket = SEEDANCE.submit(seedance(resolution="480p", duration=4, **dict.fromkeys(images, image())), http)
    ready = poll_until_ready(SEEDANCE, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "seedance-get", "input": ticket.task_id, "stream": True}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


def test_progress_is_never_invented(sandbox: Sandbox, http: Transport) -> None:
    """The steps of the stream are reported in the service's words and never as a percentage."""
    ticket = SEEDANCE.submit(seedance(), http)
    running = [event for event in SEEDANCE.follow(ticket, http.service) if isinstance(event, Running)]
    assert "任务状态: running" in [event.message for event in running]
    assert {event.percent for event in running} == {None}
    seen = poll(SEEDANCE, stream_answer(completed("当前进度: 50%")), TICKET)
    assert seen == [Running(message="当前进度: 50%")]


def test_a_failed_job_has_the_reason_of_the_service(http: Transport) -> None:
    """The error of a failed job has the service's words and its reason."""
    ticket = SEEDANCE.submit(seedance("a girl [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match="The output video may contain sensitive information") as failed:
        poll_until_ready(SEEDANCE, ticket, http)
    assert failed.value.reason == "result"


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        SEEDANCE.submit(seedance(f"a girl [[sandbox: {turn}]]"), http)
    assert len(accepted_ids(sandbox)) == 1


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of seedance.md become a ticket, a link, a failure and a refusal."""
    task = PAGE["Reply: task"]
    ticket = submit(SEEDANCE, seedance(), json_answer(task))
    assert ticket == Ticket("cgt-20260119223152-hwhjt", {}, {"usage": task["usage"]})
    *_, ready = poll(SEEDANCE, stream_answer(*PAGE["Reply: events of a finished task"]), TICKET)
    assert ready == Ready((VIDEO_LINK,))
    with pytest.raises(Failed) as failed:
        poll(SEEDANCE, stream_answer(*PAGE["Reply: events of a failed task"]), TICKET)
    assert failed.value.reason == "result"
    with pytest.raises(Refused, match="sensitive") as refusal:
        submit(SEEDANCE, seedance(), error_answer(400, PAGE["Reply: refused"]))
    assert refusal.value.reason == "prompt"


def test_an_id_is_not_lost_with_the_end_of_its_reply() -> None:
    """A reply that breaks off after the id still gives a ticket."""
    assert submit(SEEDANCE, seedance(), truncated(json_answer(PAGE["Reply: task"]), 50)).task_id == TICKET.task_id


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error_answer(400, {"error": {"code": "InputImageSensitiveContentDetected", "message": "a face"}}), "image"),
        (error_answer(400, {"error": {"code": "InvalidParameter", "message": "what?"}}), "parameters"),
        (error_answer(404, {"error": {"code": "InvalidEndpoint.NotFound", "message": "where?"}}), "not found"),
        (error_answer(429, {"error": {"code": "ServerOverloaded", "message": "later"}}), "rate"),
    ],
)
def test_the_code_of_a_refusal_decides_its_reason(answer: Answer, reason: Reason) -> None:
    """The gateway passes on the maker's codes; each becomes the reason of the refusal."""
    with pytest.raises(Refused) as error:
        submit(SEEDANCE, seedance(), answer)
    assert error.value.reason == reason


@pytest.mark.parametrize("label", ["尾帧图片: ", "最后一帧URL: ", "last_frame_url: "])
def test_the_last_frame_is_an_extra_link(label: str) -> None:
    """A link to the last frame is an extra of the result and never taken for the video."""
    *_, ready = poll(SEEDANCE, stream_answer(completed(f"{label}{LAST_FRAME_LINK}\n视频URL: {VIDEO_LINK}\n")), TICKET)
    assert ready == Ready((VIDEO_LINK,), {"last_frame": LAST_FRAME_LINK})


def test_a_label_with_last_frame_can_name_the_video() -> None:
    """A label such as "video of first and last frame" does not turn the video into an extra."""
    *_, ready = poll(SEEDANCE, stream_answer(completed(f"首尾帧视频: {VIDEO_LINK}")), TICKET)
    assert ready == Ready((VIDEO_LINK,))


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("OutputVideoSensitiveContentDetected.PolicyViolation", "result"),
        ("InputTextSensitiveContentDetected", "prompt"),
        ("SomethingNew", ""),
    ],
)
def test_the_code_of_a_failed_task_decides_its_reason(code: str, reason: Reason) -> None:
    """Moderation has its own reason; a task with an unknown code has failed too."""
    with pytest.raises(Failed) as failed:
        poll(SEEDANCE, stream_answer({"type": "response.failed", "response": {"error": {"code": code}}}), TICKET)
    assert failed.value.reason == reason
    assert code in failed.value.message


def test_a_video_that_the_service_has_deleted_is_expired() -> None:
    """The state "expired" ends the job."""
    with pytest.raises(Failed) as failed:
        poll(SEEDANCE, stream_answer(completed("任务状态: expired")), TICKET)
    assert failed.value.reason == "expired"
