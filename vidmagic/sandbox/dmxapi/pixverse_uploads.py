"""PixVerse's uploads: a file as Base64 or a link, answered with a number; they start no job and cost nothing.

The sandbox calls no other host: a link is taken as it is, and its file does not appear in the video.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass

from ..exchange import JsonObject, Refused, Response, reply
from ..fields import Field
from ..request_images import URL
from ..request_media import Bounds, Kind, Medium, RequestMedia
from ..task_store import TaskStore, write_whole
from .responses import Responses, check_fields, usage

PICTURE, VIDEO = "pixverse-picture", "pixverse-video"
BOUNDS: dict[Kind, Bounds] = {
    "image": Bounds(("png", "jpeg", "webp"), 10**9, side=(1, 10_000)),
    "video": Bounds(("mp4", "webm"), 50 * 2**20, seconds=(0, 30), side=(1, 1920)),
}
BASE = {"model": Field(str, required=True), "input": Field(str, required=True, not_empty=True)}
LINK = {"image_url": Field(str, required=True, not_empty=True)}


@dataclass(frozen=True, slots=True)
class Upload:
    """What was uploaded: the name of the stored image, None for a link and for a video, and width by height."""

    kind: str
    image: str | None = None
    ratio: float = 16 / 9


class PixVerseUploads:
    """Answer the uploads, and find what was uploaded."""

    def __init__(self, store: TaskStore, responses: Responses) -> None:
        self._store = store
        self._media = RequestMedia(store)
        responses.register_free(PICTURE, self.picture)
        responses.register_free(VIDEO, self.video)

    def find(self, kind: str, number: int) -> Upload | None:
        """Return the upload of a kind, `img_id` or `media_id`, or None."""
        file = self._store.folder / "uploads" / f"pixverse-{number}.json"
        upload = Upload(**json.loads(file.read_text("utf-8"))) if file.exists() else None
        return upload if upload is not None and upload.kind == kind else None

    def picture(self, body: JsonObject) -> Response:
        """Answer an upload of an image."""
        by_link = body.get("input") == "url"
        check_fields(body, {**BASE, **LINK} if by_link else BASE)
        if by_link:
            _check_link(body["image_url"], "image_url")
            upload = Upload("img_id")
        else:
            image = self._measured("image", body["input"])
            upload = Upload("img_id", image.stored, image.width / image.height)
        number = self._save(upload, 10**8)
        return _accepted({"img_id": number, "img_url": f"https://media.pixverseai.cn/openapi/{number}.jpg"})

    def video(self, body: JsonObject) -> Response:
        """Answer an upload of a video."""
        check_fields(body, BASE)
        if "://" in body["input"][:10]:
            _check_link(body["input"], "input")
            upload = Upload("media_id")
        else:
            video = self._measured("video", body["input"])
            upload = Upload("media_id", ratio=video.width / (video.height or 1) or 1.0)
        number = self._save(upload, 10**14)
        url = f"https://media.pixverseai.cn/openapi/{number}.mp4"
        return _accepted({"media_id": number, "media_type": "video", "url": url})

    def _measured(self, kind: Kind, text: str) -> Medium:
        """Return the measures of a file in Base64, whose format is not named."""
        problem = ""
        for subtype in BOUNDS[kind].formats:
            try:
                return self._media.read(kind, f"data:{kind}/{subtype};base64,{text}", "input", BOUNDS[kind], ValueError)
            except ValueError as refused:
                problem = problem or str(refused)
        raise _refusal(500032 if kind == "image" else 400017, problem)

    def _save(self, upload: Upload, base: int) -> int:
        number = base + secrets.randbelow(base * 8)
        write_whole(self._store.folder / "uploads" / f"pixverse-{number}.json", json.dumps(asdict(upload)).encode())
        return number


def _check_link(link: str, name: str) -> None:
    if URL.fullmatch(link) is None:
        raise _refusal(400017, f"{name} is not a link")


def _accepted(content: JsonObject) -> Response:
    return reply({"ErrCode": 0, "ErrMsg": "Success", "Resp": content, "usage": usage(0, 0)})


def _refusal(code: int, message: str) -> Refused:
    return Refused(reply({"ErrCode": code, "ErrMsg": message, "Resp": None}))
