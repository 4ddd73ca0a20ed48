"""The ledger shows what was asked, keeps no key, and does not grow without end."""

from __future__ import annotations

import json

import pytest
import requests

from tests.sandbox.hailuo_steps import submit
from vidmagic.sandbox import Sandbox, ledger
from vidmagic.sandbox.exchange import Request
from vidmagic.sandbox.ledger import Ledger, redacted

SECRET = "sk-live-3f9c1e77a2b4"


def call(body: object = None, **headers: str) -> Request:
    """Make a request with a JSON body."""
    return Request("POST", "/v1/x", "", headers, b"" if body is None else json.dumps(body).encode())


@pytest.mark.parametrize("header", ["Authorization", "authorization", "X-Api-Key", "Cookie"])
@pytest.mark.parametrize("scheme", ["", "Bearer ", "Token "])
def test_a_key_is_nowhere_in_the_ledger(sandbox: Sandbox, http: requests.Session, header: str, scheme: str) -> None:
    """Whatever header a key comes in, and wherever it is repeated, the ledger holds a label in its place."""
    address = f"{sandbox.url}/v1/nothing/{SECRET}?api_key={SECRET}&q={SECRET}"
    http.post(
        address, headers={header: scheme + SECRET, "X-Other": SECRET}, json={"a": [SECRET], SECRET: {"b": SECRET}}
    )
    http.get(f"{sandbox.url}/v1/nothing?key={SECRET}")
    assert SECRET not in http.get(f"{sandbox.url}/sandbox/ledger").text
    assert SECRET not in repr(sandbox.ledger)


def test_the_label_of_a_key_tells_keys_apart() -> None:
    """The same key has the same label, whatever its scheme; another key has another one."""
    assert redacted(f"Bearer {SECRET}") == f"Bearer {redacted(SECRET)}"
    assert redacted(SECRET) != redacted("another")


def test_long_texts_are_cut_and_short_ones_stay() -> None:
    """Of an image only the beginning is remembered; a prompt stays whole."""
    calls = Ledger()
    prompt, image = "长" * 2000, "data:image/png;base64," + "A" * 5_000_000
    calls.record("api", call({"prompt": prompt, "images": [image]}), 200, "1")
    body = calls.calls[0].body
    assert isinstance(body, dict)
    assert body["prompt"] == prompt
    assert body["images"][0] == f"{image[:100]}… (5,000,022 characters)"


def test_memory_is_bounded() -> None:
    """Of many long bodies the newest stay, and a body that is too long is only counted."""
    calls = Ledger()
    calls.record("api", call(list(range(20_000))), 400, None)
    assert calls.calls[0].body == len(json.dumps(list(range(20_000))))
    for number in range(200):
        calls.record("api", call({"number": number, "texts": ["x" * 3_999] * 10}), 200, None)
    assert len(json.dumps([entry.body for entry in calls.calls])) < ledger.ALL_BODY_CHARACTERS * 1.1
    newest = calls.calls[-1].body
    assert isinstance(newest, dict)
    assert newest["number"] == 199
    assert isinstance(calls.calls[1].body, int)


def test_the_oldest_calls_are_forgotten() -> None:
    """The newest calls stay, in their order."""
    calls = Ledger()
    for number in range(ledger.CALLS + 5):
        calls.record("api", Request("GET", f"/{number}", "", {}, b""), 200, None)
    assert len(calls.calls) == ledger.CALLS
    assert (calls.calls[0].path, calls.calls[-1].path) == ("/5", f"/{ledger.CALLS + 4}")


def test_a_submit_with_a_large_image_is_accepted_and_not_remembered(sandbox: Sandbox) -> None:
    """The ledger of a real submit stays readable after it."""
    task_id = submit(sandbox, prompt="a kite")
    assert [call.accepted for call in sandbox.ledger] == [task_id]
