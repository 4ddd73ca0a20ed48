"""Vidu, version 1: tasks and their creations, as the document states."""

from __future__ import annotations

import io
import time
from typing import Any

import av
import pytest
import requests

from vidmagic.sandbox import Sandbox

from .vidu_steps import HEADERS, PNG, creations, get, image, post, upload, wait


def _body(kind: str = "text2video", **top: Any) -> dict[str, Any]:
    prompts = [{"type": "text", "content": "a white rabbit"}]
    if kind != "text2video":
        prompts.append({"type": "image", "content": "https://example.com/a.jpg"})
    return {
        "type": kind,
        "model": "vidu-high-performance",
        "input": {"prompts": prompts},
        "output_params": {"sample_count": 1, "duration": 4},
        **top,
    }


def _with_input(**fields: Any) -> dict[str, Any]:
    return _body(input={**_body()["input"], **fields})


def _submit(sandbox: Sandbox, body: Any, key: str = "sk-test") -> requests.Response:
    return post(sandbox, "/ent/v1/tasks", body, key)


def test_a_task_is_answered_as_documented(sandbox: Sandbox) -> None:
    """The answer has the document's fields; a seed of 0 or none becomes a random one, any other stays."""
    answer = _submit(sandbox, _with_input(seed=123, aspect_ratio="9:16")).json()
    assert set(answer) == {
        "id", "type", "state", "model", "style", "moderation", "input", "output_params", "err_code",
        "creations_count", "created_at",
    }  # fmt: skip
    assert (answer["type"], answer["state"], answer["input"]["seed"]) == ("text2video", "created", 123)
    assert answer["input"]["prompts"] == [{"type": "text", "content": "a white rabbit", "negative": False}]
    assert _submit(sandbox, _with_input(seed=0)).json()["input"]["seed"] > 0


def test_the_states_come_in_order_and_end_in_a_creation(sandbox: Sandbox) -> None:
    """A task goes created, queueing, scheduling, processing, success, and then has a video and a cover."""
    sandbox.seconds = 1.5
    task_id = _submit(sandbox, _with_input(aspect_ratio="9:16") | {"resolution": "720p"}).json()["id"]
    seen = []
    while (answer := creations(sandbox, task_id))["state"] != "success":
        assert answer["creations"] == []
        seen.append(answer["state"])
        time.sleep(0.01)
    assert list(dict.fromkeys(seen)) == ["created", "queueing", "scheduling", "processing"]
    creation = answer["creations"][0]
    with av.open(io.BytesIO(requests.get(creation["url"], timeout=5).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 1280)
        assert container.duration == 4_000_000
    cover = requests.get(creation["cover_url"], timeout=5)
    assert cover.headers["Content-Type"] == "image/jpeg"
    assert cover.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize("kind", ["text2video", "img2video", "character2video"])
def test_every_documented_example_is_accepted(sandbox: Sandbox, kind: str) -> None:
    """All optional fields of a type together are fine."""
    body = _body(kind, model_version="2.0", resolution="1080p", moderation=True)
    body["input"] |= {"seed": 1, "enhance": False, "aspect_ratio": "1:1", "movement_amplitude": "large"}
    body["input"]["prompts"].append({"type": "text", "content": "blurry", "negative": True})
    if kind == "text2video":
        body["style"] = "anime"
    assert _submit(sandbox, body).status_code == 200


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "FieldInvalid"),
        (_body("text2image"), "FieldInvalid"),
        (_body(resolution="360p"), "FieldInvalid"),
        (_body(duration=4), "FieldUnwanted"),
        (_body(output_params={"sample_count": 1, "duration": "4"}), "FieldInvalid"),
        (_body(output_params={"sample_count": 1, "duration": 5}), "FieldInvalid"),
        (_body(output_params={"sample_count": 2, "duration": 4}), "FieldInvalid"),
        (_body(output_params={"sample_count": 1, "duration": 4, "resolution": "720p"}), "FieldUnwanted"),
        ({key: value for key, value in _body().items() if key != "output_params"}, "FieldLacking"),
        (_body("img2video", style="anime"), "FieldUnwanted"),
        (_body("img2video", input=_body()["input"]), "FieldItemCountOutOfRange"),
        (_body(input=_body("img2video")["input"]), "FieldItemCountOutOfRange"),
        (_body(input={"prompts": []}), "FieldLacking"),
        (_with_input(seed="1"), "FieldInvalid"),
        (_with_input(resolution="720p"), "FieldUnwanted"),
        (_with_input(creation_id="1"), "FieldUnwanted"),
        (_with_input(prompts=[{"type": "text", "content": "x" * 1501}]), "FieldInvalid"),
        (_body("upscale", model="stable"), "FieldLacking"),
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: Any, reason: str) -> None:
    """Wrong types, values and places have their reason, and nothing is accepted."""
    answer = _submit(sandbox, body)
    assert (answer.status_code, answer.json()["reason"]) == (400, reason)
    assert set(answer.json()) == {"code", "reason", "message", "metadata"}
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize("content", ["data:image/png;base64,AAAA", "ssupload:?id=1", "a.png", "http://example.com/a"])
def test_an_image_is_a_url_or_an_upload(sandbox: Sandbox, content: str) -> None:
    """A data URI, a path, plain http, and an upload that never was are refused."""
    body = _body("img2video")
    body["input"]["prompts"][1]["content"] = content
    assert _submit(sandbox, body).status_code == 400


def test_an_uploaded_image_begins_the_video(sandbox: Sandbox) -> None:
    """The three steps give a uri, and a video made from it has the image's shape."""
    body = _body("img2video", resolution="720p")
    body["input"]["prompts"][1]["content"] = upload(sandbox, image(300, 400))
    url = wait(sandbox, _submit(sandbox, body).json()["id"])["creations"][0]["url"]
    with av.open(io.BytesIO(requests.get(url, timeout=5).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 960)


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (image(900, 100), "img2video", "FieldInvalid"),
        (image(100, 100), "character2video", "FieldInvalid"),
        (image(64, 64, "WEBP"), "img2video", "ImageFormatInvalid"),
        (b"no image", "img2video", "ImageFormatInvalid"),
    ],
)
def test_an_uploaded_image_has_limits(sandbox: Sandbox, content: bytes, kind: str, reason: str) -> None:
    """Shape, size and format of an upload are checked when a task uses it."""
    body = _body(kind)
    body["input"]["prompts"][1]["content"] = upload(sandbox, content)
    assert _submit(sandbox, body).json()["reason"] == reason


def test_uploads_go_to_the_storage_without_a_key(sandbox: Sandbox) -> None:
    """`put_url` is on the files origin; a key, another content type or another method is refused there."""
    put_url = post(sandbox, "/tools/v1/files/uploads", {"scene": "vidu"}).json()["put_url"]
    assert put_url.startswith(sandbox.files_url)
    assert requests.put(put_url, data=image(), headers={**PNG, **HEADERS}, timeout=5).status_code == 400
    assert requests.put(put_url, data=image(), timeout=5).status_code == 403
    assert requests.post(put_url, data=image(), headers=PNG, timeout=5).status_code == 403
    assert requests.put(put_url, data=image(), headers=PNG, timeout=5).headers["ETag"].startswith('"')


def test_finish_wants_the_very_same_etag(sandbox: Sandbox) -> None:
    """An ETag without its quotes is refused, and so is finishing before the bytes are there."""
    created = post(sandbox, "/tools/v1/files/uploads", {"scene": "vidu"}).json()
    url = f"{sandbox.url}/tools/v1/files/uploads/{created['id']}/finish"
    assert requests.put(url, json={"etag": '"x"'}, headers=HEADERS, timeout=5).status_code == 404
    etag = requests.put(created["put_url"], data=image(), headers=PNG, timeout=5).headers["ETag"]
    assert requests.put(url, json={"etag": etag.strip('"')}, headers=HEADERS, timeout=5).status_code == 400
    finished = requests.put(url, json={"etag": etag}, headers=HEADERS, timeout=5).json()
    assert finished == {"uri": f"ssupload:?id={created['id']}"}


def test_a_creation_can_be_made_larger(sandbox: Sandbox) -> None:
    """`upscale` takes the id of a finished creation, and no other."""
    creation = wait(sandbox, _submit(sandbox, _body()).json()["id"])["creations"][0]
    body = {"type": "upscale", "model": "stable", "input": {"creation_id": creation["id"]}}
    url = wait(sandbox, _submit(sandbox, body).json()["id"])["creations"][0]["url"]
    with av.open(io.BytesIO(requests.get(url, timeout=10).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1820, 1024)
    body["input"] = {"creation_id": "1"}
    assert _submit(sandbox, body).json()["reason"] == "CreationNotFound"


@pytest.mark.parametrize("authorization", ["", "sk-test", "Bearer sk-test", "Token bad-key"])
def test_a_bad_key_is_401(sandbox: Sandbox, authorization: str) -> None:
    """Only `Token KEY` with a good key passes, and a check of the key costs nothing."""
    headers = {"Authorization": authorization}
    answer = requests.get(f"{sandbox.url}/ent/v2/tasks/0/creations", headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")


def test_a_good_key_finds_no_task_0(sandbox: Sandbox) -> None:
    """With a good key the check is 404, and an id that is not a number is 400."""
    assert get(sandbox, "/ent/v2/tasks/0/creations").json()["reason"] == "TaskNotFound"
    assert get(sandbox, "/ent/v1/tasks/x/creations").status_code == 400


@pytest.mark.parametrize(
    ("key", "turn", "status", "reason"),
    [
        ("poor-key", "seconds=1", 400, "CreditInsufficient"),
        ("sk-test", "balance", 400, "CreditInsufficient"),
        ("sk-test", "rate", 429, "TooManyRequests"),
        ("sk-test", "refuse", 400, "TaskPromptPolicyViolation"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, reason: str) -> None:
    """Money, rate and policy errors have their reason, and nothing is accepted."""
    prompts = [{"type": "text", "content": f"a rabbit [[sandbox: {turn}]]"}]
    answer = _submit(sandbox, _with_input(prompts=prompts), key)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
    assert sandbox.ledger[-1].accepted is None


def test_a_failing_task_gives_its_reason(sandbox: Sandbox) -> None:
    """A failure is HTTP 200 with the state failed and a code."""
    prompts = [{"type": "text", "content": "a rabbit [[sandbox: fail]]"}]
    answer = wait(sandbox, _submit(sandbox, _with_input(prompts=prompts)).json()["id"], "failed")
    assert (answer["err_code"], answer["creations"]) == ("CreationPolicyViolation", [])
