"""Upload the images and videos of a request to PixVerse; it costs nothing and starts no job.

The uploads share their path with the submits: the name of the model is all that tells them apart.
"""

from __future__ import annotations

import base64
import dataclasses

from vidmagic.errors import Paused, Refused, Unreachable
from vidmagic.http.reply import Reply
from vidmagic.http.service_calls import ServiceCalls
from vidmagic.providers.contract import Json
from vidmagic.providers.dmxapi.pixverse_query import QUERY
from vidmagic.providers.nested import objects_in
from vidmagic.providers.replies import NEXT_STEPS, read_poll, service_text, task_id
from vidmagic.providers.responses.query import PATH, error_in
from vidmagic.spec.request import MediaInput, Request

REFUSED = {400, 404, 413, 415, 422}  # statuses of a file that the service does not take
SCHEME = "upload:"  # before the service's id of an upload, where a request has a link


@dataclasses.dataclass(frozen=True, slots=True)
class Upload:
    """One way to upload: the name of its model and the field of the reply that holds the id."""

    model: str
    id_name: str

    def __post_init__(self) -> None:
        if self.model not in {"pixverse-picture", "pixverse-video"}:
            raise ValueError(f"{self.model} may start a job: it is not the name of an upload")

    def body(self, given: MediaInput) -> Json:
        """Return the JSON that uploads *given*, by its link where it has one."""
        if not given.url:
            return {"model": self.model, "input": base64.b64encode(given.data).decode()}
        if given.kind == "image":
            return {"model": self.model, "input": "url", "image_url": given.url}
        return {"model": self.model, "input": given.url}


UPLOADS = {"image": Upload("pixverse-picture", "img_id"), "video": Upload("pixverse-video", "media_id")}


def with_uploads(request: Request, http: ServiceCalls) -> Request:
    """Return *request* with the service's ids in place of its files and links; a job of the service has an id already.

    What is given twice is uploaded once. Raises Refused where the service gives a reason, Unreachable where a retry may
    help.
    """
    done: dict[tuple[str, str], str] = {}
    inputs = []
    for given in request.inputs:
        name = (given.kind, given.digest)
        if not given.task_id and name not in done:
            done[name] = _uploaded(given, http)
        inputs.append(given if given.task_id else dataclasses.replace(given, url=SCHEME + done[name], data=b""))
    return dataclasses.replace(request, inputs=tuple(inputs))


def _uploaded(given: MediaInput, http: ServiceCalls) -> str:
    upload = UPLOADS[given.kind]
    reply = http.upload(PATH, upload.body(given))
    if reply.ok:
        ids = (task_id(value.get(upload.id_name)) for value in objects_in(reply.json))
        if number := next((name for name in ids if name.isdecimal()), ""):
            return number
    raise _refusal(reply, given)


def _refusal(reply: Reply, given: MediaInput) -> Exception:
    """Return what an upload's reply without an id means; Unreachable where a retry may help."""
    code, message = error_in(reply.json)
    reason = QUERY.reason(code)
    reason = "image" if reason == "prompt" else reason  # no prompt has been sent yet
    text = service_text(message or reply.text)
    if reason in {"key", "balance"}:
        return Paused(text, reason=reason or "", hint=NEXT_STEPS[reason or ""])
    if reason is None and (reply.status in REFUSED or (reply.ok and code)):
        reason = "image"
    if reason is None:
        read_poll(reply)
        return Unreachable("the service took the upload and gave it no id")
    hint = NEXT_STEPS[reason].replace("an image", "the image" if given.kind == "image" else "the video")
    text = f"{given.name or given.role} was not taken by the service: {text}"
    return Refused(text, reason=reason, hint=hint, retry_after=reply.retry_after)
