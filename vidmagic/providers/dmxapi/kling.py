"""Kling V3 on the DMXAPI gateway, as two models: a video from text or frames, in one shot or several.

Notes on the API: kling.md beside this file.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import replace

from vidmagic.http.service_calls import ServiceCalls
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.dmxapi.kling_models import V3, VIDEO, subjects
from vidmagic.providers.dmxapi.kling_shots import OWN, Shot, read_shots, timed
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.providers.services import MODEL_STUDIO_REASONS
from vidmagic.spec.events import Event, Ready
from vidmagic.spec.params import Value
from vidmagic.spec.request import FIRST, LAST, Request

_FRAMES = {FIRST: "first_frame", LAST: "last_frame"}


class _AnyKling(ResponsesProvider):
    """What both models share: of a job with a watermark there are two videos, and the marked one was asked for."""

    def follow(self, ticket: Ticket, http: ServiceCalls) -> Iterator[Event]:
        """Poll once, by the query."""
        for event in super().follow(ticket, http):
            yield replace(event, urls=event.urls[:1]) if isinstance(event, Ready) else event


class Kling(_AnyKling):
    """kling-v3: its durations are strings, its local images Base64 without a header."""

    models = (V3,)
    query = TaskQuery(
        "kling-v3-get-all", video=("task_result.videos.0.watermark_url", "task_result.videos.0.url"), extras={}
    )
    id_names = ("taskId",)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        params = request.params
        frames = {"image": request.input(FIRST), "image_tail": request.input(LAST)}
        return {
            "model": request.wire_name,
            **{
                name: frame.url or base64.b64encode(frame.data).decode()
                for name, frame in frames.items()
                if frame is not None
            },
            **_words(request),
            **_subjects(request),
            **_given(params, "negative", "negative_prompt"),
            **_given(params, "aspect_ratio", "aspect_ratio"),
            "duration": str(params["duration"]),
            "mode": params["mode"],
            "sound": "on" if params["sound"] else "off",
            "cfg_scale": params["cfg_scale"],
            "watermark_info": {"enabled": params["watermark"]},
        }


class KlingVideo(_AnyKling):
    """kling-v3-video-generation, which takes images by link only."""

    models = (VIDEO,)
    query = TaskQuery("kling-v3-get", MODEL_STUDIO_REASONS, video=("watermark_video_url", "video_url"), extras={})
    id_names = ("task_id",)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        params, shots = request.params, _own_shots(request)
        media = [{"type": _FRAMES[frame.role], "url": frame.link()} for frame in request.inputs]
        rows = [{"index": i, "prompt": shot.text, "duration": shot.seconds} for i, shot in enumerate(shots, 1)]
        return {
            "model": request.wire_name,
            "input": {
                "prompt": shots[0].text if shots else request.prompt,
                **({"media": media} if media else {}),
                **_several(params),
                **({"multi_prompt": rows} if rows else {}),
                **_subjects(request),
            },
            "parameters": {
                **_given(params, "aspect_ratio", "aspect_ratio"),
                "mode": params["mode"],
                "duration": params["duration"],
                "audio": params["sound"],
                "watermark": params["watermark"],
            },
        }


def _words(request: Request) -> Json:
    """Return the fields of kling-v3 that say what the video shows, in one shot or several."""
    several = _several(request.params)
    shots = _own_shots(request)
    rows = [{"index": i, "prompt": shot.text, "duration": shot.time} for i, shot in enumerate(shots, 1)]
    if request.inputs:
        return {"input": rows or request.prompt, **several}
    if rows:  # `input` has no effect then, but is required
        return {"input": shots[0].text, **several, "multi_prompt": rows}
    return {"input": request.prompt, "multi_shot": False, **several}


def _several(params: Mapping[str, Value]) -> Json:
    """Return the fields that ask for several shots; none for a single one."""
    shot_type = params.get("shot_type")
    return {} if shot_type is None else {"multi_shot": True, "shot_type": shot_type}


def _own_shots(request: Request) -> list[Shot]:
    """Return the shots of the prompt, each with its time; none where the prompt is not divided."""
    if request.params.get("shot_type") != OWN:
        return []
    return timed(read_shots(request.prompt), int(request.params["duration"]))


def _subjects(request: Request) -> Json:
    numbers = subjects(request.params)
    return {"element_list": [{"element_id": number} for number in numbers]} if numbers else {}


def _given(params: Mapping[str, Value], name: str, field: str) -> Json:
    """Return a parameter under the service's name, nothing where it was not given or its mode lacks it."""
    return {field: params[name]} if name in params else {}
