"""Vidu follows its API page, on both versions of its API."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.answers import Answer, json_answer
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
    serve,
    submit,
    transport_to,
)
from vidmagic.errors import Failed, InvalidRequest, OutcomeUnknown, Paused, Refused, Unreachable
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Ticket
from vidmagic.providers.vidu import Vidu
from vidmagic.sandbox import Sandbox
from vidmagic.sandbox.ledger import redacted
from vidmagic.spec.events import Queued, Ready, Running
from vidmagic.spec.request import Request

VIDU = Vidu()
PROVIDER, SECONDS = VIDU, 0.2  # the service behind `http`; how long a sandbox job takes
PAGE = samples("vidu")
V1, V2 = Ticket("1", {"version": "v1"}), Ticket("1", {"version": "v2"})
SUNFLOWER = "https://pic.netbian.com/uploads/allimg/170624/172231-1498296151ea67.jpg"
ALWAYS_NAMED = {"model_version": "2.0", "resolution": "720p"}  # left to the service in the document's examples


def vidu(prompt: str = "a red kite", short: str = "vidu", **given: Any) -> Request:
    """Return a request."""
    return request(VIDU, short, prompt, **given)


# -- the body


def example(kind: str, text: str, *images: str) -> dict[str, Any]:
    """Return one of the document's three examples, which differ in little."""
    pictures = [{"type": "image", "content": url} for url in images]
    return {
        "type": kind,
        "model": "vidu-high-performance",
        "input": {"enhance": True, "prompts": [{"type": "text", "content": text}, *pictures]},
        "output_params": {"sample_count": 1, "duration": 4},
        "moderation": False,
    }


def test_the_documents_text_example_is_rebuilt() -> None:
    """Text goes out as in the document's first curl, with version and resolution named."""
    document = example("text2video", "小白兔白又白") | {"style": "general"}
    document["input"]["seed"] = 123
    assert VIDU.body(vidu("小白兔白又白", seed=123)) == document | ALWAYS_NAMED


@pytest.mark.parametrize(
    ("role", "kind", "text"),
    [("image", "img2video", "向日葵动起来"), ("reference", "character2video", "向日葵在可口可乐中游泳")],
)
def test_the_documents_image_examples_are_rebuilt(role: str, kind: str, text: str) -> None:
    """An image and a reference go out as in the document's curls, without the style that only text has."""
    assert VIDU.body(vidu(text, **{role: SUNFLOWER})) == example(kind, text, SUNFLOWER) | ALWAYS_NAMED


def test_the_documents_upscale_example_is_rebuilt() -> None:
    """Upscaling goes out as in the document's curl, without a prompt."""
    body = VIDU.body(vidu("", "vidu-upscale", creation_id="2421167565532164"))
    assert body == PAGE["Request: upscale"]
    assert body == {
        "type": "upscale",
        "model": "stable",
        "input": {"creation_id": "2421167565532164"},
        "output_params": {"sample_count": 1, "duration": 4},
    }


def test_the_documents_start_end_example_is_rebuilt() -> None:
    """Two frames go out as in the document's curl; its "4" and "0" are numbers, as its table says."""
    prefix = "https://prod-ss-images.s3.cn-northwest-1.amazonaws.com.cn/vidu-maas/template/startend2video-"
    prompt = (
        "The camera zooms in on the bird, which then flies to the right. The bird flight is smooth and natural, "
        "with a red light effect following and surrounding it from behind."
    )
    document = {
        "model": "vidu2.0",
        "images": [f"{prefix}1.jpeg", f"{prefix}2.jpeg"],
        "prompt": prompt,
        "duration": int("4"),
        "seed": int("0"),
        "resolution": "720p",
        "movement_amplitude": "auto",
    }
    images = {"image": document["images"][0], "last_image": document["images"][1]}
    built = vidu(prompt, **images, duration="4", seed="0", resolution="720p", movement_amplitude="auto")
    assert VIDU.body(built) == document


def test_the_pages_requests_are_built() -> None:
    """The samples of vidu.md are what is sent."""
    text = vidu(
        "a red kite over the sea", negative="rain", seed=0, duration=8, resolution="1080p", style="anime",
        aspect_ratio="1:1", movement_amplitude="small",
    )  # fmt: skip
    assert VIDU.body(text) == PAGE["Request: text"]
    frames = {"image": FIRST, "last_image": LAST, "seed": 0, "resolution": "720p", "movement_amplitude": "auto"}
    built = vidu("the kite lands", **frames)
    keyed = replace(built, key="k3y00001")
    assert VIDU.body(keyed) == PAGE["Request: start and end"]
    assert "payload" not in VIDU.body(built)
    assert keyed.fingerprint() == built.fingerprint()


def test_every_body_names_duration_and_resolution() -> None:
    """No default of the service decides the bill, and each version has its own default resolution."""
    body = VIDU.body(vidu(short="vidu1.5"))
    assert (body["model_version"], body["output_params"]["duration"], body["resolution"]) == ("1.5", 4, "720p")
    body = VIDU.body(vidu(image=FIRST, last_image=LAST))
    assert (body["duration"], body["resolution"]) == (4, "360p")


def test_an_image_needs_no_prompt() -> None:
    """With a first frame the prompt may be empty, and then no text is sent."""
    assert VIDU.body(vidu("", image=FIRST))["input"] == {
        "enhance": True,
        "prompts": [{"type": "image", "content": FIRST}],
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"prompt": ""}, "the prompt is empty"),
        ({"prompt": "x" * 1501}, "1,501 characters"),
        ({"duration": 5}, "duration must be 4 or 8 s, not 5"),
        ({"resolution": "360p"}, "resolution must be 512, 720p or 1080p, not 360p"),
        ({"negative": "x" * 1501}, "at most 1,500 characters, not 1,501"),
        ({"seed": -1}, "seed must be"),
        ({"callback_url": "https://example.com"}, "callback_url does not go with text mode"),
        ({"image": FIRST, "style": "anime"}, "style does not go with image mode"),
        ({"image": FIRST, "last_image": LAST, "negative": "rain"}, "negative does not go with start-end mode"),
        ({"image": FIRST, "last_image": LAST, "duration": 8}, "duration must be 4 s, not 8"),
        ({"image": FIRST, "last_image": LAST, "resolution": "512"}, "must be 360p, 720p or 1080p, not 512"),
        ({"short": "vidu1.5", "image": FIRST, "last_image": LAST, "duration": 8}, "do not go together"),
        ({"last_image": LAST}, "vidu takes"),
        ({"reference": [FIRST] * 4}, "vidu takes"),
        ({"image": FIRST, "reference": LAST}, "vidu takes"),
        ({"image": image(kind="WEBP")}, "webp"),
        ({"image": image(500, 100)}, "4:1"),
        ({"reference": image(127, 200)}, "128"),
        ({"image": image(80, 64), "last_image": image(64, 64 + 17)}, "differ too much in shape"),
        ({"prompt": "", "short": "vidu-upscale"}, "creation_id is needed"),
        ({"short": "vidu-upscale", "creation_id": "1"}, "takes no prompt"),
        ({"short": "vidu-upscale", "prompt": "", "creation_id": "1", "image": FIRST}, "takes text alone"),
    ],
)
def test_values_outside_the_document_are_refused_before_sending(given: dict[str, Any], words: str) -> None:
    """Values, combinations and images that the document does not allow are refused before a request is sent."""
    with pytest.raises(InvalidRequest) as error:
        vidu(**given)
    assert words in error.value.message


def test_8_seconds_between_two_frames_are_for_the_older_model() -> None:
    """vidu1.5 makes 8 seconds at 720p."""
    body = VIDU.body(vidu(short="vidu1.5", image=FIRST, last_image=LAST, duration=8, resolution="720p"))
    assert (body["model"], body["duration"], body["resolution"]) == ("vidu1.5", 8, "720p")


# -- a whole job


@pytest.mark.parametrize(
    ("short", "given", "side"),
    [
        ("vidu", {}, 720),
        ("vidu1.5", {"negative": "rain", "style": "anime", "resolution": "512"}, 512),
        ("vidu", {"image": image()}, 720),
        ("vidu", {"reference": [image(128, 128), image(200, 150, "JPEG")]}, 720),
        ("vidu", {"image": image(), "last_image": image(64, 48, "WEBP"), "callback_url": "https://example.com"}, 360),
    ],
)
def test_a_job_ends_in_a_video(sandbox: Sandbox, http: Transport, short: str, given: dict[str, Any], side: int) -> None:
    """Each mode makes one task, and its ticket leads to an MP4 that can be upscaled."""
    ticket = VIDU.submit(vidu(short=short, **given), http)
    ready = poll_until_ready(VIDU, Ticket(ticket.task_id, dict(ticket.data)), http)
    assert fetch(http, ready.urls[0])[4:8] == b"ftyp"
    assert accepted_ids(sandbox) == [ticket.task_id]
    larger = VIDU.submit(vidu("", "vidu-upscale", creation_id=ready.reported["creation_id"]), http)
    assert larger.data == {"version": "v1"}
    assert poll_until_ready(VIDU, larger, http).urls
    task = next(task for task in sandbox.store.tasks("vidu") if task.id == larger.task_id)
    assert min(task.video.width, task.video.height) == side * 2


def test_a_task_is_queried_on_its_own_version(sandbox: Sandbox, http: Transport) -> None:
    """The query goes to the API version that made the task; the key is sent as a Token."""
    for given, version in (({}, "v1"), ({"image": FIRST, "last_image": LAST}, "v2")):
        ticket = VIDU.submit(vidu(**given), http)
        list(VIDU.follow(ticket, http.service))
        assert sandbox.ledger[-1].path == f"/ent/{version}/tasks/{ticket.task_id}/creations"
        assert sandbox.ledger[-1].method == "GET"
    assert {call.headers.get("Authorization") for call in sandbox.ledger} == {redacted(f"Token {KEY}")}


def test_version_2_has_an_origin_of_its_own() -> None:
    """Without an override the second version is on the other host; an override replaces both."""
    service = VIDU.service
    assert service.origin_of("v2", service.origin) == "https://api.vidu.com"
    assert service.origin_of("v1", service.origin) == "https://api.vidu.zone"
    assert service.origin_of("v2", "http://127.0.0.1:1") == "http://127.0.0.1:1"
    here = transport_to(VIDU, service.origin)
    assert [VIDU._at(version, here).origin for version in ("v2", "v1")] == ["https://api.vidu.com", service.origin]
    assert here.origin == service.origin


# -- uploads


def test_the_bytes_that_were_checked_are_uploaded(sandbox: Sandbox, http: Transport) -> None:
    """A local image goes up in three steps, with its own type and the ETag as received, and without the key."""
    picture = image(120, 90, "JPEG")
    VIDU.submit(vidu(image=picture), http)
    create, put, finish_call, submit = sandbox.ledger
    assert (create.path, create.body) == ("/tools/v1/files/uploads", {"scene": "vidu"})
    assert (put.origin, put.body, put.headers["Content-Type"]) == ("files", len(picture), "image/jpeg")
    assert "Authorization" not in put.headers
    assert finish_call.body["etag"].startswith('"')
    assert finish_call.body["etag"].endswith('"')
    assert submit.body["input"]["prompts"][1]["content"].startswith("ssupload:?id=")
    assert any(path.read_bytes() == picture for path in (sandbox.folder / "images").iterdir())


def test_links_and_uploaded_images_are_not_uploaded(sandbox: Sandbox, http: Transport) -> None:
    """A link and the name of an earlier upload are sent as they are."""
    VIDU.submit(vidu(image=FIRST), http)
    assert len(sandbox.ledger) == 1
    assert VIDU.body(vidu(image="ssupload:?id=2419989898896018"))["input"]["prompts"][1] == {
        "type": "image",
        "content": "ssupload:?id=2419989898896018",
    }
    assert VIDU.body(vidu(image=image()))["input"]["prompts"][1]["content"] == "ssupload:?id=(given by the upload)"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(500), Unreachable),
        (json_answer({"id": "1", "put_url": "http://169.254.1.1/x"}), Unreachable),
        (json_answer({"code": 401, "reason": "Unauthorized", "message": "no"}, status=401), Paused),
        (json_answer({"code": 429, "reason": "TooManyRequests", "message": "slower"}, status=429), Refused),
    ],
)
def test_an_upload_that_fails_starts_no_job(answer: Answer, kind: type[Exception]) -> None:
    """An error before the submit buys nothing and leaves no unknown outcome."""
    with serve(answer) as server, pytest.raises(kind):
        VIDU.submit(vidu(image=image()), transport_to(VIDU, server.url, pre_send_check=lambda: pytest.fail("sent")))
    assert server.count("POST", "/ent/v1/tasks") == 0


# -- replies


def test_the_pages_replies_are_read() -> None:
    """The samples of vidu.md become a ticket, a link, a failure and a refusal."""
    assert submit(VIDU, vidu(), json_answer(PAGE["Reply: task of version 1"])) == Ticket(
        "2469692898739603", {"version": "v1"}
    )
    v2 = submit(VIDU, vidu(image=FIRST, last_image=LAST), json_answer(PAGE["Reply: task of version 2"]))
    assert v2 == Ticket("2469692898739604", {"version": "v2"}, {"credits": 20})
    [ready] = poll(VIDU, json_answer(PAGE["Reply: finished"]), V1)
    assert ready == Ready(
        ("https://example.com/video.mp4?X-Amz-Expires=86400",),
        reported={"creation_id": "2469699811756349", "credits": 4},
    )
    with pytest.raises(Failed, match="CreationPolicyViolation") as failed:
        poll(VIDU, json_answer(PAGE["Reply: failed"]), V1)
    assert failed.value.reason == "result"
    with pytest.raises(Refused, match="credit insufficient") as refusal:
        submit(VIDU, vidu(), error_answer(400, PAGE["Reply: refused"]))
    assert (refusal.value.reason, refusal.value.trace) == ("balance", "04e5c2fe")


@pytest.mark.parametrize(
    ("state", "event"),
    [
        ("created", Queued("created")),
        ("queueing", Queued("queueing")),
        ("scheduling", Queued("scheduling")),
        ("preparation", Queued("preparation")),
        ("processing", Running(message="processing")),
        ("Polishing", Running(message="polishing")),
        (None, Running(message="")),
    ],
)
def test_an_unknown_state_counts_as_running(state: str | None, event: Queued | Running) -> None:
    """Only success and failure end a job; every other state of either version means queued or running."""
    assert poll(VIDU, json_answer({"state": state, "creations": []}), V1) == [event]


@pytest.mark.parametrize("state", ["canceled", "cancelled", "failed"])
def test_a_task_that_ended_without_a_reason_has_failed(state: str) -> None:
    """A task that the service cancelled, or failed without a reason, is a failed job."""
    with pytest.raises(Failed):
        poll(VIDU, json_answer({"state": state, "err_code": ""}), V2)


@pytest.mark.parametrize("made", [None, [], [{"id": "1", "url": ""}], "none"])
def test_success_without_a_link_is_polled_again(made: object) -> None:
    """A paid video whose link is late is not given up."""
    with pytest.raises(Unreachable):
        poll(VIDU, json_answer({"state": "success", "err_code": "", "creations": made}), V1)


def test_the_watermarked_video_is_an_extra() -> None:
    """The link of the plain video is the result; the watermarked one is stored as an extra."""
    creation = {"id": "1", "url": "https://a/video.mp4", "watermarked_url": "https://a/marked.mp4"}
    [ready] = poll(VIDU, json_answer({"state": "success", "creations": [creation]}), V2)
    assert isinstance(ready, Ready)
    assert (ready.urls, ready.extras) == (("https://a/video.mp4",), {"watermarked": "https://a/marked.mp4"})


@pytest.mark.parametrize(
    ("status", "word", "reason"),
    [
        (400, "FieldInvalid", "parameters"),
        (400, "ImageDownloadFailure", "image"),
        (400, "TaskPromptPolicyViolation", "prompt"),
        (400, "AuditSubmitIllegal", "prompt"),
        (400, "CreditInsufficient", "balance"),
        (400, "ModelUnavailable", "busy"),
        (401, "Unauthorized", "key"),
        (403, "Forbidden", "key"),
        (404, "CreationNotFound", "not found"),
        (429, "QuotaExceeded", "concurrency"),
        (429, "SystemThrottling", "rate"),
        (400, "SomethingNew", "parameters"),
    ],
)
def test_the_reason_of_a_refusal_comes_from_its_code(status: int, word: str, reason: str) -> None:
    """The code in the body decides, not the HTTP status, and the message has the service's words."""
    document = {"code": status, "reason": word, "message": "no, because", "metadata": {}}
    with pytest.raises(Refused, match="no, because") as error:
        submit(VIDU, vidu(), error_answer(status, document))
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("status", "word"), [(500, "InternalServiceFailure"), (409, "Conflict"), (499, "Canceled"), (500, "FieldInvalid")]
)
def test_a_submit_that_may_have_been_accepted_is_unknown(status: int, word: str) -> None:
    """A fault of the service, a conflict or an abandoned call may have made a task."""
    with pytest.raises(OutcomeUnknown):
        submit(VIDU, vidu(), error_answer(status, {"code": status, "reason": word, "message": "x"}))


def test_a_failed_poll_does_not_fail_the_job() -> None:
    """After an error of the query the job is polled again; a 404 has its status; a refused key pauses the job."""
    with pytest.raises(Unreachable) as error:
        poll(VIDU, error_answer(404, {"code": 404, "reason": "TaskNotFound"}), V1)
    assert error.value.status == 404
    with pytest.raises(Unreachable):
        poll(VIDU, Answer(502, b"<html>"), V1)
    with pytest.raises(Paused):
        poll(VIDU, error_answer(401, {"code": 401, "reason": "Unauthorized"}), V1)


# -- cancel, and a task whose submit was lost


def test_only_a_waiting_task_of_version_2_is_cancelled(sandbox: Sandbox, http: Transport) -> None:
    """Version 1 cannot cancel; version 2 can until the task is processed, and refuses after that."""
    sandbox.seconds = 60
    assert VIDU.cancel(VIDU.submit(vidu(), http), http.service) is False
    ticket = VIDU.submit(vidu(image=FIRST, last_image=LAST), http)
    assert VIDU.cancel(ticket, http.service) is True
    with pytest.raises(Refused, match="cannot be cancelled"):
        VIDU.cancel(ticket, http.service)
    with pytest.raises(Failed):
        list(VIDU.follow(ticket, http.service))


def submit_and_lose_answer(http: Transport, key: str) -> None:
    """Submit a job whose answer is lost."""
    keyed = replace(vidu("lost [[sandbox: error500]]", image=FIRST, last_image=LAST), key=key)
    with pytest.raises(OutcomeUnknown):
        VIDU.submit(keyed, http)


def test_a_lost_task_is_identified_by_its_key(sandbox: Sandbox, http: Transport) -> None:
    """The one task with the job's key is resumed, and nothing is bought for it."""
    since = time.time()
    submit_and_lose_answer(http, "k3y00001")
    VIDU.submit(vidu(image=FIRST, last_image=LAST), http)
    ticket = VIDU.find_lost("k3y00001", since, http.service, {})
    assert ticket == Ticket(accepted_ids(sandbox)[0], {"version": "v2"})
    assert poll_until_ready(VIDU, ticket, http).urls
    assert len(accepted_ids(sandbox)) == 2


def test_a_lost_task_needs_exactly_one_match(http: Transport) -> None:
    """With no match or with two, no task is resumed."""
    since = time.time()
    assert VIDU.find_lost("k3y00002", since, http.service, {}) is None
    submit_and_lose_answer(http, "k3y00002")
    assert VIDU.find_lost("k3y00002", since + 3600, http.service, {}) is None
    submit_and_lose_answer(http, "k3y00002")
    assert VIDU.find_lost("k3y00002", since, http.service, {}) is None


def test_the_list_is_read_page_by_page() -> None:
    """Every page of the list is read; a task of another version is skipped; a repeated page token ends the list."""
    with serve(
        json_answer({"tasks": [{"id": "11"}], "next_page_token": "p2"}),
        json_answer({"tasks": [{"id": "12"}], "next_page_token": "p2"}),
        Answer(404),
        json_answer({"state": "processing", "payload": "k"}),
    ) as server:
        http = transport_to(VIDU, server.url).service
        assert VIDU.find_lost("k", 1_700_000_000.0, http, {}) == Ticket("12", {"version": "v2"})
    assert server.seen[0].target == "/ent/v2/tasks?created_at.from=2023-11-14T22%3A08%3A20Z"
    assert server.seen[1].target.endswith("pager.page_token=p2")


def test_a_search_that_broke_off_is_continued() -> None:
    """A task whose key is known is not queried again; one that did not exist yet is."""
    tasks = json_answer({"tasks": [{"id": "11"}, {"id": "12"}, {"id": "13"}]})
    other, mine = (
        json_answer({"state": "success", "payload": "another"}),
        json_answer({"state": "processing", "payload": "k"}),
    )
    known: dict[str, object] = {}
    with serve(tasks, other, Answer(404), Answer(503), tasks, Answer(404), mine) as server:
        http = transport_to(VIDU, server.url)
        with pytest.raises(Unreachable):
            VIDU.find_lost("k", time.time(), http.service, known)
        assert VIDU.find_lost("k", time.time(), http.service, known) == Ticket("13", {"version": "v2"})
    queried = [seen.path.split("/")[4] for seen in server.seen if seen.path.endswith("/creations")]
    assert queried == ["11", "12", "13", "12", "13"]
