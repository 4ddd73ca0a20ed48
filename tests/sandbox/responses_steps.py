"""The one endpoint of two systems, and how its streams are read here."""

from __future__ import annotations

import json
from typing import Any

import requests

from vidmagic.sandbox import Sandbox


def post(sandbox: Sandbox, body: Any, key: str = "sk-test") -> requests.Response:
    """Send a body to /v1/responses and read the whole answer."""
    return requests.post(f"{sandbox.url}/v1/responses", json=body, headers={"Authorization": key}, timeout=10)


def frames(answer: requests.Response) -> list[Any]:
    """Return the JSON of every `data:` line but [DONE]."""
    assert answer.headers["Content-Type"].startswith("text/event-stream")
    lines = [line[6:] for line in answer.content.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def text(events: list[Any]) -> str:
    """Join the deltas."""
    return "".join(frame.get("delta", "") for frame in events)
