"""Vidu itself: version 1 for text, image and references, version 2 for a first and a last frame, and upscaling.

Local images are uploaded before the submit, which is free. Notes on the API: vidu.md beside this file.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from vidmagic.errors import Unreachable, VidmagicError
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.replies import accepted_id, failure, not_accepted, read_poll
from vidmagic.providers.services import VIDU, VIDU_REASONS, vidu_error
from vidmagic.providers.task_states import FAILED, WAITING, ended_badly
from vidmagic.providers.vidu_lost_task import creations_path, find_by_payload
from vidmagic.providers.vidu_models import MODELS, START_END, UPSCALE
from vidmagic.providers.vidu_upload import read_free_call, uploaded
from vidmagic.spec.events import Event, Queued, Ready, Running
from vidmagic.spec.request import Request

TYPES = {"text": "text2video", "image": "img2video", "reference": "character2video"}  # of version 1, by mode
NOT_UPLOADED = "ssupload:?id=(given by the upload)"


class Vidu:
    """Vidu 2.0 and 1.5, and the upscaling of what they made."""

    service = VIDU
    models = MODELS

    def body(self, request: Request) -> Json:
        """Return the JSON of the submit; a local image stands in it once it is uploaded."""
        if request.mode == START_END:
            return _start_end(request)
        return _upscale(request) if request.mode == UPSCALE else _generation(request)

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Upload local images, start the job; the ticket holds the version, which the query needs."""
        version, path, name = ("v1", "/ent/v1/tasks", "id")
        if request.mode == START_END:
            version, path, name = ("v2", "/ent/v2/start-end2video", "task_id")
        images = tuple(uploaded(image, http) for image in request.inputs)
        reply = http.at(self.service.origin_of(version, http.origin)).paid.submit(
            path, self.body(dataclasses.replace(request, inputs=images))
        )
        task = accepted_id(reply, name)
        if not task:
            raise _refusal(reply)
        return Ticket(task, {"version": version}, _given(reply.json, "credits"))

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once: the task's state, and with "success" its creation, whose link is signed now."""
        version = _version(ticket)
        answer = read_poll(self._at(version, http).get(creations_path(version, ticket.task_id)))
        state = str(answer.get("state") or "").lower()
        if state == "success":
            yield _ready(answer)
        elif state in FAILED:
            raise _failed(answer, state)
        elif state in WAITING:
            yield Queued(state)
        else:
            yield Running(message=state)

    def cancel(self, ticket: Ticket, http: ServiceCalls) -> bool:
        """Stop a task of version 2; raises Refused if it is already processed. Return False for version 1."""
        if _version(ticket) == "v1":
            return False
        reply = self._at("v2", http).post(f"/ent/v2/tasks/{ticket.task_id}/cancel", {"id": ticket.task_id})
        if not reply.ok:
            read_free_call(reply)
        return True

    def find_lost(self, key: str, since: float, http: ServiceCalls, known: dict[str, object]) -> Ticket | None:
        """Return the one task of version 2 that was made after *since* (Unix time) with the payload *key*, or None.

        *known* maps the ids of tasks to their payloads; new ones are added to it.
        """
        task = find_by_payload(key, since, self._at("v2", http), known)
        return Ticket(task, {"version": "v2"}) if task else None

    def _at(self, version: str, http: ServiceCalls) -> ServiceCalls:
        return http.at(self.service.origin_of(version, http.origin))


def _generation(request: Request) -> Json:
    """Return the JSON of POST /ent/v1/tasks for a new video."""
    params = request.params
    return {
        "type": TYPES[request.mode],
        "model": "vidu-high-performance",
        "model_version": request.wire_name.removeprefix("vidu"),
        **_given(params, "style", "resolution", "moderation"),
        "input": {
            **_given(params, "seed", "enhance"),
            "prompts": _prompts(request),
            **_given(params, "aspect_ratio", "movement_amplitude"),
        },
        "output_params": {"sample_count": 1, "duration": params["duration"]},
    }


def _upscale(request: Request) -> Json:
    """Return the JSON of POST /ent/v1/tasks for an upscaling."""
    return {
        "type": "upscale",
        "model": request.wire_name,
        "input": {"creation_id": request.params["creation_id"]},
        "output_params": {"sample_count": 1, "duration": request.params["duration"]},
    }


def _start_end(request: Request) -> Json:
    """Return the JSON of POST /ent/v2/start-end2video; `payload` comes back in the query."""
    return {
        "model": request.wire_name,
        "images": [image.url or NOT_UPLOADED for image in request.inputs],
        "prompt": request.prompt,
        **request.params,
        **({"payload": request.key} if request.key else {}),
    }


def _prompts(request: Request) -> list[Json]:
    prompts: list[Json] = []
    if request.prompt.strip():
        prompts.append({"type": "text", "content": request.prompt})
    if "negative" in request.params:
        prompts.append({"type": "text", "content": request.params["negative"], "negative": True})
    return prompts + [{"type": "image", "content": image.url or NOT_UPLOADED} for image in request.inputs]


def _given(values: Json, *names: str) -> Json:
    return {name: values[name] for name in names if name in values}


def _version(ticket: Ticket) -> str:
    return str(ticket.data.get("version", "v1"))


def _ready(answer: Json) -> Ready:
    listed = answer.get("creations")
    items = listed if isinstance(listed, list) else []
    creation = next((item for item in items if isinstance(item, dict) and item.get("url")), None)
    if creation is None:
        if answer.get("err_code"):
            raise _failed(answer, "success")
        raise Unreachable("the service reports that the video is done and gives no link yet")
    watermarked = creation.get("watermarked_url")
    return Ready(
        (str(creation["url"]),),
        {"watermarked": str(watermarked)} if watermarked else {},
        reported={"creation_id": str(creation.get("id") or ""), **_given(answer, "credits")},
    )


def _failed(answer: Json, state: str) -> VidmagicError:
    code = str(answer.get("err_code") or "")
    return failure(code or ended_badly(state) or "the service gave no reason", VIDU_REASONS.get(code))


def _refusal(reply: Reply) -> VidmagicError:
    """Return what a submit's reply without an id means; the reason decides, for an empty account is HTTP 400 too."""
    message, reason, trace = vidu_error(reply)
    return not_accepted(reply, message=message, reason=reason if reply.status < 500 else None, trace=trace)
