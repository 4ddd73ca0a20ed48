"""PixVerse V6 and C1 on the DMXAPI gateway: video and sound from text, frames, references, or a video to extend.

Images and videos are uploaded before the submit, which is free; the submit takes their ids. Notes on the API:
pixverse.md beside this file.
"""

from __future__ import annotations

from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json, Ticket
from vidmagic.providers.dmxapi.pixverse_models import MODELS, REFERENCE_PARAMS, reference_names, reference_types
from vidmagic.providers.dmxapi.pixverse_query import QUERY
from vidmagic.providers.dmxapi.pixverse_upload import SCHEME, with_uploads
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.spec.params import Value
from vidmagic.spec.request import FIRST, LAST, REFERENCE, VIDEO, MediaInput, Request

NAMES = {"resolution": "quality", "negative": "negative_prompt", "watermark": "water_mark"}
NOT_UPLOADED = "(id given by the upload)"


class PixVerse(ResponsesProvider):
    """PixVerse V6 and C1."""

    models = MODELS
    query = QUERY
    id_names = ("video_id",)

    def body(self, request: Request) -> Json:
        """Return the JSON of the submit; a file or a link stands in it once it is uploaded."""
        params = {name: value for name, value in request.params.items() if name not in REFERENCE_PARAMS}
        named = {NAMES.get(name, name): value for name, value in params.items()}
        return {"model": request.wire_name, "input": request.prompt, **_inputs(request), **named}

    def submit(self, request: Request, http: Transport) -> Ticket:
        """Upload what is given, then start the job; the reply's `video_id` is the ticket."""
        return super().submit(with_uploads(request, http.service), http)


def _inputs(request: Request) -> Json:
    """Return the fields of the mode that hold ids."""
    by_role = {given.role: given for given in request.inputs}
    if REFERENCE in by_role:
        names, types = reference_names(request), reference_types(request)
        ids = [_id(given) for given in request.inputs]
        return {
            "image_references": [
                {"type": kind, "img_id": number, "ref_name": name}
                for kind, number, name in zip(types, ids, names, strict=True)
            ]
        }
    if LAST in by_role:
        return {"first_frame_img": _id(by_role[FIRST]), "last_frame_img": _id(by_role[LAST])}
    if VIDEO in by_role:
        return {"source_video_id" if by_role[VIDEO].task_id else "video_media_id": _id(by_role[VIDEO])}
    return {"img_id": _id(by_role[FIRST])} if FIRST in by_role else {}


def _id(given: MediaInput) -> Value:
    """Return the service's id, which is a number."""
    number = given.task_id or given.url.removeprefix(SCHEME)
    return int(number) if number.isdecimal() else NOT_UPLOADED
