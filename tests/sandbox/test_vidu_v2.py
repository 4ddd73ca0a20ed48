"""The Vidu wire, version 2: start and end frame, payload, cancel and the list."""

from __future__ import annotations

import io
from datetime import datetime, timedelta, timezone
from typing import Any

import av
import pytest
import requests

from vidmagic.sandbox import Sandbox

from .vidu_steps import creations, get, image, post, upload, wait

IMAGES = ["https://example.com/a.jpg", "https://example.com/b.jpg"]


def _submit(sandbox: Sandbox, **body: Any) -> requests.Response:
    document = {"model": "vidu2.0", "images": IMAGES, "prompt": "a bird flies", **body}
    return post(sandbox, "/ent/v2/start-end2video", document)


def test_a_task_is_answered_as_documented(sandbox: Sandbox) -> None:
    """The answer has the document's fields and what was sent."""
    answer = _submit(sandbox, seed=7, resolution="720p", movement_amplitude="small").json()
    assert (answer["state"], answer["model"], answer["images"], answer["duration"]) == ("created", "vidu2.0", IMAGES, 4)
    assert (answer["seed"], answer["resolution"], answer["movement_amplitude"]) == (7, "720p", "small")
    assert isinstance(answer["task_id"], str)
    assert answer["created_at"].endswith("Z")


def test_it_ends_in_a_video_and_echoes_the_payload(sandbox: Sandbox) -> None:
    """Two uploaded images become a video of their shape, and the payload comes back."""
    images = [upload(sandbox, image(400, 300)), upload(sandbox, image(400, 320))]
    answer = wait(sandbox, _submit(sandbox, images=images, payload="job-1").json()["task_id"], version="v2")
    assert answer["payload"] == "job-1"
    with av.open(io.BytesIO(requests.get(answer["creations"][0]["url"], timeout=5).content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (480, 360)


@pytest.mark.parametrize(
    "body",
    [
        {"duration": "4"},
        {"seed": "0"},
        {"duration": 8},
        {"model": "vidu1.5", "duration": 8},
        {"model": "vidu1.5", "duration": 8, "resolution": "1080p"},
        {"resolution": "540p"},
        {"images": IMAGES[:1]},
        {"images": [*IMAGES, IMAGES[0]]},
        {"images": [1, 2]},
        {"images": ["data:image/png;base64,AAAA", IMAGES[1]]},
        {"prompt": "x" * 1501},
        {"prompt": ""},
        {"aspect_ratio": "16:9"},
    ],
)
def test_what_the_document_does_not_allow_is_400(sandbox: Sandbox, body: dict[str, Any]) -> None:
    """Wrong types, values and combinations are refused, and nothing is accepted."""
    assert _submit(sandbox, **body).status_code == 400
    assert sandbox.ledger[-1].accepted is None


def test_8_seconds_are_for_the_older_model(sandbox: Sandbox) -> None:
    """vidu1.5 makes 8 seconds at 720p."""
    assert _submit(sandbox, model="vidu1.5", duration=8, resolution="720p").status_code == 200


def test_the_two_frames_must_be_alike(sandbox: Sandbox) -> None:
    """Shapes that differ by more than 0.8 to 1.25 are refused."""
    images = [upload(sandbox, image(400, 300)), upload(sandbox, image(300, 400))]
    assert _submit(sandbox, images=images).json()["reason"] == "FieldInvalid"


def test_a_waiting_task_can_be_cancelled_once(sandbox: Sandbox) -> None:
    """Before work begins a task can be cancelled; then it stays so."""
    sandbox.seconds = 60
    task_id = _submit(sandbox).json()["task_id"]
    assert post(sandbox, f"/ent/v2/tasks/{task_id}/cancel").status_code == 200
    assert creations(sandbox, task_id, "v2")["state"] == "canceled"
    assert post(sandbox, f"/ent/v2/tasks/{task_id}/cancel").status_code == 400


def test_a_working_task_cannot_be_cancelled(sandbox: Sandbox) -> None:
    """Once it is in work, cancel is refused."""
    sandbox.seconds = 1
    task_id = _submit(sandbox).json()["task_id"]
    wait(sandbox, task_id, "processing", "v2")
    assert post(sandbox, f"/ent/v2/tasks/{task_id}/cancel").status_code == 400


def test_a_lost_task_is_in_the_list(sandbox: Sandbox) -> None:
    """A submit whose answer was lost is recovered by time and prompt, and confirmed by its payload."""
    start = datetime.now(timezone.utc) - timedelta(seconds=1)
    assert _submit(sandbox, prompt="lost [[sandbox: error500]]", payload="job-2").status_code == 500
    since = start.isoformat().replace("+00:00", "Z")
    tasks = get(sandbox, "/ent/v2/tasks", **{"created_at.from": since}).json()["tasks"]
    assert [task["prompt"] for task in tasks] == ["lost [[sandbox: error500]]"]
    assert "payload" not in tasks[0]
    assert creations(sandbox, tasks[0]["id"], "v2")["payload"] == "job-2"
    assert get(sandbox, "/ent/v2/tasks", **{"created_at.to": since}).json()["tasks"] == []
    assert get(sandbox, "/ent/v2/tasks", **{"created_at.to": "now"}).status_code == 400
