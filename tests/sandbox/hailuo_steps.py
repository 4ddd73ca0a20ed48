"""The three steps of a Hailuo job, for tests that need any job."""

from __future__ import annotations

import time
from typing import Any

import requests

from vidmagic.sandbox import Sandbox

KEY = "sk-test"
HEADERS = {"Authorization": KEY}


def post(sandbox: Sandbox, key: str = KEY, **body: Any) -> requests.Response:
    """Submit a body that is valid but for what is given."""
    document = {"model": "MiniMax-Hailuo-2.3", "prompt": "a red kite over the sea", **body}
    return requests.post(f"{sandbox.url}/v1/video_generation", json=document, headers={"Authorization": key}, timeout=5)


def submit(sandbox: Sandbox, **body: Any) -> str:
    """Submit, and return the task id."""
    task_id = post(sandbox, **body).json()["task_id"]
    assert isinstance(task_id, str)
    return task_id


def query(sandbox: Sandbox, task_id: str) -> Any:
    """Return the state of a task."""
    url = f"{sandbox.url}/v1/query/video_generation"
    return requests.get(url, params={"task_id": task_id}, headers=HEADERS, timeout=5).json()


def retrieve(sandbox: Sandbox, task_id: str, file_id: str) -> Any:
    """Return what the file is."""
    arguments = {"task_id": task_id, "file_id": file_id}
    return requests.get(f"{sandbox.url}/v1/files/retrieve", params=arguments, headers=HEADERS, timeout=5).json()


def wait_for_link(sandbox: Sandbox, task_id: str) -> str:
    """Ask until the video is there, and return its link."""
    end = time.monotonic() + 5
    while (state := query(sandbox, task_id))["status"] != "Success":
        assert time.monotonic() < end, state
        time.sleep(0.02)
    link = retrieve(sandbox, task_id, state["file_id"])["file"]["download_url"]
    assert isinstance(link, str)
    return link
