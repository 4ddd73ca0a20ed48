"""Seedance 2.0 and 2.0 fast on the DMXAPI gateway: video with sound from text, frames, or references of all kinds.

Notes on the API: seedance2.md beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vidmagic.providers.contract import Json
from vidmagic.providers.dmxapi.seedance2_models import MODELS
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.providers.services import SEEDANCE_REASONS
from vidmagic.spec.params import Value
from vidmagic.spec.request import (
    FIRST,
    LAST,
    REFERENCE,
    REFERENCE_AUDIO,
    REFERENCE_VIDEO,
    VIDEO,
    MediaInput,
    Request,
)

# What the service calls each role, in the order in which the prompt counts the inputs of a kind.
ITEMS = {
    FIRST: ("image_url", "first_frame"),
    LAST: ("image_url", "last_frame"),
    REFERENCE: ("image_url", "reference_image"),
    VIDEO: ("video_url", "reference_video"),
    REFERENCE_VIDEO: ("video_url", "reference_video"),
    REFERENCE_AUDIO: ("audio_url", "reference_audio"),
}


class Seedance2(ResponsesProvider):
    """Seedance 2.0 and 2.0 fast."""

    models = MODELS
    query = TaskQuery("seedance-2-0-get", SEEDANCE_REASONS)
    id_names = ("id",)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        order = list(ITEMS)
        inputs = sorted(request.inputs, key=lambda given: order.index(given.role))
        return {
            "model": request.wire_name,
            "input": [{"type": "text", "text": request.prompt}, *map(_item, inputs)],
            "generate_audio": True,  # references have no choice
            **_on_the_wire(request.params),
        }


def _item(given: MediaInput) -> Json:
    kind, role = ITEMS[given.role]
    if given.content_type == "audio/mp3":
        given = replace(given, content_type="audio/mpeg")  # as the documents' samples name it
    return {"type": kind, kind: {"url": given.link()}, "role": role}


def _on_the_wire(params: Mapping[str, Value]) -> Json:
    """Return the parameters under the service's names, without the one that is only ours."""
    named: dict[str, object] = {"ratio" if name == "aspect_ratio" else name: value for name, value in params.items()}
    named.pop("auto_duration", None)
    if "tools" in named:
        named["tools"] = [{"type": named["tools"]}]
    return named
