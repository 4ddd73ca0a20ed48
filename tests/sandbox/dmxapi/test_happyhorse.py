"""The models of HappyHorse answer as their documents state, by one query."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Callable
from typing import Any

import av
import pytest
import requests

from tests.sandbox.responses_steps import post
from vidmagic.sandbox import Sandbox

LINK, SOURCE = "https://example.com/a.jpg", "https://example.com/a.mp4"
FRAME = {"type": "first_frame", "url": LINK}
REFERENCE = {"type": "reference_image", "url": LINK}
VIDEO = {"type": "video", "url": SOURCE}
TEXT = {"model": "happyhorse-1.1-t2v", "input": {"prompt": "a cat"}}
IMAGE = {"model": "happyhorse-1.1-i2v", "input": {"media": [FRAME]}}
REFERENCES = {"model": "happyhorse-1.1-r2v", "input": {"prompt": "a cat", "media": [REFERENCE]}}
EDIT = {"model": "happyhorse-1.0-video-edit-15s", "input": [{"prompt": "a cat", "media": [VIDEO, REFERENCE]}]}


def _task(answer: requests.Response) -> dict[str, Any]:
    """Return the task in the text of an answer."""
    [message] = answer.json()["output"]
    [part] = message["content"]
    assert (message["type"], part["type"]) == ("message", "output_text")
    return dict(json.loads(part["text"]))


def _query(sandbox: Sandbox, task_id: str) -> dict[str, Any]:
    return _task(post(sandbox, {"model": "happyhorse-get", "input": task_id}))


def _ended(sandbox: Sandbox, body: dict[str, Any]) -> dict[str, Any]:
    """Return the task of *body* as it is after its generation time."""
    sandbox.seconds = 0
    return _query(sandbox, _task(post(sandbox, body))["task_id"])


def _video(sandbox: Sandbox, body: dict[str, Any]) -> Any:
    return av.open(io.BytesIO(requests.get(_ended(sandbox, body)["video_url"], timeout=10).content))


@pytest.mark.parametrize(
    ("body", "resolution", "tokens"),
    [(TEXT, "1080P", 60_000), (IMAGE, "720P", 45_000), (REFERENCES, "720P", 60_000), (EDIT, "720P", 135_000)],
)
def test_a_task_is_answered_as_in_the_samples(
    sandbox: Sandbox, body: dict[str, Any], resolution: str, tokens: int
) -> None:
    """The id stands in the text, the tokens of five seconds, or of an edit, are the sample's."""
    answer = post(sandbox, body | {"parameters": {"resolution": resolution}})
    assert answer.json().keys() == {"request_id", "output", "usage"}
    assert answer.json()["usage"]["total_tokens"] == answer.json()["usage"]["output_tokens"] == tokens
    task = _task(answer)
    assert task == {"task_id": task["task_id"], "task_status": "PENDING"}
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", task["task_id"])


def test_a_query_names_the_state_and_costs_nothing(sandbox: Sandbox) -> None:
    """A task runs and succeeds; then it has its times and its link."""
    sandbox.seconds = 0.5
    task_id = _task(post(sandbox, TEXT))["task_id"]
    early = post(sandbox, {"model": "happyhorse-get", "input": task_id})
    assert _task(early)["task_status"] in {"PENDING", "RUNNING"}
    assert early.json()["usage"]["total_tokens"] == 0
    time.sleep(0.55)
    task = _query(sandbox, task_id)
    assert task["task_status"] == "SUCCEEDED"
    assert task.keys() == {"task_id", "task_status", "submit_time", "scheduled_time", "end_time", "video_url"}
    assert requests.get(task["video_url"], timeout=5).content[4:8] == b"ftyp"


def test_parameters_make_the_video(sandbox: Sandbox) -> None:
    """Length, ratio and resolution are those asked for, or the document's defaults; an edit has sound."""
    parameters = {"duration": 3, "ratio": "9:21", "resolution": "720P"}
    with _video(sandbox, TEXT | {"parameters": parameters}) as container:
        picture = container.streams.video[0]
        assert (container.duration, len(container.streams.audio)) == (3_000_000, 0)
        assert picture.width / picture.height == pytest.approx(9 / 21, rel=0.01)
        assert picture.width * picture.height == pytest.approx(1280 * 720, rel=0.01)
    with _video(sandbox, EDIT) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1920, 1080)
        assert len(container.streams.audio) == 1


def test_the_first_frame_shapes_the_video(sandbox: Sandbox, data_uri: Callable[..., str]) -> None:
    """A video from a first frame has about its shape, and needs no words."""
    frame = FRAME | {"url": data_uri(300, 300)}
    body = {"model": IMAGE["model"], "input": {"media": [frame]}, "parameters": {"resolution": "720P", "duration": 3}}
    with _video(sandbox, body) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (960, 960)


def test_an_edit_is_as_long_as_its_video(sandbox: Sandbox) -> None:
    """A video of the sandbox itself gives the edit its length, of which the service uses 15 seconds, and its shape."""
    given = _ended(sandbox, TEXT | {"parameters": {"duration": 4, "ratio": "9:16"}})["video_url"]
    body = EDIT | {"input": [{"prompt": "a dog", "media": [VIDEO | {"url": given}]}]}
    with _video(sandbox, body) as container:
        picture = container.streams.video[0]
        assert (container.duration, picture.width < picture.height) == (4_000_000, True)


def _with_media(body: dict[str, Any], *media: object) -> dict[str, Any]:
    given = {"prompt": "a cat", "media": [*media]}
    return body | {"input": [given] if isinstance(body["input"], list) else given}


@pytest.mark.parametrize(
    "body",
    [
        TEXT | {"input": "a cat"},
        TEXT | {"input": [{"prompt": "a cat"}]},
        TEXT | {"input": {}},
        TEXT | {"input": {"prompt": ""}},
        TEXT | {"prompt": "a cat"},
        TEXT | {"duration": 5},
        _with_media(TEXT, FRAME),
        *(
            TEXT | {"parameters": parameters}
            for parameters in (
                [],
                {"duration": 2},
                {"duration": 16},
                {"duration": "5"},
                {"ratio": "2:1"},
                {"resolution": "720p"},
                {"seed": -1},
                {"seed": 2**31},
                {"watermark": "no"},
                {"audio_setting": "auto"},
                {"aspect_ratio": "16:9"},
            )
        ),
        IMAGE | {"input": {"prompt": "a cat"}},
        IMAGE | {"parameters": {"ratio": "16:9"}},
        _with_media(IMAGE),
        _with_media(IMAGE, FRAME, FRAME),
        _with_media(IMAGE, REFERENCE),
        _with_media(IMAGE, {"type": "first_frame"}),
        _with_media(IMAGE, FRAME | {"url": "a.png"}),
        _with_media(IMAGE, FRAME | {"role": "first"}),
        _with_media(IMAGE, LINK),
        REFERENCES | {"input": {"media": [REFERENCE]}},
        _with_media(REFERENCES, *[REFERENCE] * 10),
        _with_media(REFERENCES, REFERENCE, VIDEO),
        EDIT | {"input": {"prompt": "a cat", "media": [VIDEO]}},
        EDIT | {"input": []},
        EDIT | {"input": ["a cat"]},
        EDIT | {"input": EDIT["input"] * 2},
        EDIT | {"parameters": {"duration": 5}},
        EDIT | {"parameters": {"ratio": "16:9"}},
        EDIT | {"parameters": {"audio_setting": "original"}},
        _with_media(EDIT, REFERENCE),
        _with_media(EDIT, VIDEO, VIDEO),
        _with_media(EDIT, VIDEO, *[REFERENCE] * 6),
        _with_media(EDIT, VIDEO | {"url": "data:video/mp4;base64,AAAA"}),
    ],
)
def test_what_the_documents_do_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values, fields and media are refused, and nothing is accepted."""
    answer = post(sandbox, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(
    ("body", "item", "size"),
    [
        (IMAGE, FRAME, (299, 400)),
        (IMAGE, FRAME, (300, 760)),
        (REFERENCES, REFERENCE, (399, 500)),
        (EDIT, REFERENCE, (299, 299)),
    ],
)
def test_images_have_their_bounds(
    sandbox: Sandbox, data_uri: Callable[..., str], body: dict[str, Any], item: dict[str, str], size: tuple[int, int]
) -> None:
    """An image that is too small, or too long and narrow, is refused."""
    video = [VIDEO] if body is EDIT else []
    answer = post(sandbox, _with_media(body, *video, item | {"url": data_uri(*size)}))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidParameter")


@pytest.mark.parametrize("prompt", ["x" * 5001, "马" * 2501])
def test_a_long_prompt_is_cut_without_a_word(sandbox: Sandbox, prompt: str) -> None:
    """The service uses 5,000 characters, of which a Chinese one counts as two: whoever sends more is not told."""
    assert post(sandbox, TEXT | {"input": {"prompt": f"{prompt} [[sandbox: refuse]]"}}).status_code == 200
    assert post(sandbox, TEXT | {"input": {"prompt": f"{prompt[1:-20]} [[sandbox: refuse]]"}}).status_code == 400


@pytest.mark.parametrize(
    ("key", "turn", "status", "code"),
    [
        ("bad-key", "seconds=1", 401, "invalid_api_key"),
        ("poor-key", "seconds=1", 403, "insufficient_user_quota"),
        ("sk-test", "rate", 429, "rate_limit_exceeded"),
        ("sk-test", "refuse", 400, "DataInspectionFailed"),
    ],
)
def test_it_is_refused_at_submit(sandbox: Sandbox, key: str, turn: str, status: int, code: str) -> None:
    """Key, money, rate and policy errors have their status and code, and nothing is accepted."""
    answer = post(sandbox, TEXT | {"input": {"prompt": f"a cat [[sandbox: {turn}]]"}}, key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert sandbox.ledger[-1].accepted is None


@pytest.mark.parametrize(
    ("turn", "state", "code"), [("fail", "FAILED", "DataInspectionFailed"), ("cancel", "CANCELED", None)]
)
def test_a_task_can_end_badly(sandbox: Sandbox, turn: str, state: str, code: str | None) -> None:
    """A failure has a code beside its state, a cancelled task none; neither has a link."""
    task = _ended(sandbox, TEXT | {"input": {"prompt": f"a cat [[sandbox: {turn}]]"}})
    assert (task["task_status"], task.get("code")) == (state, code)
    assert "video_url" not in task


def test_an_unknown_or_old_id_is_unknown(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id that never was, or is older than a day, has the state UNKNOWN, with status 200."""
    task_id = _task(post(sandbox, TEXT))["task_id"]
    assert _query(sandbox, "nobody") == {"task_id": "nobody", "task_status": "UNKNOWN"}
    monkeypatch.setattr("vidmagic.sandbox.dmxapi.model_studio.LIFETIME", 0)
    assert _query(sandbox, task_id)["task_status"] == "UNKNOWN"


def test_a_query_has_no_stream(sandbox: Sandbox) -> None:
    """A field that the document of the query does not name is refused."""
    answer = post(sandbox, {"model": "happyhorse-get", "input": "nobody", "stream": True})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")
