"""The sandbox speaks Hailuo on /v1/responses as five documents read, and rejects what they do not allow."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from tests.sandbox.responses_steps import post
from tests.sandbox.test_request_media import picture, uri
from vidmagic.sandbox import Sandbox

FAST, NEW, OLD = "MiniMax-Hailuo-2.3-Fast", "MiniMax-Hailuo-2.3", "MiniMax-Hailuo-02"
LINK = "https://example.com/a.jpeg"


def body(model: str = OLD, **more: Any) -> dict[str, Any]:
    """Return a body; a field that is None is left out."""
    fields = {"model": model, "input": "a mouse [Push in]", "duration": 6, "resolution": "1080P", **more}
    return {name: value for name, value in fields.items() if value is not None}


def asked(sandbox: Sandbox, model: str, **given: Any) -> Any:
    """Return the answer to a query."""
    return post(sandbox, {"model": f"MiniMax-Hailuo-{model}", "input": given}).json()


@pytest.mark.parametrize(
    ("sent", "tokens"),
    [
        (body(), 35_000),
        (body(first_frame_image=LINK), 35_000),
        (body(first_frame_image=LINK, last_frame_image=LINK, aigc_watermark=False), 35_000),
        (body(input=None, last_frame_image=LINK), 35_000),
        (body(first_frame_image=LINK, resolution="512P", duration=10), 15_000),
        (body(NEW, first_frame_image=LINK, prompt_optimizer=True, fast_pretreatment=True), 35_000),
        (body(NEW, first_frame_image=LINK, resolution=None, duration=None), 20_000),
        (body(FAST, first_frame_image=LINK, input=""), 23_100),
    ],
)
def test_what_the_documents_allow_is_accepted(sandbox: Sandbox, sent: dict[str, Any], tokens: int) -> None:
    """The answer is that of the samples: an id, the code 0, and the tokens."""
    answer = post(sandbox, sent).json()
    assert re.fullmatch(r"418\d{12}", answer["task_id"])
    assert answer["base_resp"] == {"status_code": 0, "status_msg": "success"}
    assert answer["usage"]["total_tokens"] == tokens


@pytest.mark.parametrize(
    "sent",
    [
        body(NEW),
        body(FAST),
        body(input=None),
        body(input="x" * 2001),
        body(prompt="a mouse"),
        body(duration=10),
        body(duration=7, resolution="768P"),
        body(resolution="720P"),
        body(resolution="512P"),
        body(NEW, first_frame_image=LINK, resolution="512P"),
        body(NEW, first_frame_image=LINK, last_frame_image=LINK),
        body(last_frame_image=LINK, resolution="512P"),
        body(last_frame_image=LINK, fast_pretreatment=False),
        body(first_frame_image=""),
        body(first_frame_image="a mouse"),
        body(first_frame_image=uri("image/gif", picture(640, 400, "GIF"))),
        body(first_frame_image=uri("image/png", picture(300, 400))),
        body(first_frame_image=uri("image/png", picture(301, 1000))),
        body(watermark=True),
    ],
)
def test_what_the_documents_do_not_allow_is_2013(sandbox: Sandbox, sent: dict[str, Any]) -> None:
    """Wrong fields, values, combinations and images are refused with HTTP 200 and code 2013, and no task."""
    answer = post(sandbox, sent)
    assert (answer.status_code, answer.json()["base_resp"]["status_code"]) == (200, 2013)
    assert sandbox.ledger[-1].accepted is None


def test_a_task_goes_from_the_submit_to_its_link(sandbox: Sandbox) -> None:
    """The query gives a file, the file a link; the size is that of the first frame at the short side asked for."""
    sandbox.seconds = 0.2
    sent = body(first_frame_image=uri("image/png", picture(640, 400)), resolution="768P")
    task_id = post(sandbox, sent).json()["task_id"]
    end = time.monotonic() + 10
    while (state := asked(sandbox, "query", task_id=task_id))["status"] != "Success":
        assert time.monotonic() < end, state
        time.sleep(0.02)
    assert (state["video_width"], state["video_height"], state["usage"]["total_tokens"]) == (1228, 768, 0)
    file = asked(sandbox, "get", file_id=state["file_id"])
    assert file["file"]["download_url"].startswith(sandbox.files_url)
    assert file["base_resp"]["status_code"] == 0


def test_queries_take_an_object_with_one_id(sandbox: Sandbox) -> None:
    """Another shape, an unknown task and a file before its time are 2013."""
    task_id = post(sandbox, body()).json()["task_id"]
    for given in ({"task_id": "1"}, {"task_id": 5}, {}, {"task_id": task_id, "file_id": "1"}):
        assert asked(sandbox, "query", **given)["base_resp"]["status_code"] == 2013
    for given in ({"file_id": "1"}, {"task_id": task_id}):
        assert asked(sandbox, "get", **given)["base_resp"]["status_code"] == 2013
    answer = post(sandbox, {"model": "MiniMax-Hailuo-query", "input": task_id}).json()
    assert answer["base_resp"]["status_code"] == 2013


@pytest.mark.parametrize(("directive", "code"), [("balance", 1008), ("rate", 1002), ("refuse", 1026)])
def test_the_service_refuses_in_its_own_codes(sandbox: Sandbox, directive: str, code: int) -> None:
    """Money, rate and policy errors are HTTP 200 with their code, and nothing is accepted."""
    answer = post(sandbox, body(input=f"a kite [[sandbox: {directive}]]"))
    assert (answer.status_code, answer.json()["base_resp"]["status_code"]) == (200, code)
    assert post(sandbox, body(), key="stale-key").json()["base_resp"]["status_code"] == 1004
    assert [call.accepted for call in sandbox.ledger] == [None, None]
