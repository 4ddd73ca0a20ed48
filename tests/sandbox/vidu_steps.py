"""The steps of a Vidu job, for the tests of both versions."""

from __future__ import annotations

import io
import time
from typing import Any

import requests
from PIL import Image

from vidmagic.sandbox import Sandbox

HEADERS = {"Authorization": "Token sk-test"}
PNG = {"Content-Type": "image/png"}


def post(sandbox: Sandbox, path: str, body: Any = None, key: str = "sk-test") -> requests.Response:
    """Send a JSON body."""
    return requests.post(sandbox.url + path, json=body, headers={"Authorization": f"Token {key}"}, timeout=5)


def get(sandbox: Sandbox, path: str, **arguments: str) -> requests.Response:
    """Ask."""
    return requests.get(sandbox.url + path, params=arguments, headers=HEADERS, timeout=5)


def creations(sandbox: Sandbox, task_id: str, version: str = "v1") -> Any:
    """Return the state of a task."""
    return get(sandbox, f"/ent/{version}/tasks/{task_id}/creations").json()


def wait(sandbox: Sandbox, task_id: str, state: str = "success", version: str = "v1") -> Any:
    """Ask until a task is in a state."""
    end = time.monotonic() + 5
    while (answer := creations(sandbox, task_id, version))["state"] != state:
        assert time.monotonic() < end, answer
        time.sleep(0.02)
    return answer


def image(width: int = 64, height: int = 48, kind: str = "PNG") -> bytes:
    """Make an image file."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(file, kind)
    return file.getvalue()


def upload(sandbox: Sandbox, content: bytes) -> str:
    """Go through the three steps, and return the uri."""
    created = post(sandbox, "/tools/v1/files/uploads", {"scene": "vidu"}).json()
    etag = requests.put(created["put_url"], data=content, headers=PNG, timeout=5).headers["ETag"]
    url = f"{sandbox.url}/tools/v1/files/uploads/{created['id']}/finish"
    uri = requests.put(url, json={"etag": etag}, headers=HEADERS, timeout=5).json()["uri"]
    assert isinstance(uri, str)
    return uri
