"""Wan answers as its documents state: four models, one query, a task as JSON in the text of a reply."""

from __future__ import annotations

import base64
import io
import json
import re
import time
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests
from PIL import Image

from tests.sandbox.responses_steps import post
from vidmagic.sandbox import Sandbox

SITE = "https://example.com"
TEXT, FRAMES = "wan2.7-t2v-2026-06-12", "wan2.7-i2v-2026-04-25"
REFERENCES, EDIT = "wan2.7-r2v-2026-06-12", "wan2.7-videoedit"
PROMPT = {"prompt": "a red kite over the sea"}
SMALL = {"resolution": "720P", "duration": 2}


def item(kind: str, url: str = f"{SITE}/a", **more: str) -> dict[str, str]:
    """Return one of the media."""
    return {"type": kind, "url": url, **more}


def media(*kinds: str) -> dict[str, Any]:
    """Return an input with media of these types, by links."""
    return {**PROMPT, "media": [item(kind) for kind in kinds]}


# A model, its input and its parameters, as the documents' samples have them, and the tokens that those name.
SAMPLES: dict[str, tuple[str, dict[str, Any], dict[str, Any], int]] = {
    "text": (
        TEXT, {**PROMPT, "negative_prompt": "flowers", "audio_url": f"{SITE}/a.mp3"},
        {"resolution": "1080P", "ratio": "16:9", "duration": 5, "prompt_extend": True, "watermark": True, "seed": 1},
        50_000,
    ),
    "first frame": (FRAMES, media("first_frame", "driving_audio"), {"resolution": "720P", "duration": 5}, 30_000),
    "two frames": (FRAMES, media("first_frame", "last_frame"), {"resolution": "720P", "duration": 5}, 30_000),
    "continuation": (FRAMES, media("first_clip", "last_frame"), {"resolution": "720P", "duration": 10}, 60_000),
    "references": (
        REFERENCES,
        {
            **PROMPT, "negative_prompt": "cars",
            "media": [
                item("reference_image", reference_voice=f"{SITE}/a.mp3"), *media("reference_image")["media"] * 3,
                item("reference_video", reference_voice=f"{SITE}/b.mp3"),
            ],
        },
        {"resolution": "720P", "ratio": "16:9", "duration": 10, "prompt_extend": False, "seed": 23},
        60_000,
    ),
    "storyboard": (REFERENCES, media("reference_image"), {"resolution": "720P", "duration": 10}, 60_000),
    "edit": (
        EDIT, {**media("video"), "negative_prompt": "cars"},
        {"resolution": "720P", "ratio": "16:9", "duration": 5, "audio_setting": "auto", "watermark": True}, 30_000,
    ),
    "edit with references": (EDIT, media("video", "reference_image"), {"resolution": "720P", "duration": 5}, 30_000),
}  # fmt: skip


def submit(sandbox: Sandbox, model: str, given: Any, parameters: Any = None, key: str = "sk-test") -> requests.Response:
    """Send a submit."""
    body = {"model": model, "input": given}
    return post(sandbox, body if parameters is None else {**body, "parameters": parameters}, key)


def task_in(answer: requests.Response) -> Any:
    """Return the task that stands as JSON in the text of a reply."""
    assert answer.status_code == 200, answer.text
    (message,) = answer.json()["output"]
    assert message["type"] == "message"
    (part,) = message["content"]
    assert part["type"] == "output_text"
    return json.loads(part["text"])


def query(sandbox: Sandbox, task_id: str) -> requests.Response:
    """Ask for a task."""
    return post(sandbox, {"model": "wan2.7-get", "input": task_id})


def ended(sandbox: Sandbox, task_id: str) -> Any:
    """Return a task that has ended."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        task = task_in(query(sandbox, task_id))
        if task["task_status"] not in {"PENDING", "RUNNING"}:
            return task
        time.sleep(0.02)
    raise AssertionError("the task never ended")


def link(sandbox: Sandbox, model: str, given: Any, parameters: Any = None) -> str:
    """Return the link to the video of a job."""
    return str(ended(sandbox, task_in(submit(sandbox, model, given, parameters))["task_id"])["video_url"])


def video(sandbox: Sandbox, model: str, given: Any, parameters: Any = None) -> Any:
    """Return the opened video of a job."""
    return av.open(io.BytesIO(requests.get(link(sandbox, model, given, parameters), timeout=10).content))


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_accepted_and_billed(sandbox: Sandbox, name: str) -> None:
    """The documents' requests are taken; the reply names a waiting task and the sample's tokens."""
    model, given, parameters, tokens = SAMPLES[name]
    answer = submit(sandbox, model, given, parameters)
    task = task_in(answer)
    assert task.keys() == {"task_id", "task_status"}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", task["task_id"])
    assert task["task_status"] == "PENDING"
    assert answer.json().keys() == {"request_id", "output", "usage"}
    assert answer.json()["usage"]["total_tokens"] == answer.json()["usage"]["output_tokens"] == tokens
    assert sandbox.ledger[-1].accepted == task["task_id"]


def test_a_task_passes_through_the_documents_states(sandbox: Sandbox) -> None:
    """Waiting, running, done: a query is free and each state brings the fields of the sample."""
    sandbox.seconds = 1
    task_id = task_in(submit(sandbox, TEXT, PROMPT, SMALL))["task_id"]
    seen: dict[str, set[str]] = {}
    while "SUCCEEDED" not in seen:
        answer = query(sandbox, task_id)
        assert answer.json()["usage"]["total_tokens"] == 0
        task = task_in(answer)
        seen[task["task_status"]] = set(task)
        time.sleep(0.05)
    running = {"task_id", "task_status", "submit_time", "scheduled_time"}
    assert list(seen) == ["PENDING", "RUNNING", "SUCCEEDED"]
    assert seen["RUNNING"] == running
    assert seen["SUCCEEDED"] == running | {"end_time", "orig_prompt", "video_url"}


@pytest.mark.parametrize("name", SAMPLES)
def test_every_mode_ends_in_a_video_with_sound(sandbox: Sandbox, name: str) -> None:
    """The result has the length that was paid for, and sound."""
    model, given, parameters, _ = SAMPLES[name]
    with video(sandbox, model, given, parameters) as container:
        assert round(container.duration / 1e6) == parameters["duration"]
        assert len(container.streams.audio) == 1


@pytest.mark.parametrize(
    ("parameters", "size"),
    [
        ({"resolution": "720P"}, (1280, 720)),
        ({"resolution": "720P", "ratio": "9:16"}, (720, 1280)),
        ({"resolution": "720P", "ratio": "1:1"}, (960, 960)),
        ({"resolution": "720P", "ratio": "4:3"}, (1104, 832)),
        ({"resolution": "720P", "ratio": "3:4"}, (832, 1104)),
        ({"ratio": "1:1"}, (1440, 1440)),
        ({"ratio": "4:3"}, (1648, 1248)),
    ],
)
def test_resolution_and_ratio_make_the_size(
    sandbox: Sandbox, parameters: dict[str, Any], size: tuple[int, int]
) -> None:
    """The sizes are those of the document's table; without a resolution it is 1080P."""
    with video(sandbox, TEXT, PROMPT, {"duration": 2, **parameters}) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == size


def test_a_first_frame_decides_the_shape(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """The area stays, the shape is the first frame's, also with references and a ratio."""
    first = item("first_frame", data_uri(300, 300))
    with video(sandbox, FRAMES, {"media": [first]}, SMALL) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (960, 960)
    given = {**PROMPT, "media": [first, item("reference_image")]}
    with video(sandbox, REFERENCES, given, {**SMALL, "ratio": "16:9"}) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (960, 960)


def test_a_video_of_the_sandbox_is_measured(sandbox: Sandbox) -> None:
    """An edit has the length and shape of the given video, a continuation must be longer than it."""
    made = link(sandbox, TEXT, PROMPT, {"resolution": "720P", "ratio": "9:16", "duration": 3})
    with video(sandbox, EDIT, {"media": [item("video", made)]}, {"resolution": "720P"}) as container:
        assert round(container.duration / 1e6) == 3
        assert (container.streams.video[0].width, container.streams.video[0].height) == (720, 1280)
    answer = submit(sandbox, EDIT, {"media": [item("video", made)]}, {"resolution": "720P"})
    assert answer.json()["usage"]["total_tokens"] == 18_000
    given = {"media": [item("first_clip", made)]}
    assert submit(sandbox, FRAMES, given, {"duration": 4}).status_code == 200
    assert submit(sandbox, FRAMES, given, {"duration": 3}).status_code == 400


@pytest.mark.parametrize(
    ("model", "given", "parameters"),
    [
        (TEXT, {}, None),
        (TEXT, {"prompt": ""}, None),
        (TEXT, media("first_frame"), None),
        (TEXT, {**PROMPT, "audio_url": "a.mp3"}, None),
        (TEXT, PROMPT, {"duration": 1}),
        (TEXT, PROMPT, {"duration": 16}),
        (TEXT, PROMPT, {"duration": "5"}),
        (TEXT, PROMPT, {"resolution": "480P"}),
        (TEXT, PROMPT, {"ratio": "21:9"}),
        (TEXT, PROMPT, {"seed": -1}),
        (TEXT, PROMPT, {"seed": 2**31}),
        (TEXT, PROMPT, {"audio_setting": "auto"}),
        (TEXT, PROMPT, {"size": "1280*720"}),
        (TEXT, PROMPT, {"watermark": "yes"}),
        (FRAMES, PROMPT, None),
        (FRAMES, {**PROMPT, "media": []}, None),
        (FRAMES, {**media("first_frame"), "negative_prompt": "cars"}, None),
        (FRAMES, media("first_frame"), {"ratio": "16:9"}),
        (FRAMES, media("last_frame"), None),
        (FRAMES, media("driving_audio"), None),
        (FRAMES, media("first_frame", "first_frame"), None),
        (FRAMES, media("first_clip", "driving_audio"), None),
        (FRAMES, media("first_frame", "first_clip"), None),
        (FRAMES, media("first_frame", "reference_image"), None),
        (FRAMES, {"media": [item("first_frame", reference_voice=f"{SITE}/a.mp3")]}, None),
        (FRAMES, {"media": [{"type": "first_frame"}]}, None),
        (FRAMES, {"media": ["first_frame"]}, None),
        (FRAMES, {"media": [item("first_frame", "a.png")]}, None),
        (FRAMES, {"media": [item("first_clip", "data:video/mp4;base64,AAAA")]}, None),
        (REFERENCES, {"media": [item("reference_image")]}, None),
        (REFERENCES, media("first_frame"), None),
        (REFERENCES, media("first_frame", "first_frame", "reference_image"), None),
        (REFERENCES, media(*["reference_image"] * 4, "reference_video", "reference_video"), None),
        (REFERENCES, media("reference_video"), {"duration": 11}),
        (REFERENCES, media("last_frame", "reference_image"), None),
        (REFERENCES, {**PROMPT, "media": [item("reference_image", reference_voice="a.mp3")]}, None),
        (EDIT, media("reference_image"), None),
        (EDIT, media("video", "video"), None),
        (EDIT, media("video", *["reference_image"] * 5), None),
        (EDIT, media("video"), {"duration": 1}),
        (EDIT, media("video"), {"duration": 11}),
        (EDIT, media("video"), {"audio_setting": "off"}),
    ],
)
def test_what_the_documents_do_not_allow_is_400(sandbox: Sandbox, model: str, given: Any, parameters: Any) -> None:
    """Wrong fields, values, types and combinations are refused, and nothing is accepted."""
    answer = submit(sandbox, model, given, parameters)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(
    ("size", "kind", "status"),
    [
        ((240, 240), "PNG", 200),
        ((240, 240), "BMP", 200),
        ((239, 240), "PNG", 400),
        ((240, 1921), "PNG", 400),
        ((300, 200), "GIF", 400),
    ],
)
def test_images_are_measured(
    sandbox: Sandbox, data_uri: Callable[..., str], size: tuple[int, int], kind: str, status: int
) -> None:
    """An image outside the document's formats, sides and shapes is refused."""
    given = {"media": [item("first_frame", data_uri(*size, kind))]}
    assert submit(sandbox, FRAMES, given, SMALL).status_code == status


def test_a_png_with_transparency_is_refused(sandbox: Sandbox) -> None:
    """The document takes no PNG with a channel for transparency."""
    file = io.BytesIO()
    Image.new("RGBA", (300, 300)).save(file, "PNG")
    uri = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    assert submit(sandbox, FRAMES, {"media": [item("first_frame", uri)]}, SMALL).status_code == 400


def test_a_long_prompt_is_cut_without_a_word(sandbox: Sandbox) -> None:
    """As the document has it, a prompt that is too long is accepted, so a client has to watch its length."""
    assert submit(sandbox, TEXT, {"prompt": "x" * 6000, "negative_prompt": "y" * 600}, SMALL).status_code == 200


@pytest.mark.parametrize(
    ("key", "turn", "status", "code"),
    [
        ("bad-key", "seconds=1", 401, "invalid_api_key"),
        ("poor-key", "seconds=1", 403, "insufficient_user_quota"),
        ("sk-test", "rate", 429, "rate_limit_exceeded"),
        ("sk-test", "refuse", 400, "content_policy_violation"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, code: str) -> None:
    """Key, money, rate and policy errors have their status and code, and nothing is accepted."""
    answer = submit(sandbox, TEXT, {"prompt": f"a kite [[sandbox: {turn}]]"}, SMALL, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(("turn", "status"), [("fail", "FAILED"), ("cancel", "CANCELED")])
def test_a_task_can_end_without_a_video(sandbox: Sandbox, turn: str, status: str) -> None:
    """A failure has a code and a message; neither end has a link."""
    prompt = {"prompt": f"a kite [[sandbox: {turn}]]"}
    task = ended(sandbox, task_in(submit(sandbox, TEXT, prompt, SMALL))["task_id"])
    assert task["task_status"] == status
    assert "video_url" not in task
    assert ("message" in task) is (status == "FAILED")


def test_an_unknown_task_is_unknown(sandbox: Sandbox) -> None:
    """The documents have a state for it, not an error."""
    assert task_in(query(sandbox, "no-such-task"))["task_status"] == "UNKNOWN"
