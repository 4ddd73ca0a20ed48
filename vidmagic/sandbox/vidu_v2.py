"""The Vidu wire, version 2: start and end frame, creations, cancel, and the list of tasks.

Cancel and the list are not in the document. The list's shape is a guess; its filter is `created_at.from` and
`created_at.to`. A task can be cancelled until work on it begins.
"""

from __future__ import annotations

import secrets
import time
from dataclasses import replace
from datetime import datetime
from typing import Any

from . import script
from .exchange import Request, Response, Route, reply
from .fields import Field, check
from .files import Files
from .pictures import Pictures, by_short_side
from .studio import Studio
from .task import Film, Task
from .vidu import creations, error_code, find, state, task_id
from .vidu_body import AMPLITUDES, SHORT_SIDES
from .vidu_dialect import check_key, check_problems, check_refusals, invalid, refuse
from .vidu_uploads import Uploads

WIRE = "viduv2"
FIELDS = {
    "model": Field(str, required=True, choices=("vidu2.0", "vidu1.5")),
    "images": Field(list, required=True),
    "prompt": Field(str, required=True, longest=1500, not_empty=True),
    "duration": Field(int, choices=(4, 8)),
    "seed": Field(int, low=0),
    "resolution": Field(str, choices=("360p", "720p", "1080p")),
    "movement_amplitude": Field(str, choices=AMPLITUDES),
    "callback_url": Field(str),
    "payload": Field(str, longest=1_048_576),
}
CREDITS = 20


class ViduV2:
    """Answer the endpoints of version 2."""

    def __init__(self, studio: Studio, files: Files, uploads: Uploads) -> None:
        self._studio = studio
        self._files = files
        self._uploads = uploads
        self._pictures = Pictures(studio)
        self.routes = (
            Route("POST", "/ent/v2/start-end2video", self.submit),
            Route("GET", r"/ent/v2/tasks/(?P<id>[^/]+)/creations", self.query),
            Route("POST", r"/ent/v2/tasks/(?P<id>[^/]+)/cancel", self.cancel),
            Route("GET", "/ent/v2/tasks", self.list),
        )

    def submit(self, request: Request) -> Response:
        """Answer POST /ent/v2/start-end2video."""
        key = check_key(request)
        body = request.document()
        _check(body)
        direction = script.read(body["prompt"])
        film = self._film(body, direction)
        check_refusals(key, direction)
        sent = {
            "model": body["model"],
            "images": body["images"],
            "prompt": body["prompt"],
            "duration": film.seconds,
            "seed": film.seed,
            "resolution": body.get("resolution", "360p"),
            "movement_amplitude": body.get("movement_amplitude", "auto"),
            "payload": body.get("payload", ""),
            "credits": CREDITS,
        }
        task = self._studio.accept(WIRE, task_id(), direction, film, **sent)
        return self._studio.answer(task, {"task_id": task.id, "state": "created", **sent, "created_at": _created(task)})

    def query(self, request: Request) -> Response:
        """Answer GET /ent/v2/tasks/{id}/creations."""
        task = find(self._studio, WIRE, request)
        return reply(
            {
                "id": task.id,
                "state": state(task),
                "err_code": error_code(task),
                "credits": CREDITS,
                "payload": task.sent["payload"],
                "creations": creations(task, self._files),
            }
        )

    def cancel(self, request: Request) -> Response:
        """Answer POST /ent/v2/tasks/{id}/cancel."""
        task = find(self._studio, WIRE, request)
        if task.cancelled or task.stage in ("running", "done"):
            raise refuse(400, "BadRequest", f"a task that is {state(task)} cannot be cancelled")
        self._studio.keep(replace(task, cancelled=True))
        return reply({})

    def list(self, request: Request) -> Response:
        """Answer GET /ent/v2/tasks."""
        check_key(request)
        since, until = _time(request, "created_at.from", 0), _time(request, "created_at.to", float("inf"))
        found = [task for task in self._studio.tasks(WIRE) if since <= task.created <= until]
        return reply({"tasks": [_listed(task) for task in found], "next_page_token": ""})

    def _film(self, body: Any, direction: script.Direction) -> Film:
        images = [
            self._uploads.image(value, "images", kinds=("JPEG", "PNG", "WEBP"), limit=10_000_000, small=1, steep=4)
            for value in body["images"]
        ]
        first, last = images
        ratio = self._pictures.ratio(first, last, invalid)
        width, height = by_short_side(SHORT_SIDES[body.get("resolution", "360p")], ratio)
        seed = body.get("seed", 0) or 1 + secrets.randbelow(2**30)
        return Film(direction.words, body.get("duration", 4), width, height, seed, first=first, last=last)


def _check(body: Any) -> None:
    check_problems(check(body, FIELDS))
    if len(body["images"]) != 2:
        raise refuse(400, "FieldItemCountOutOfRange", "images must be two")
    if any(not isinstance(image, str) for image in body["images"]):
        raise invalid("images is not a list of URLs")
    if body.get("duration", 4) == 8:
        if body["model"] == "vidu2.0":
            raise invalid("duration of vidu2.0 is 4 only")
        if body.get("resolution", "360p") != "720p":
            raise invalid("resolution is 720p only when duration is 8")


def _listed(task: Task) -> dict[str, Any]:
    shown = {name: task.sent[name] for name in ("model", "prompt", "duration", "resolution", "seed", "images")}
    return {"id": task.id, "type": "headtailimg2video", "state": state(task), **shown, "created_at": _created(task)}


def _created(task: Task) -> str:
    seconds, fraction = divmod(task.created, 1)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{int(fraction * 1e6):06d}Z"


def _time(request: Request, name: str, default: float) -> float:
    value = request.argument(name)
    if value is None:
        return default
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
    except ValueError:
        raise invalid(f"{name} is no RFC 3339 time") from None
