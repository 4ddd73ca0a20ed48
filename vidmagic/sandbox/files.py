"""The files origin: signed links to results, and signed addresses to upload to.

It is the double of a storage service on another host than the API: it knows no key, and it refuses a request that
brings one, as presigned storage does.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from pathlib import Path
from urllib.parse import parse_qs, quote

from .exchange import Refused, Request, Response, Route, dispatch
from .task import Task
from .task_store import TaskStore, write_whole

_IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp")


class Files:
    """Sign links and serve what they point to.

    `url` is set by the server once it has a port; `link_seconds` is how long a link lives.
    """

    def __init__(self, store: TaskStore, link_seconds: float) -> None:
        self.url = ""
        self.link_seconds = link_seconds
        self._store = store
        self._secret = _secret(store.folder / "signing-key")
        self._routes = (
            Route("GET", r"/files/(?P<wire>\w+)\.(?P<id>[\w-]+)\.(?P<kind>mp4|jpeg)", self._serve),
            Route("PUT", r"/uploads/(?P<id>\d+)", self._receive),
        )

    def link(self, task: Task, kind: str = "mp4") -> str:
        """Return a fresh signed link to the video (`mp4`) or the cover (`jpeg`) of a task."""
        return self.signed("GET", f"/files/{task.wire}.{task.id}.{kind}")

    def signed(self, method: str, path: str) -> str:
        """Return a fresh signed link."""
        return f"{self.url}{path}?{self._query(method, path, int(time.time() + self.link_seconds))}"

    def handle(self, request: Request) -> Response:
        """Answer a request to this origin."""
        try:
            self._admit(request)
        except Refused as refused:
            return refused.response
        return dispatch(self._routes, request)

    def _query(self, method: str, path: str, expires: int) -> str:
        digest = hmac.new(self._secret, f"{method} {path} {expires}".encode(), hashlib.sha1).digest()
        return f"Expires={expires}&Signature={quote(base64.b64encode(digest).decode(), safe='')}"

    def _admit(self, request: Request) -> None:
        if request.header("Authorization") is not None:
            raise _refusal(400, "InvalidArgument", "Only one auth mechanism allowed")
        expires = parse_qs(request.query).get("Expires", ["0"])[0]
        # The query string must come back byte for byte: a client that decodes and encodes it again is caught.
        if re.fullmatch("[0-9]{1,15}", expires) is None or not hmac.compare_digest(
            request.query.encode(), self._query(request.method, request.path, int(expires)).encode()
        ):
            raise _refusal(403, "SignatureDoesNotMatch", "The request signature does not match")
        if time.time() >= int(expires):
            raise _refusal(403, "AccessDenied", "Request has expired")

    def _serve(self, request: Request) -> Response:
        task = self._store.find_task(request.params["wire"], request.params["id"])
        if task is None:
            raise _refusal(404, "NoSuchKey", "The specified key does not exist")
        if request.params["kind"] == "jpeg":
            return _part_of(self._store.cover_file(task), "image/jpeg", request)
        return _part_of(self._store.video_file(task), "video/mp4", request)

    def _receive(self, request: Request) -> Response:
        if request.header("Content-Type") not in _IMAGE_TYPES:
            raise _refusal(403, "AccessDenied", "Content-Type must be that of an image")
        name = request.params["id"]
        etag = f'"{hashlib.md5(request.body, usedforsecurity=False).hexdigest()}"'
        write_whole(self._store.folder / "uploads" / name, request.body)
        write_whole(self._store.folder / "uploads" / f"{name}.etag", etag.encode())
        return Response(200, b"", {"ETag": etag})


def _part_of(path: Path, kind: str, request: Request) -> Response:
    """Return a file, or the range of it that the request asks for."""
    content = path.read_bytes()
    etag = f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
    headers = {"Content-Type": kind, "ETag": etag, "Accept-Ranges": "bytes"}
    asked = request.header("Range")
    condition = request.header("If-Range")
    if asked is None or (condition is not None and condition != etag):
        return Response(200, content, headers)
    span = _span(asked, len(content))
    if span is None:
        return Response(416, b"", {**headers, "Content-Range": f"bytes */{len(content)}"})
    first, last = span
    return Response(
        206, content[first : last + 1], {**headers, "Content-Range": f"bytes {first}-{last}/{len(content)}"}
    )


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """Read a Range header of one span as the first and last byte, or None if it cannot be served."""
    match = re.fullmatch(r"bytes=([0-9]{0,18})-([0-9]{0,18})", asked)
    if match is None or asked == "bytes=-":
        return None
    if not match[1]:
        return (max(0, size - int(match[2])), size - 1) if int(match[2]) else None
    first, last = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
    return (first, last) if first <= last else None


def _refusal(status: int, code: str, message: str) -> Refused:
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return Refused(Response(status, body.encode(), {"Content-Type": "application/xml"}))


def _secret(path: Path) -> bytes:
    """Return the folder's signing key, so that links survive a restart on the same port."""
    if not path.exists():
        write_whole(path, secrets.token_bytes(32))
    return path.read_bytes()
