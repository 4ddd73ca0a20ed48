"""The ledger: every request that the sandbox has seen, without keys, in bounded memory."""

from __future__ import annotations

import hmac
import json
import re
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from .exchange import Request

Origin = Literal["api", "files"]

CALLS = 10_000  # are remembered; older ones are forgotten
BODY_CHARACTERS = 64_000  # of one body, as JSON
ALL_BODY_CHARACTERS = 4_000_000  # of all bodies together; beyond, the oldest are replaced by their sizes
_TEXT = 4_000  # characters; of a longer text only its beginning is remembered
_BEGINNING = 100

_KEY_HEADERS = {"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key", "x-goog-api-key"}
_KEY_ARGUMENT = re.compile(r"((?:^|&)(?:api_?key|key|(?:access_)?token)=)([^&]+)", re.IGNORECASE)
_SALT = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it arrived, and how it was answered.

    `body` is the parsed JSON with its long texts cut, or the number of bytes of anything else and of what is too long
    or too old to be remembered. A key in `headers` is replaced by `redacted`. `status` is 0 when the connection was cut
    instead of answered. `accepted` is the id of the task that this request created.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: object
    status: int
    accepted: str | None
    origin: Origin


class Ledger:
    """Remember calls; `calls` are the newest ones, in their order."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self._lock = threading.Lock()
        self._characters = 0

    def record(self, origin: Origin, request: Request, status: int, accepted: str | None) -> None:
        """Remember one request and how it was answered."""
        keys = [_key_of(value) for name, value in request.headers.items() if name.lower() in _KEY_HEADERS]
        headers = {
            name: redacted(value) if name.lower() in _KEY_HEADERS else _without(keys, value)
            for name, value in request.headers.items()
        }
        query = _KEY_ARGUMENT.sub(lambda match: match[1] + redacted(match[2]), _without(keys, request.query))
        body, characters = _body(request, keys)
        path = _without(keys, request.path)
        with self._lock:
            self.calls.append(Call(request.method, path, query, headers, body, status, accepted, origin))
            self._characters += characters
            del self.calls[:-CALLS]
            if self._characters > ALL_BODY_CHARACTERS:
                self._forget_old_bodies()

    def _forget_old_bodies(self) -> None:
        """Leave bodies of half of what is allowed, the newest ones."""
        self._characters = 0
        for number in range(len(self.calls) - 1, -1, -1):
            call = self.calls[number]
            if isinstance(call.body, int):
                continue
            characters = _characters(call.body)
            if self._characters + characters > ALL_BODY_CHARACTERS // 2:
                self.calls[number] = replace(call, body=characters)
            else:
                self._characters += characters


def redacted(authorization: str) -> str:
    """Return the value of a header without its key: a label stands for it, the same one for the same key.

    The label says nothing about the key, and another process gives the same key another one.
    """
    key = _key_of(authorization)
    label = hmac.new(_SALT, key.encode(errors="replace"), "sha256").hexdigest()[:8]
    return f"{authorization.removesuffix(key)}[key {label}]"


def _key_of(authorization: str) -> str:
    """Return the key in the value of a header, which may begin with a scheme."""
    return authorization.rpartition(" ")[2]


def _without(keys: list[str], text: str) -> str:
    for key in keys:
        if len(key) >= 8:  # anything shorter stands in ordinary words
            text = text.replace(key, redacted(key))
    return text


def _body(request: Request, keys: list[str]) -> tuple[object, int]:
    """Return what is remembered of a body, and the number of its characters."""
    document = request.document()
    if document is None:
        return len(request.body), 0
    remembered = _shortened(document, keys)
    characters = _characters(remembered)
    return (remembered, characters) if characters <= BODY_CHARACTERS else (len(request.body), 0)


def _characters(body: object) -> int:
    return len(json.dumps(body, ensure_ascii=False))


def _shortened(value: object, keys: list[str]) -> object:
    """Return a JSON value whose long texts are cut and hold no key."""
    if isinstance(value, str):
        text = _without(keys, value)
        return text if len(text) <= _TEXT else f"{text[:_BEGINNING]}… ({len(text):,} characters)"
    if isinstance(value, list):
        return [_shortened(item, keys) for item in value]
    if isinstance(value, Mapping):
        return {_without(keys, name): _shortened(item, keys) for name, item in value.items()}
    return value
