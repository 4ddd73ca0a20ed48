"""Hailuo answers as its document states."""

from __future__ import annotations

import io
import re
import time
from typing import Any

import av
import pytest
import requests

from tests.sandbox.hailuo_steps import HEADERS, post, query, retrieve, submit, wait_for_link
from vidmagic.sandbox import Sandbox


def test_the_statuses_come_in_order_and_end_in_a_file(sandbox: Sandbox) -> None:
    """A job goes Preparing, Queueing, Processing, Success; the ids and types are those of the document."""
    sandbox.seconds = 1.5
    task_id = submit(sandbox)
    seen = []
    while (state := query(sandbox, task_id))["status"] != "Success":
        seen.append(state["status"])
        time.sleep(0.01)
    assert list(dict.fromkeys(seen)) == ["Preparing", "Queueing", "Processing"]
    assert re.fullmatch(r"\d{15}", task_id)
    assert state["task_id"] == task_id
    assert (state["video_width"], state["video_height"]) == (1366, 768)
    file = retrieve(sandbox, task_id, state["file_id"])["file"]
    assert isinstance(state["file_id"], str)
    assert file["file_id"] == int(state["file_id"])
    assert (file["bytes"], file["filename"], file["purpose"]) == (0, "output_aigc.mp4", "video_generation")


def test_1080p_and_6_seconds_are_what_comes(sandbox: Sandbox) -> None:
    """The video has the size and the length that were asked for."""
    link = wait_for_link(sandbox, submit(sandbox, resolution="1080P", duration=6))
    with av.open(io.BytesIO(requests.get(link, timeout=5).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1920, 1080)
        assert container.duration == 6_000_000


@pytest.mark.parametrize(
    "body",
    [
        {"duration": "6"},
        {"duration": 7},
        {"duration": True},
        {"resolution": "720P"},
        {"resolution": "1080P", "duration": 10},
        {"prompt_optimizer": 1},
        {"prompt": ""},
        {"prompt": "x" * 2001},
        {"prompt": None},
        {"seed": 1},
    ],
)
def test_what_the_document_does_not_allow_is_2013(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values, lengths and fields are refused with HTTP 200 and code 2013, and nothing is accepted."""
    answer = post(sandbox, **body)
    assert (answer.status_code, answer.json()["base_resp"]["status_code"]) == (200, 2013)
    assert sandbox.ledger[-1].accepted is None


def test_everything_the_document_allows_is_accepted(sandbox: Sandbox) -> None:
    """All optional fields together, both models, and a prompt of 2,000 characters are fine."""
    options = {"duration": 10, "resolution": "768P", "prompt_optimizer": False, "fast_pretreatment": True}
    assert submit(sandbox, **options, aigc_watermark=True, model="MiniMax-Hailuo-02", prompt="字" * 2000)


def test_an_unknown_model_has_no_channel(sandbox: Sandbox) -> None:
    """The gateway answers 503 for a model it does not carry."""
    assert post(sandbox, model="MiniMax-Hailuo-9").status_code == 503


@pytest.mark.parametrize("key", ["", "Token sk-test", "bad-key", "Bearer bad-key"])
def test_a_bad_key_is_401(sandbox: Sandbox, key: str) -> None:
    """No key, a key in another form and a bad key get the gateway's 401."""
    answer = post(sandbox, key=key)
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"message", "type", "code"}


@pytest.mark.parametrize(
    ("key", "prompt", "code"),
    [
        ("stale-key", "a kite", 1004),
        ("poor-key", "a kite", 1008),
        ("sk-test", "a kite [[sandbox: balance]]", 1008),
        ("sk-test", "a kite [[sandbox: rate]]", 1002),
        ("sk-test", "a kite [[sandbox: refuse]]", 1026),
    ],
)
def test_the_service_refuses_in_its_own_codes(sandbox: Sandbox, key: str, prompt: str, code: int) -> None:
    """Key, money, rate and policy errors are HTTP 200 with their code, and nothing is accepted."""
    answer = post(sandbox, key=key, prompt=prompt)
    assert (answer.status_code, answer.json()["base_resp"]["status_code"]) == (200, code)
    assert sandbox.ledger[-1].accepted is None


def test_a_bearer_key_passes_too(sandbox: Sandbox) -> None:
    """The gateway takes a bare key and a Bearer key."""
    assert "task_id" in post(sandbox, key="Bearer sk-test").json()


def test_a_failing_job_fails_at_its_end(sandbox: Sandbox) -> None:
    """`fail` is accepted, goes on, and ends with the status Fail and a code."""
    task_id = submit(sandbox, prompt="a kite [[sandbox: fail]]")
    assert query(sandbox, task_id)["status"] != "Fail"
    time.sleep(0.35)
    state = query(sandbox, task_id)
    assert (state["status"], state["base_resp"]["status_code"]) == ("Fail", 1027)


def test_directions_are_not_drawn(sandbox: Sandbox) -> None:
    """What the video shows is the prompt without its directives."""
    task = sandbox.store.find_task("hailuo", submit(sandbox, prompt="a kite [[sandbox: seconds=9]] [Static shot]"))
    assert task is not None
    assert (task.video.prompt, task.seconds) == ("a kite [Static shot]", 9)


def test_an_answer_can_be_lost(sandbox: Sandbox) -> None:
    """`error500` and `drop` accept the job, as the ledger tells, and give no id."""
    assert post(sandbox, prompt="a kite [[sandbox: error500]]").status_code == 500
    with pytest.raises(requests.ConnectionError):
        post(sandbox, prompt="a kite [[sandbox: drop]]")
    for call, status in zip(sandbox.ledger, (500, 0), strict=True):
        assert (call.status, call.accepted is not None) == (status, True)


def test_a_file_is_not_there_before_its_time(sandbox: Sandbox) -> None:
    """Unknown tasks, unknown files and files asked for too early are 2013."""
    task_id = submit(sandbox, prompt="a kite [[sandbox: seconds=60]]")
    assert query(sandbox, "1")["base_resp"]["status_code"] == 2013
    assert query(sandbox, "../../signing-key")["base_resp"]["status_code"] == 2013
    assert retrieve(sandbox, task_id, str(int(task_id) + 67_935_793_699))["base_resp"]["status_code"] == 2013
    assert requests.get(f"{sandbox.url}/v1/files/retrieve", headers=HEADERS, timeout=5).json()["base_resp"]


def test_the_id_of_a_file_is_enough(sandbox: Sandbox) -> None:
    """Other programs send no task id with the file id; a task id of another job is refused."""
    task_id, other = submit(sandbox), submit(sandbox)
    wait_for_link(sandbox, task_id)
    file_id = query(sandbox, task_id)["file_id"]
    alone = requests.get(f"{sandbox.url}/v1/files/retrieve", {"file_id": file_id}, headers=HEADERS, timeout=5).json()
    assert alone["file"]["file_id"] == int(file_id)
    assert retrieve(sandbox, other, file_id)["base_resp"]["status_code"] == 2013
    for odd in ("", "x", "-1", "0", "9" * 30):
        assert retrieve(sandbox, task_id, odd)["base_resp"]["status_code"] == 2013


def test_a_task_can_end_cancelled(sandbox: Sandbox) -> None:
    """`cancel` accepts the job and ends it as the service spells it, without a file."""
    task_id = submit(sandbox, prompt="a kite [[sandbox: cancel]] [[sandbox: seconds=0]]")
    state = query(sandbox, task_id)
    assert (state["status"], state["file_id"]) == ("Cancelled", "")
    assert retrieve(sandbox, task_id, str(int(task_id) + 67_935_793_699))["base_resp"]["status_code"] == 2013
