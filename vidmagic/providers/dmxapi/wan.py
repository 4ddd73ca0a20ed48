"""Wan 2.7 on the DMXAPI gateway: video and sound from text, frames, references or a video to extend or to edit.

Notes on the API: wan.md beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator

from vidmagic.providers.contract import Json
from vidmagic.providers.dmxapi.wan_models import MODEL
from vidmagic.providers.dmxapi.wan_references import EXTEND, TEXT, names, references, voices
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.providers.services import MODEL_STUDIO_REASONS
from vidmagic.spec.request import DRIVING_AUDIO, FIRST, LAST, REFERENCE, REFERENCE_VIDEO, VIDEO, Request

TYPES = {REFERENCE: "reference_image", REFERENCE_VIDEO: "reference_video"}
OURS = {"task", "voice_of", "negative"}  # what does not stand among the service's `parameters`


class Wan(ResponsesProvider):
    """Wan 2.7, whose four names at the service are one model here."""

    models = (MODEL,)
    query = TaskQuery("wan2.7-get", MODEL_STUDIO_REASONS)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        params = request.params
        audio = request.input(DRIVING_AUDIO) if request.mode == TEXT else None
        given = {
            "prompt": request.prompt,
            "negative_prompt": params.get("negative"),
            "audio_url": audio and audio.link(),
            "media": list(_media(request)),
        }
        return {
            "model": request.wire_name,
            "input": {name: value for name, value in given.items() if value},
            "parameters": {
                "ratio" if name == "aspect_ratio" else name: value for name, value in params.items() if name not in OURS
            },
        }


def _media(request: Request) -> Iterator[Json]:
    """Yield the media in the order of the documents; a voice stands in the reference that it belongs to."""
    video = "first_clip" if request.mode == EXTEND else "video"
    for role, kind in {VIDEO: video, FIRST: "first_frame", LAST: "last_frame"}.items():
        if given := request.input(role):
            yield {"type": kind, "url": given.link()}
    voice = voices(request)
    for name, reference in zip(names(request), references(request), strict=True):
        own = {"reference_voice": voice[name].link()} if name in voice else {}
        yield {"type": TYPES[reference.role], "url": reference.link(), **own}
    if request.mode != TEXT and (audio := request.input(DRIVING_AUDIO)):
        yield {"type": "driving_audio", "url": audio.link()}
