"""PixVerse follows its API page: uploads that are free, one submit that takes their ids, replies in two forms."""

from __future__ import annotations

import base64
import dataclasses
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.answers import Answer, Seen, json_answer, truncated
from tests.patience import ended
from tests.providers.steps import (
    FIRST,
    LAST,
    accepted_ids,
    error_answer,
    fetch,
    image,
    poll,
    poll_until_ready,
    request,
    samples,
    serve,
    submit,
    transport_to,
)
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Paused, Reason, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.pixverse import PixVerse
from vidmagic.providers.dmxapi.pixverse_query import PixVerseQuery
from vidmagic.providers.dmxapi.pixverse_upload import Upload
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.render import Quality, render
from vidmagic.session.session import Session
from vidmagic.spec.events import Event, Ready, Running
from vidmagic.spec.request import VIDEO, MediaInput, Request

PIXVERSE = PixVerse()
PROVIDER = PIXVERSE  # the service behind `http`
PAGE = samples("dmxapi/pixverse")
KITTEN = "a kitten plays by the sea"
SOURCE = "https://example.com/video.mp4"
TICKET = Ticket("404137115562463")
SOUND = {"generate_audio_switch": True, "seed": 0}
ALL_OF_V6 = {**SOUND, "negative": "", "motion_mode": "normal", "template_id": 0, "generate_multi_clip_switch": True}
COARSE = Quality(frame_rate=1, short_side=16)
TASK = PAGE["Reply: task, flat"]


def v6(prompt: str = KITTEN, **given: Any) -> Request:
    """Return a request to V6."""
    return request(PIXVERSE, "pixverse", prompt, **given)


def c1(prompt: str = KITTEN, **given: Any) -> Request:
    """Return a request to C1."""
    return request(PIXVERSE, "pixverse-c1", prompt, **given)


def of_job(built: Request, task: str) -> Request:
    """Return a request whose video is that of a finished job."""
    return dataclasses.replace(built, inputs=(MediaInput(VIDEO, job="7k2", task_id=task),))


def sent(built: Request, *ids: int) -> list[Any]:
    """Return the bodies that a submit sends, its uploads first, which are answered with *ids*."""
    given = iter(ids)

    def answer(seen: Seen) -> Answer:
        name = {"pixverse-picture": "img_id", "pixverse-video": "media_id"}.get(seen.json["model"])
        return json_answer({"ErrCode": 0, "ErrMsg": "Success", "Resp": {name: next(given)}} if name else TASK)

    with serve() as server:
        server.then(answer)
        PIXVERSE.submit(built, transport_to(PIXVERSE, server.url))
        return [seen.json for seen in server.seen]


# -- the body


def test_the_pages_request_from_text_is_built() -> None:
    """The sample of the text document is what is sent, and nothing is uploaded."""
    built = v6(duration=5, resolution="360p", aspect_ratio="16:9", **ALL_OF_V6)
    assert sent(built) == [PAGE["Request: text"]]


def test_the_pages_request_from_an_image_is_built() -> None:
    """The file goes up as Base64 without a header, and its id into the submit."""
    content = image()
    built = v6(image=content, style="3d_animation", **ALL_OF_V6)
    upload, body = sent(built, 177602101)
    assert upload == {"model": "pixverse-picture", "input": base64.b64encode(content).decode()}
    assert upload.keys() == PAGE["Upload: an image"].keys()
    assert body == PAGE["Request: image"]


def test_the_pages_request_with_two_frames_is_built() -> None:
    """Links are uploaded too, each in its own call, in their roles."""
    *uploads, body = sent(v6(image=FIRST, last_image=LAST, **SOUND), 177602101, 177602102)
    assert uploads == [
        PAGE["Upload: the link of an image"],
        {**PAGE["Upload: the link of an image"], "image_url": LAST},
    ]
    assert body == PAGE["Request: first and last frame"]


def test_the_pages_request_to_extend_is_built() -> None:
    """A finished job is named by the service's id and needs no upload; the watermark is always named."""
    built = v6("across the universe", video=SOURCE, resolution="720p", style="anime", seed=123456789)
    assert sent(of_job(built, "401770290104009")) == [PAGE["Request: extend"]]


def test_another_video_to_extend_is_uploaded() -> None:
    """A link goes up as it is, and the id of the upload stands under its own name."""
    upload, body = sent(v6(video=SOURCE), 401771420158031)
    assert upload == PAGE["Upload: the link of a video"]
    assert (body["video_media_id"], "source_video_id" in body) == (401771420158031, False)


def test_a_local_video_is_uploaded_as_it_is(tmp_path: Path) -> None:
    """A file goes up as Base64 without a header; one beyond the document's limits is refused here."""
    path = tmp_path / "kitten.mp4"
    render(path, "", seconds=2, width=64, height=48, quality=COARSE)
    upload, body = sent(v6(video=str(path)), 9)
    assert upload == {"model": "pixverse-video", "input": base64.b64encode(path.read_bytes()).decode()}
    assert body["video_media_id"] == 9
    for seconds, width, words in ((31, 64, "0 to 30 s"), (2, 1922, "1 to 1,920 a side")):
        render(path, "", seconds=seconds, width=width, height=48, quality=COARSE)
        with pytest.raises(InvalidRequest, match=words):
            v6(video=str(path))


def test_the_pages_request_with_references_is_built() -> None:
    """Names and types of the references stand in the order in which they were given."""
    built = c1(
        "@dog plays at @sea", reference=[FIRST, LAST], ref_name="dog + sea", ref_type="subject+background",
        resolution="720p", aspect_ratio="2:3", seed=123456789, generate_audio_switch=True,
    )  # fmt: skip
    assert sent(built, 182641012, 182641035)[2:] == [PAGE["Request: references"]]


def test_references_without_names_are_numbered_subjects() -> None:
    """Without names the prompt calls them @ref1 and @ref2."""
    body = sent(c1("@ref1 meets @ref2", reference=[FIRST, LAST]), 11, 12)[-1]
    assert body["image_references"] == [
        {"type": "subject", "img_id": 11, "ref_name": "ref1"},
        {"type": "subject", "img_id": 12, "ref_name": "ref2"},
    ]


def test_the_same_image_is_uploaded_once() -> None:
    """One upload serves both frames."""
    content = image()
    upload, body = sent(v6(image=content, last_image=content), 5)
    assert upload["model"] == "pixverse-picture"
    assert (body["first_frame_img"], body["last_frame_img"]) == (5, 5)


@pytest.mark.parametrize(
    ("built", "extra"),
    [
        (v6(), {"aspect_ratio", "generate_multi_clip_switch", "thinking_type"}),
        (v6(image=FIRST), {"img_id", "generate_multi_clip_switch", "thinking_type"}),
        (v6(image=FIRST, last_image=LAST), {"first_frame_img", "last_frame_img"}),
        (c1(), {"aspect_ratio"}),
        (c1(image=FIRST), {"img_id"}),
        (c1(image=FIRST, last_image=LAST), {"first_frame_img", "last_frame_img"}),
    ],
)
def test_what_decides_the_price_is_always_sent(built: Request, extra: set[str]) -> None:
    """Length, resolution, sound and motion are named even if nothing is given, and no field of another mode is."""
    body = PIXVERSE.body(built)
    paid = {"duration", "quality", "generate_audio_switch", "motion_mode"}
    assert body.keys() == {"model", "input", *paid, *extra}
    assert [body[name] for name in sorted(paid)] == [5, False, "normal", "540p"]


def test_extending_and_references_name_what_they_have() -> None:
    """Extending names the watermark and no sound; references have no motion."""
    body = PIXVERSE.body(v6(video=SOURCE))
    assert body.keys() == {"model", "input", "video_media_id", "duration", "quality", "motion_mode", "water_mark"}
    assert body["water_mark"] is False
    assert v6(video=SOURCE, watermark=True).params["watermark"] is True
    body = PIXVERSE.body(c1(reference=FIRST))
    assert body.keys() == {
        "model", "input", "image_references", "duration", "quality", "aspect_ratio", "generate_audio_switch",
    }  # fmt: skip


def test_a_body_without_ids_shows_where_they_will_stand() -> None:
    """A dry run uploads nothing: it shows a place for the id."""
    assert PIXVERSE.body(v6(image=FIRST))["img_id"] == "(id given by the upload)"


# -- what is refused before anything is sent


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": " \n"}, "the prompt is empty"),
        ({"prompt": "x" * 5001}, "5,000"),
        ({"prompt": "x" * 2049, "image": FIRST}, "2,048"),
        ({"prompt": "x" * 2049, "image": FIRST, "last_image": LAST}, "2,048"),
        ({"prompt": "x" * 2049, "video": SOURCE}, "2,048"),
        ({"duration": 0}, "duration must be"),
        ({"duration": 16}, "duration must be"),
        ({"duration": 2.5}, "duration must be"),
        ({"resolution": "480p"}, "resolution must be 360p, 540p, 720p or 1080p, not 480p"),
        ({"quality": "540p"}, "no quality"),
        ({"aspect_ratio": "5:4"}, "aspect_ratio must be"),
        ({"aspect_ratio": "1:1", "image": FIRST}, "aspect_ratio does not go with"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 2**31}, "seed must be"),
        ({"negative": "x" * 2049}, "negative must have at most 2,048 characters"),
        ({"negative": "x", "image": FIRST, "last_image": LAST}, "negative does not go with"),
        ({"negative": "x", "video": SOURCE}, "negative does not go with"),
        ({"motion_mode": "slow"}, "motion_mode must be normal or fast"),
        ({"motion_mode": "fast", "duration": 8}, "fast takes every length but 8 s"),
        ({"motion_mode": "fast", "duration": 8, "image": FIRST}, "fast takes every length but 8 s"),
        ({"motion_mode": "fast", "duration": 8, "video": SOURCE}, "fast takes every length but 8 s"),
        ({"style": "anime"}, "style does not go with"),
        ({"style": "clay", "image": FIRST}, "style must be"),
        ({"style": "anime", "image": FIRST, "last_image": LAST}, "style does not go with"),
        ({"template_id": -1}, "template_id must be"),
        ({"template_id": 1, "video": SOURCE}, "template_id does not go with"),
        ({"thinking_type": "on"}, "thinking_type must be"),
        ({"thinking_type": "auto", "image": FIRST, "last_image": LAST}, "thinking_type does not go with"),
        ({"generate_audio_switch": True, "video": SOURCE}, "generate_audio_switch does not go with"),
        ({"generate_audio_switch": "loud"}, "must be yes or no"),
        ({"watermark": False}, "watermark does not go with"),
        ({"watermark": False, "image": FIRST}, "watermark does not go with"),
        ({"last_image": LAST}, "pixverse takes"),
        ({"reference": LAST}, "pixverse takes"),
        ({"image": FIRST, "video": SOURCE}, "pixverse takes"),
        ({"image": [FIRST, LAST]}, "pixverse takes"),
        ({"video": [SOURCE, SOURCE]}, "pixverse takes"),
    ],
)
def test_what_v6_does_not_take_is_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, fields of another mode and inputs that the documents do not allow are refused here, in our terms."""
    with pytest.raises(InvalidRequest) as error:
        v6(**given)
    assert words in error.value.message


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": "x" * 5001}, "5,000"),
        ({"prompt": "x" * 2049, "image": FIRST}, "2,048"),
        ({"prompt": "x" * 2049, "reference": FIRST}, "2,048"),
        ({"motion_mode": "fast"}, "motion_mode must be normal, not fast"),
        ({"motion_mode": "normal", "reference": FIRST}, "motion_mode does not go with"),
        ({"duration": 6, "reference": FIRST}, "duration must be 5 s"),
        ({"generate_multi_clip_switch": True}, "no generate_multi_clip_switch"),
        ({"thinking_type": "auto"}, "no thinking_type"),
        ({"watermark": False}, "no watermark"),
        ({"style": "anime"}, "style does not go with"),
        ({"style": "anime", "reference": FIRST}, "style does not go with"),
        ({"negative": "x", "reference": FIRST}, "negative does not go with"),
        ({"ref_name": "dog"}, "ref_name does not go with"),
        ({"ref_type": "subject", "image": FIRST}, "ref_type does not go with"),
        ({"video": SOURCE}, "pixverse-c1 takes"),
        ({"last_image": LAST}, "pixverse-c1 takes"),
        ({"reference": [FIRST] * 4}, "pixverse-c1 takes"),
        ({"reference": FIRST, "image": FIRST}, "pixverse-c1 takes"),
        ({"reference": [FIRST, LAST], "ref_name": "dog"}, "ref_name lists dog, and there are 2 references"),
        (
            {"reference": FIRST, "ref_type": "subject+background"},
            "background, and there is 1 reference: list one",
        ),
        ({"reference": FIRST, "ref_type": "person"}, "ref_type must be subject or background"),
        ({"reference": [FIRST, LAST], "ref_name": "dog+dog"}, "ref_name must be different names"),
        ({"reference": [FIRST, LAST], "ref_name": "dog+"}, "ref_name must be"),
        ({"reference": FIRST, "ref_name": "my dog"}, "ref_name must be"),
        ({"reference": FIRST, "ref_name": "@dog"}, "ref_name must be"),
        ({"reference": FIRST, "prompt": "@cat sleeps"}, "@cat in the prompt is not a reference: write @ref1"),
        ({"reference": FIRST, "prompt": "@ref1, asleep"}, "a space after it"),
        ({"reference": FIRST, "prompt": "look at @ref1\nand the sea"}, "@ref1 in the prompt needs a space after it"),
    ],
)
def test_what_c1_does_not_take_is_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """The same for C1, with the rules of its references."""
    with pytest.raises(InvalidRequest) as error:
        c1(**given)
    assert words in error.value.message


def test_all_that_the_documents_allow_is_taken() -> None:
    """The bounds themselves are inside."""
    for length in (1, 15):
        assert PIXVERSE.body(v6(duration=length, motion_mode="fast"))["duration"] == length
    assert PIXVERSE.body(v6("x" * 5000, seed=2**31 - 1))["seed"] == 2**31 - 1
    assert len(PIXVERSE.body(c1("x" * 2048, image=FIRST, negative="y" * 2048))["negative_prompt"]) == 2048
    assert c1("@ref1 and @ref3 ", reference=[FIRST] * 3).mode == "reference"


def test_an_image_wider_than_the_service_takes_is_refused() -> None:
    """More than 10,000 pixels a side are refused, in the name that the user gave."""
    with pytest.raises(InvalidRequest, match="10001×8 pixels"):
        v6(image=image(10_001, 8))


# -- the price


@pytest.mark.parametrize(
    ("built", "amount"),
    [
        (v6(resolution="360p", generate_audio_switch=True), "13.5"),
        (v6(image=FIRST, generate_audio_switch=True), "13.5"),
        (v6(video=SOURCE, resolution="720p"), "13.5"),
        (c1(generate_audio_switch=True), "15"),
        (c1(reference=FIRST, resolution="720p", generate_audio_switch=True), "19.5"),
        (v6(), None),
        (v6(generate_audio_switch=True), None),
        (v6(image=FIRST, generate_audio_switch=True, duration=6), None),
        (c1(reference=FIRST, generate_audio_switch=True), None),
    ],
)
def test_only_what_a_sample_asks_for_has_a_price(built: Request, amount: str | None) -> None:
    """The samples are hardly real: their price is about, and no other price follows from it."""
    model = next(model for model in PIXVERSE.models if model.id == built.model)
    price = model.price(built)
    assert (price and price.amount) == (amount and Decimal(amount))
    assert price is None or price.label.startswith("about ¥")


# -- uploads


@pytest.mark.parametrize("name", ["PixVerse-V6", "PixVerse-C1", "paiwo-video", "pixverse-video-extend", ""])
def test_only_an_upload_is_sent_as_one(name: str) -> None:
    """A model's name that may start a job cannot be sent by a free call."""
    with pytest.raises(ValueError, match="may start a job"):
        Upload(name, "img_id")
    with pytest.raises(ValueError, match="would start a job"):
        PixVerseQuery(name)


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (json_answer({"ErrCode": 500054, "ErrMsg": "inappropriate", "Resp": None}), Refused, "image"),
        (json_answer({"ErrCode": 500063, "ErrMsg": "not compliant", "Resp": None}), Refused, "image"),
        (json_answer({"ErrCode": 123456, "ErrMsg": "what?", "Resp": None}), Refused, "image"),
        (error_answer(400, {"error": {"code": "pixverse_500032", "message": "no image"}}), Refused, "image"),
        (error_answer(413, {"error": {"message": "too large"}}), Refused, "image"),
        (error_answer(429, {"error": {"code": "rate_limit_exceeded", "message": "later"}}), Refused, "rate"),
        (error_answer(401, {"error": {"code": "invalid_api_key", "message": "who?"}}), Paused, "key"),
        (error_answer(403, {"error": {"code": "insufficient_user_quota", "message": "poor"}}), Paused, "balance"),
        (error_answer(503, {"error": {"message": "busy"}}), Unreachable, ""),
        (json_answer({"ErrCode": 0, "ErrMsg": "Success", "Resp": {"img_id": 0}}), Unreachable, ""),
        (json_answer({"ErrCode": 0, "ErrMsg": "Success", "Resp": {"img_id": "seven"}}), Unreachable, ""),
        (json_answer({}), Unreachable, ""),
    ],
)
def test_without_an_upload_nothing_is_submitted(answer: Answer, error: type[Exception], reason: Reason) -> None:
    """An upload that fails costs nothing, ends the submit before it is sent, and says why."""
    with serve(answer) as server:
        with pytest.raises(error) as failed:
            PIXVERSE.submit(v6(image=FIRST), transport_to(PIXVERSE, server.url))
        assert [seen.json["model"] for seen in server.seen] == ["pixverse-picture"]
    assert failed.value.reason == reason  # type: ignore[attr-defined]


def test_the_pages_replies_to_uploads_are_read() -> None:
    """The samples of the two upload documents give the ids."""
    for built, page, name in (
        (v6(image=FIRST), PAGE["Reply: uploaded image"], "img_id"),
        (v6(video=SOURCE), PAGE["Reply: uploaded video"], "video_media_id"),
    ):
        with serve(json_answer(page), json_answer(TASK)) as server:
            PIXVERSE.submit(built, transport_to(PIXVERSE, server.url))
            assert server.seen[-1].json[name] in {177602101, 397173518038512}


# -- a whole job


@pytest.mark.parametrize(
    "built",
    [
        v6(),
        v6(image=image()),
        v6(image=image(), last_image=image(48, 48)),
        v6(video=SOURCE),
        c1(),
        c1(image=image(kind="JPEG")),
        c1(image=FIRST, last_image=image(kind="WEBP")),
        c1("@dog at @sea", reference=[image(), FIRST], ref_name="dog+sea", ref_type="subject+background"),
    ],
    ids=["text", "image", "frames", "extend", "c1-text", "c1-image", "c1-frames", "c1-references"],
)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, built: Request) -> None:
    """In each mode one submit leads to one MP4, and neither the uploads nor the polls buy anything."""
    ticket = PIXVERSE.submit(built, http)
    ready = poll_until_ready(PIXVERSE, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[-2].body == {"model": "paiwo-get", "input": ticket.task_id}
    assert set(ticket.reported) == {"credits", "usage"}


def test_a_finished_job_is_extended_by_its_id(sandbox: Sandbox, http: Transport) -> None:
    """The id of a finished task is taken without an upload; that of an unfinished one is refused."""
    first = PIXVERSE.submit(c1(), http)
    extending = of_job(v6(video=SOURCE), first.task_id)
    with pytest.raises(Refused):
        PIXVERSE.submit(extending, http)
    poll_until_ready(PIXVERSE, first, http)
    second = PIXVERSE.submit(extending, http)
    assert accepted_ids(sandbox) == [first.task_id, second.task_id]


def test_a_job_of_the_family_is_extended_by_its_id(session: Session, sandbox: Sandbox) -> None:
    """Its video stays at the service, and none of the limits of an upload holds for it."""
    made = ended(session.start("a wide kitten", "pixverse-c1", resolution="1080p", aspect_ratio="21:9"))
    extended = ended(session.start("and it sleeps", "pixverse", video=made))
    assert (extended.state, extended.record.mode) == ("done", "extend")
    bodies = [call.body for call in sandbox.ledger if call.origin == "api"]
    assert [body["source_video_id"] for body in bodies if "source_video_id" in body] == [int(made.task_id)]
    assert "pixverse-video" not in [body["model"] for body in bodies]


def test_a_job_of_another_family_is_uploaded(session: Session, sandbox: Sandbox) -> None:
    """Its id means nothing here: its file goes up in its place."""
    other = ended(session.start("a kitten", "seedance", resolution="480p", duration=4))
    extended = ended(session.start("and it sleeps", "pixverse", video=other.id))
    assert extended.state == "done"
    bodies = [call.body for call in sandbox.ledger if call.origin == "api"]
    assert [body["model"] for body in bodies if body["model"].startswith("pixverse")] == ["pixverse-video"]
    assert len(accepted_ids(sandbox)) == 2


@pytest.mark.parametrize("given", [{}, {"image": FIRST}])
def test_a_failed_job_has_a_reason(http: Transport, given: dict[str, str]) -> None:
    """In both forms of the reply a failed task is failed."""
    ticket = PIXVERSE.submit(v6("a kitten [[sandbox: fail]]", **given), http)
    with pytest.raises(Failed):
        poll_until_ready(PIXVERSE, ticket, http)


@pytest.mark.parametrize("built", [v6("a kitten [[sandbox: refuse]]"), c1("a kitten [[sandbox: refuse]]")])
def test_a_refused_prompt_is_not_charged(sandbox: Sandbox, http: Transport, built: Request) -> None:
    """The moderation's refusal is one in both forms of an error."""
    with pytest.raises(Refused) as refused:
        PIXVERSE.submit(built, http)
    assert refused.value.reason == "prompt"
    assert accepted_ids(sandbox) == []


@pytest.mark.parametrize("turn", ["error500", "drop"])
def test_a_lost_answer_is_an_unknown_outcome(sandbox: Sandbox, http: Transport, turn: str) -> None:
    """An answer that is lost may have been charged, and nothing is sent twice."""
    with pytest.raises(OutcomeUnknown):
        PIXVERSE.submit(c1(f"a kitten [[sandbox: {turn}]]", image=FIRST), http)
    assert len(accepted_ids(sandbox)) == 1


# -- replies


@pytest.mark.parametrize("page", ["Reply: task, flat", "Reply: task, under Resp"])
@pytest.mark.parametrize("built", [v6(), c1()])
def test_the_pages_replies_to_a_submit_are_read(page: str, built: Request) -> None:
    """Flat or under `Resp`, for either model: id, credits and usage."""
    task = PAGE[page]
    inner = task.get("Resp", task)
    ticket = submit(PIXVERSE, built, json_answer(task))
    assert ticket == Ticket(str(inner["video_id"]), {}, {"credits": inner["credits"], "usage": task["usage"]})


def test_an_id_is_not_lost_with_the_end_of_its_reply() -> None:
    """A reply that breaks off after the id still gives a ticket."""
    for page in ("Reply: task, flat", "Reply: task, under Resp"):
        task = PAGE[page]
        cut = truncated(
            json_answer(task), len('{"ErrCode": 0, "ErrMsg": "success", "Resp": {"video_id": 397959966880294, ')
        )
        assert submit(PIXVERSE, v6(), cut).task_id == str(task.get("Resp", task)["video_id"])


def test_the_pages_replies_to_a_query_are_read() -> None:
    """The samples of the page become a state, a link and a failure."""
    assert poll(PIXVERSE, json_answer(PAGE["Reply: running"]), TICKET) == [Running(message="processing")]
    link = "https://example.com/pixverse%2Fmp4%2Fvideo.mp4"
    [ready] = poll(PIXVERSE, json_answer(PAGE["Reply: done, under Resp"]), TICKET)
    assert ready == Ready((link, link.replace("%2F", "/")), {}, 640, 360, {"credits": 7})
    [ready] = poll(PIXVERSE, json_answer(PAGE["Reply: done, flat"]), TICKET)
    assert ready == Ready(("https://example.com/401770462988288.mp4",), reported={"credits": 45})
    with pytest.raises(Failed, match="moderation") as failed:
        poll(PIXVERSE, json_answer(PAGE["Reply: failed"]), TICKET)
    assert failed.value.reason == "result"


def state(**changes: Any) -> list[Event]:
    """Return the events of a poll whose reply under `Resp` has these changes."""
    page = PAGE["Reply: done, under Resp"]
    return poll(PIXVERSE, json_answer({**page, "Resp": {**page["Resp"], **changes}}), TICKET)


def test_a_link_that_comes_too_early_is_not_ready() -> None:
    """Neither in status 5, nor with a picture of width 0, nor in a status that nobody documents."""
    for changes in ({"status": 5}, {"outputWidth": 0}, {"status": 6}, {"status": "processing"}):
        assert all(isinstance(event, Running) for event in state(**changes))


@pytest.mark.parametrize(("status", "reason"), [(7, "result"), (8, "")])
def test_both_failures_end_the_job(status: int, reason: Reason) -> None:
    """7 is the moderation's, 8 the generation's; a text of the service goes before ours."""
    with pytest.raises(Failed, match=f"status {status}") as failed:
        state(status=status)
    assert failed.value.reason == reason
    with pytest.raises(Failed, match="too many cats"):
        state(status=status, fail_reason="too many cats")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (error_answer(400, PAGE["Reply: refused"]), "parameters"),
        (json_answer(PAGE["Reply: refused under ErrCode"]), "prompt"),
        (json_answer({"ErrCode": 701009, "ErrMsg": "your own content only", "Resp": None}), "parameters"),
        (json_answer({"ErrCode": 500044, "ErrMsg": "the limit", "Resp": None}), "concurrency"),
        (json_answer({"ErrCode": 400032, "ErrMsg": "image ID", "Resp": None}), "image"),
        (error_answer(400, {"error": {"code": "pixverse_v6_500054", "message": "image"}}), "image"),
        (error_answer(400, {"error": {"code": "new", "message": "what?"}}), "parameters"),
    ],
)
def test_the_code_of_a_refusal_decides_its_reason(answer: Answer, reason: Reason) -> None:
    """The maker's codes count wherever they stand."""
    with pytest.raises(Refused) as error:
        submit(PIXVERSE, v6(), answer)
    assert error.value.reason == reason


def test_an_unknown_code_with_status_200_is_an_unknown_outcome() -> None:
    """A code that no document names does not say whether a task was made."""
    with pytest.raises(OutcomeUnknown):
        submit(PIXVERSE, v6(), json_answer({"ErrCode": 999999, "ErrMsg": "?", "Resp": None}))


def test_a_query_that_fails_is_asked_again() -> None:
    """An error of the query is none of the task."""
    for code in (500008, 701009, 999999):
        with pytest.raises(Unreachable):
            poll(PIXVERSE, json_answer({"ErrCode": code, "ErrMsg": "what?", "Resp": None}), TICKET)
    with pytest.raises(Unreachable):
        poll(PIXVERSE, error_answer(404, {"error": {"code": "task_not_exist", "message": "任务不存在"}}), TICKET)
