"""The two Kling models follow their API page, in one shot and in several."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.answers import json_answer
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
from vidmagic.errors import Failed, InvalidRequest, Reason, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.dmxapi.kling import Kling, KlingVideo
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.spec.events import Queued, Ready, Running
from vidmagic.spec.request import Request

KLING, VIDEO = Kling(), KlingVideo()
PROVIDER, SECONDS = KLING, 0.4  # the service behind `http`; how long a sandbox job takes
PAGE = samples("dmxapi/kling")
TICKET = Ticket("tsk-geuwh82xfidrbj6y")
VIDEO_TICKET = Ticket("05f59029-ab02-4976-854a-5c70df275879")
PLAIN, MARKED = "https://example.com/plain.mp4", "https://example.com/marked.mp4"
SHOTS = "[2 s] a cat slowly comes into the picture\n---\n[3 s] the cat walks on"


def kling(prompt: str = "a cat begins to move", **given: Any) -> Request:
    """Return a request to kling-v3."""
    return request(KLING, "kling", prompt, **given)


def kling_video(prompt: str = "a kitten runs in the moonlight", **given: Any) -> Request:
    """Return a request to kling-v3-video-generation."""
    return request(VIDEO, "kling-video", prompt, **given)


def refusal(prompt: str, **given: Any) -> str:
    """Return the message of a request that is refused here."""
    with pytest.raises(InvalidRequest) as error:
        kling(prompt, **given)
    return error.value.message


def times(prompt: str, **given: Any) -> tuple[list[str], str]:
    """Return the times of the shots of a prompt, and the duration, as they are sent."""
    body = KLING.body(kling(prompt, **given))
    return [shot["duration"] for shot in body["multi_prompt"]], body["duration"]


def state(task: dict[str, Any]) -> Any:
    """Return an answer to a query whose text is *task*."""
    return json_answer(
        {"output": [{"type": "message", "content": [{"type": "output_text", "text": json.dumps(task)}]}]}
    )


# -- the body

TEXT_FIELDS = {"negative": "a dog", "sound": True, "cfg_scale": 1, "watermark": True, "aspect_ratio": "9:16"}
IMAGE_FIELDS = {"image": FIRST, "negative": "blur", "sound": True, "mode": "pro"}


@pytest.mark.parametrize(
    ("title", "prompt", "given"),
    [
        ("text", "a cat begins to move", TEXT_FIELDS),
        ("text, own shots", SHOTS, TEXT_FIELDS),
        ("first and last frame", "the bird sits on her head", {**IMAGE_FIELDS, "last_image": LAST}),
        (
            "image, own shots",
            "[3 s] the astronaut turns round\n---\n[2 s] she opens her visor and smiles",
            IMAGE_FIELDS,
        ),
        (
            "subjects",
            "<<<element_1>>> and the astronaut watch the stars",
            {**IMAGE_FIELDS, "element_list": "149", "duration": 8},
        ),
    ],
)
def test_the_documents_requests_are_rebuilt(title: str, prompt: str, given: dict[str, Any]) -> None:
    """A request goes out with the fields and types of the document's sample of its mode."""
    assert KLING.body(kling(prompt, **given)) == PAGE[f"Request: {title}"]


def test_a_first_frame_alone_goes_out_as_in_the_sample() -> None:
    """The sample of the first frame has neither shots nor a shape."""
    assert KLING.body(kling("the camera comes closer", **IMAGE_FIELDS)) == {
        "model": "kling-v3", "image": FIRST, "input": "the camera comes closer", "negative_prompt": "blur",
        "cfg_scale": 0.5, "mode": "pro", "sound": "on", "duration": "5", "watermark_info": {"enabled": False},
    }  # fmt: skip


def test_the_other_models_requests_are_rebuilt() -> None:
    """Its fields stand in two objects, its durations are numbers, and the watermark is a switch."""
    body = VIDEO.body(kling_video(duration=10, watermark=True))
    assert body == PAGE["Request: kling-video, text"]
    shots = "[3 s] the kitten jumps into the tree\n---\n[2 s] it looks back at the evening sun"
    given = {"image": FIRST, "last_image": LAST, "mode": "std", "watermark": True, "element_list": "105+108"}
    body = VIDEO.body(kling_video(shots, **given))
    assert body == PAGE["Request: kling-video, first and last frame, own shots"]


def test_the_least_request_names_what_decides_the_bill() -> None:
    """Duration, mode, sound and watermark are always sent."""
    assert KLING.body(kling()) == {
        "model": "kling-v3", "input": "a cat begins to move", "multi_shot": False, "aspect_ratio": "16:9",
        "duration": "5", "mode": "std", "sound": "off", "cfg_scale": 0.5, "watermark_info": {"enabled": False},
    }  # fmt: skip
    parameters = {"aspect_ratio": "16:9", "mode": "pro", "duration": 5, "audio": False, "watermark": False}
    assert VIDEO.body(kling_video())["parameters"] == parameters


def test_a_local_image_is_sent_as_bare_base64() -> None:
    """No header stands before the Base64; a last frame may stand alone."""
    data = image(400, 300)
    body = KLING.body(kling(last_image=data))
    assert base64.b64decode(body["image_tail"], validate=True) == data
    assert {"image", "aspect_ratio"}.isdisjoint(body)


# -- shots


@pytest.mark.parametrize(
    ("prompt", "given", "expected"),
    [
        (SHOTS, {}, (["2", "3"], "5")),
        ("[4s] a\n---\n[5 sec] b", {}, (["4", "5"], "9")),
        ("[4 s] a\n---\n[5 s] b", {"duration": 9}, (["4", "5"], "9")),
        ("a\n---\nb", {"duration": 8}, (["4", "4"], "8")),
        ("[3 s] a\n---\nb", {}, (["3", "2"], "5")),
        ("[3 s] a\n---\nb\n---\nc", {"duration": 9}, (["3", "3", "3"], "9")),
        ("a single one", {"shot_type": "customize", "duration": 7}, (["7"], "7")),
        ("[7 s] a single one", {"shot_type": "customize"}, (["7"], "7")),
        ("a\r\n --- \r\nb\r\n---\r\nc\n---\nd\n---\ne\n---\nf", {"duration": 12}, (["2"] * 6, "12")),
    ],
)
def test_the_times_of_the_shots_make_the_duration(prompt: str, given: dict[str, Any], expected: object) -> None:
    """Times add up to the duration, and shots without one share equally what is left of it."""
    assert times(prompt, **given) == expected


@pytest.mark.parametrize(
    ("prompt", "given", "words"),
    [
        ("[4 s] a\n---\n[5 s] b", {"duration": 5}, "the shots take 9 s together, and duration is 5 s"),
        ("a\n---\nb", {}, "2 of 2 shots have no time, and 5 s of 5 s are left for them"),
        ("[5 s] a\n---\nb", {}, "1 of 2 shots have no time, and 0 s of 5 s are left"),
        ("[9 s] a\n---\nb", {}, "and 0 s of 5 s are left"),
        ("[9 s] a\n---\n[9 s] b", {}, "the shots take 18 s together; a video takes 3 to 15 s"),
        ("[1 s] a\n---\n[1 s] b", {}, "the shots take 2 s together; a video takes 3 to 15 s"),
        ("[2.5 s] a\n---\n[2.5 s] b", {}, "shot 1 takes 2.5 s; a shot takes whole seconds"),
        ("[0 s] a\n---\n[5 s] b", {}, "shot 1 takes 0 s"),
        ("[2] a\n---\n[3 s] b", {}, "shot 1 begins with [2]: write its time once, as [3 s]"),
        ("[2 s] [2 s] a\n---\n[3 s] b", {}, "shot 1 begins with [2 s]"),
        ("[2 s] a\n---\n[3 s]", {}, "shot 2 has no words"),
        ("[2 s] a\n---\n[3 s] b\n---\n", {}, "shot 3 has no words"),
        ("[2 s] " + "a" * 513 + "\n---\n[3 s] b", {}, "shot 1 has 513 characters; a shot takes at most 512"),
        ("\n---\n".join("[1 s] a" for _ in range(7)), {}, "the prompt has 7 shots; a video takes at most 6"),
        (SHOTS, {"shot_type": "intelligence"}, "lets the model divide the prompt: remove the lines ---"),
        ("[3 s] a cat", {}, "the prompt begins with a time, as a shot does"),
        (SHOTS, {"image": FIRST, "last_image": LAST}, "does not go with a last frame"),
        (SHOTS, {"last_image": LAST}, "does not go with a last frame"),
        ("a", {"last_image": LAST, "shot_type": "intelligence"}, "shot_type does not go with last-frame mode"),
    ],
)
def test_shots_that_the_document_refuses_are_refused(prompt: str, given: dict[str, Any], words: str) -> None:
    """Nothing is sent whose shots do not make the video, and the message is about what was typed."""
    assert words in refusal(prompt, **given)


def test_the_model_divides_the_prompt_itself() -> None:
    """With intelligence the prompt goes out whole, as text, with an image too."""
    for given in ({}, {"image": FIRST}):
        body = KLING.body(kling("a cat crosses a garden", shot_type="intelligence", **given))
        assert (body["input"], body["multi_shot"], body["shot_type"]) == (
            "a cat crosses a garden",
            True,
            "intelligence",
        )
        assert "multi_prompt" not in body
    given = VIDEO.body(kling_video(shot_type="intelligence"))["input"]
    assert given == {"prompt": "a kitten runs in the moonlight", "multi_shot": True, "shot_type": "intelligence"}


def test_a_line_of_hyphens_within_a_line_divides_nothing() -> None:
    """Only a line of its own divides: a dash in a sentence, or more of them, are words."""
    for prompt in ("a cat --- a dog", "a cat\n----\na dog", "a cat\n--\na dog"):
        assert KLING.body(kling(prompt))["input"] == prompt


def test_long_shots_may_exceed_the_prompts_limit_together() -> None:
    """2,500 characters are the limit of a prompt for one shot; six shots of 512 are more and allowed."""
    assert times("\n---\n".join(["a" * 512] * 6), duration=12)[0] == ["2"] * 6
    assert KLING.body(kling("a" * 2500))["input"] == "a" * 2500
    assert "2,501 characters" in refusal("a" * 2501)
    assert "2,501 characters" in refusal("a" * 2501, shot_type="intelligence")


# -- what is refused


@pytest.mark.parametrize(
    ("prompt", "given", "words"),
    [
        (" \n", {}, "the prompt is empty"),
        ("a", {"duration": 2}, "duration must be"),
        ("a", {"duration": 16}, "duration must be"),
        ("a", {"mode": "8k"}, "mode must be std, pro or 4k"),
        ("a", {"cfg_scale": 1.1}, "cfg_scale must be 0 to 1"),
        ("a", {"cfg_scale": -0.1}, "cfg_scale must be 0 to 1"),
        ("a", {"aspect_ratio": "4:3"}, "aspect_ratio must be"),
        ("a", {"aspect_ratio": "1:1", "image": FIRST}, "aspect_ratio does not go with image mode"),
        ("a", {"negative": "a" * 2501}, "negative must have at most 2,500 characters"),
        ("a", {"sound": "loud"}, "must be yes or no"),
        ("a", {"element_list": "149"}, "element_list does not go with text mode"),
        ("a", {"element_list": "149+150+151+152", "image": FIRST}, "element_list must be 1 to 3 numbers"),
        ("a", {"element_list": "the cat", "image": FIRST}, "element_list must be 1 to 3 numbers"),
        ("<<<element_2>>>", {"element_list": "149", "image": FIRST}, "<<<element_2>>>, and element_list has 1 subject"),
        ("<<<element_1>>>", {"image": FIRST}, "element_list has no subjects"),
        ("he <<<voice_1>>> says", {"image": FIRST}, "the prompt names a voice"),
        ("a", {"reference": LAST}, "kling takes"),
        ("a", {"resolution": "720p"}, "kling has no resolution"),
        ("a", {"image": image(299, 400)}, "299"),
        ("a", {"image": image(1000, 390)}, "2.5"),
        ("a", {"last_image": image(400, 400, "WEBP")}, "png or jpeg"),
    ],
)
def test_values_outside_the_document_are_refused_before_sending(prompt: str, given: dict[str, Any], words: str) -> None:
    """What the documents do not allow is refused before a request is sent."""
    assert words in refusal(prompt, **given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mode": "4k"}, "mode must be std or pro"),
        ({"negative": "a dog"}, "kling-video has no negative"),
        ({"cfg_scale": 0.5}, "kling-video has no cfg_scale"),
        ({"last_image": LAST}, "kling-video takes"),
        ({"image": image(400, 400)}, "https"),
        ({"element_list": "149"}, "element_list does not go with text mode"),
        ({"prompt": "a" * 2501}, "2,501 characters"),
    ],
)
def test_the_other_model_takes_less(given: dict[str, Any], words: str) -> None:
    """It has no 4K, no negative prompt, no last frame alone and no local images."""
    with pytest.raises(InvalidRequest) as error:
        kling_video(**given)
    assert words in error.value.message


# -- the price


@pytest.mark.parametrize(
    ("prompt", "given", "amount"),
    [
        ("a", {}, "3.00"),
        ("a", {"sound": True}, "4.50"),
        ("a", {"sound": True, "mode": "pro"}, "6.00"),
        ("a", {"sound": True, "mode": "pro", "duration": 8}, "9.60"),
        ("a", {"mode": "4k"}, None),
        ("[4 s] a\n---\n[6 s] b", {}, "6.00"),
    ],
)
def test_the_price_is_that_of_the_samples(prompt: str, given: dict[str, Any], amount: str | None) -> None:
    """The samples' tokens make the price, for the seconds that the shots add up to; 4K has none."""
    price = KLING.models[0].price(kling(prompt, **given))
    assert (None if price is None else price.amount) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("given", "amount"), [({"mode": "std"}, "3.00"), ({"duration": 10}, "8.00"), ({"duration": 15}, "12.00")]
)
def test_the_other_models_price_is_that_of_its_samples(given: dict[str, Any], amount: str) -> None:
    """Its samples are silent: 30,000, 80,000 and 120,000 tokens."""
    price = VIDEO.models[0].price(kling_video(**given))
    assert price is not None
    assert price.amount == Decimal(amount)


# -- whole jobs


@pytest.mark.parametrize(
    ("prompt", "given"),
    [
        ("a cat", {"sound": True}),
        (SHOTS, {"watermark": True}),
        ("a cat", {"image": image(400, 300)}),
        (SHOTS, {"image": FIRST, "element_list": "149+153"}),
        ("a cat", {"image": image(400, 300), "last_image": LAST}),
        ("a cat", {"last_image": image(400, 300)}),
        ("a cat", {"shot_type": "intelligence"}),
    ],
)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, prompt: str, given: dict[str, Any]) -> None:
    """In each mode one submit leads to one MP4, by the query of this model."""
    ticket = KLING.submit(kling(prompt, duration=5, **given), http)
    ready = poll_until_ready(KLING, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    assert sandbox.ledger[1].body == {"model": "kling-v3-get-all", "input": ticket.task_id}
    keyed = {call.headers.get("Authorization") for call in sandbox.ledger if call.origin == "api"}
    assert keyed == {redacted(KEY)}


@pytest.mark.parametrize(
    ("prompt", "given"),
    [
        ("a kitten", {"mode": "std"}),
        (SHOTS, {"image": FIRST}),
        (SHOTS, {"image": FIRST, "last_image": LAST, "watermark": True}),
        ("a kitten", {"shot_type": "intelligence", "sound": True}),
    ],
)
def test_a_job_of_the_other_model_ends_in_a_video(
    sandbox: Sandbox, http: Transport, prompt: str, given: dict[str, Any]
) -> None:
    """It has a query of its own."""
    ticket = VIDEO.submit(kling_video(prompt, **given), http)
    assert ticket.reported["usage"]
    ready = poll_until_ready(VIDEO, Ticket(ticket.task_id), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert sandbox.ledger[1].body == {"model": "kling-v3-get", "input": ticket.task_id}


@pytest.mark.parametrize(("provider", "make"), [(KLING, kling), (VIDEO, kling_video)])
def test_a_failed_job_has_the_words_of_the_service(http: Transport, provider: Any, make: Any) -> None:
    """The error of a failed job is the service's own message."""
    ticket = provider.submit(make("a cat [[sandbox: fail]]"), http)
    with pytest.raises(Failed, match="risk control"):
        poll_until_ready(provider, ticket, http)


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of kling.md become a ticket, states, a link and a failure."""
    task = PAGE["Reply: task"]
    ticket = submit(KLING, kling(), json_answer(task))
    assert (ticket.task_id, ticket.reported["usage"]) == ("tsk-geuace0sf3c6evp5", task["usage"])
    assert isinstance(poll(KLING, json_answer(PAGE["Reply: at work"]), TICKET)[-1], Running)
    with pytest.raises(Failed, match="risk control"):
        poll(KLING, json_answer(PAGE["Reply: failed"]), TICKET)
    task = PAGE["Reply: kling-video, task"]
    ticket = submit(VIDEO, kling_video(), json_answer(task))
    assert (ticket.task_id, ticket.reported["usage"]) == (VIDEO_TICKET.task_id, task["usage"])


def test_who_asks_for_a_watermark_gets_it() -> None:
    """Of two videos the marked one is the result, and the other is never fetched in its place."""
    *_, ready = poll(KLING, json_answer(PAGE["Reply: finished"]), TICKET)
    assert isinstance(ready, Ready)
    assert ready.urls == (MARKED,)
    assert ready.reported["final_unit_deduction"] == "9"
    *_, ready = poll(VIDEO, json_answer(PAGE["Reply: kling-video, finished"]), VIDEO_TICKET)
    assert ready.urls == (PLAIN,)
    both = {"task_status": "SUCCEEDED", "video_url": PLAIN, "watermark_video_url": MARKED}
    *_, ready = poll(VIDEO, state(both), VIDEO_TICKET)
    assert ready.urls == (MARKED,)


@pytest.mark.parametrize(
    ("provider", "word", "event"),
    [
        (KLING, "submitted", Queued),
        (KLING, "processing", Running),
        (VIDEO, "PENDING", Queued),
        (VIDEO, "RUNNING", Running),
    ],
)
def test_the_states_of_both_models_are_known(provider: Any, word: str, event: type) -> None:
    """Each state that goes on is waiting or running, whatever its spelling."""
    assert isinstance(poll(provider, state({"data": {"task_status": word}}), TICKET)[-1], event)


def test_a_link_without_a_state_is_a_video() -> None:
    """Of the other model's replies only two fields are documented: a link alone is the end of the job."""
    *_, ready = poll(VIDEO, state({"video_url": PLAIN, "watermark_video_url": ""}), VIDEO_TICKET)
    assert ready.urls == (PLAIN,)


@pytest.mark.parametrize("word", ["FAILED", "CANCELED"])
def test_a_job_that_ended_badly_has_failed(word: str) -> None:
    """A state without a reason is a failure too."""
    with pytest.raises(Failed):
        poll(VIDEO, state({"task_status": word}), VIDEO_TICKET)


def test_a_forgotten_task_is_not_a_failed_one() -> None:
    """UNKNOWN means that the service does not know the task, or not its state: the job is not over for that."""
    with pytest.raises(Unreachable):
        poll(VIDEO, json_answer(PAGE["Reply: kling-video, expired"]), VIDEO_TICKET)


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (400, "invalid_request", "parameters"),
        (401, "invalid_api_key", "key"),
        (403, "insufficient_user_quota", "balance"),
        (429, "rate_limit_exceeded", "rate"),
    ],
)
def test_the_gateways_refusals_have_their_reasons(status: int, code: str, reason: Reason) -> None:
    """A refused submit was not charged, whatever is wrong."""
    answer = error_answer(status, {"error": {"code": code, "message": "no", "type": "new_api_error"}})
    with pytest.raises(Refused) as error:
        submit(KLING, kling(), answer)
    assert error.value.reason == reason
