"""Vidu's upload in three steps: create, put the bytes on the storage (no key), finish with the ETag as received."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Sequence

from .exchange import Request, Response, Route, reply
from .fields import Field, check
from .files import Files
from .image_file import NotAnImage, decode
from .request_images import URL
from .task_store import TaskStore, write_whole
from .vidu_dialect import check_key, check_problems, invalid, refuse

CREATE = {"scene": Field(str, required=True, choices=("vidu",))}
FINISH = {"etag": Field(str, required=True, not_empty=True), "id": Field(str)}


class Uploads:
    """Answer the upload endpoints, and read what was uploaded."""

    def __init__(self, store: TaskStore, files: Files) -> None:
        self._store = store
        self._files = files
        self.routes = (
            Route("POST", "/tools/v1/files/uploads", self.create),
            Route("PUT", r"/tools/v1/files/uploads/(?P<id>\d+)/finish", self.compose),
        )

    def create(self, request: Request) -> Response:
        """Answer POST /tools/v1/files/uploads."""
        check_key(request)
        check_problems(check(request.document(), CREATE))
        name = str(10**15 + secrets.randbelow(10**15))
        expires = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self._files.link_seconds))
        return reply({"id": name, "put_url": self._files.signed("PUT", f"/uploads/{name}"), "expires_at": expires})

    def compose(self, request: Request) -> Response:
        """Answer PUT /tools/v1/files/uploads/{id}/finish; the ETag must be the very one, quotes included."""
        check_key(request)
        body = request.document()
        check_problems(check(body, FINISH))
        uploaded = self._store.folder / "uploads" / request.params["id"]
        if not uploaded.exists():
            raise refuse(404, "NotFound", "nothing was uploaded")
        if body["etag"] != uploaded.with_suffix(".etag").read_text():
            raise invalid("etag is not that of the upload")
        content = uploaded.read_bytes()
        image = self._store.store_image(content, hashlib.sha256(content).hexdigest())
        write_whole(uploaded.with_suffix(".image"), image.encode())
        return reply({"uri": f"ssupload:?id={uploaded.name}"})

    def image(
        self, value: str, name: str, *, kinds: Sequence[str], limit: int, min_side: int, max_ratio: int
    ) -> str | None:
        """Return the stored name of an uploaded image, or None for an acceptable URL.

        It must be of one of PIL's `kinds`, have fewer than `limit` bytes, at least `min_side` pixels on each side,
        and its sides may differ by `max_ratio`:1 at most.
        """
        match = re.fullmatch(r"ssupload:\?id=(\d+)", value)
        if match is None:
            if URL.fullmatch(value) is None:
                raise invalid(f"{name} is neither a URL nor an uploaded image")
            return None
        finished = self._store.folder / "uploads" / f"{match[1]}.image"
        if not finished.exists():
            raise refuse(400, "ImageDownloadFailure", f"{name} was never uploaded")
        path = self._store.folder / "images" / finished.read_text()
        kind, width, height = _measure(path.read_bytes())
        if kind not in kinds:
            raise refuse(400, "ImageFormatInvalid", f"{name} is {kind or 'not an image'}")
        shaped = min(width, height) >= min_side and 1 / max_ratio <= width / height <= max_ratio
        if path.stat().st_size >= limit or not shaped:
            raise invalid(f"{name} is too large, too small or too long")
        return path.name


def _measure(content: bytes) -> tuple[str, int, int]:
    """Return PIL's name of the format, width and height; an empty name for anything but an image."""
    try:
        image = decode(content)
    except NotAnImage:
        return "", 1, 1
    return image.format or "", image.width, image.height
