"""Upload a local image to Vidu in three steps; it costs nothing and starts no job."""

from __future__ import annotations

import dataclasses

from vidmagic.errors import DownloadFailed, Refused, Unreachable
from vidmagic.http.reply import Reply
from vidmagic.http.transport import Transport
from vidmagic.providers.contract import Json
from vidmagic.providers.replies import NEXT_STEPS, read_poll, service_text, task_id
from vidmagic.providers.services import vidu_error
from vidmagic.spec.request import MediaInput

PATH = "/tools/v1/files/uploads"


def uploaded(image: MediaInput, http: Transport) -> MediaInput:
    """Return *image* under the service's name for it; one that has a name or a link already is returned as it is.

    Raises Refused where the service gives a reason, Unreachable where a retry may help.
    """
    if image.url:
        return image
    target = read_free_call(http.service.post(PATH, {"scene": "vidu"}))
    upload = task_id(target.get("id"))
    etag = _put(str(target.get("put_url")), image, http)
    uri = read_free_call(http.service.put(f"{PATH}/{upload}/finish", {"etag": etag})).get("uri")
    if not isinstance(uri, str) or not uri:
        raise Unreachable("the service took the upload and gave it no name")
    return dataclasses.replace(image, url=uri)


def read_free_call(reply: Reply) -> Json:
    """Return the JSON of a call that starts no job. Raises Refused with a reason, else as `read_poll` does."""
    message, reason, trace = vidu_error(reply)
    if not reply.ok and reason is not None and reason != "key":
        raise Refused(
            service_text(message), reason=reason, hint=NEXT_STEPS[reason], trace=trace, retry_after=reply.retry_after
        )
    return read_poll(reply)


def _put(url: str, image: MediaInput, http: Transport) -> str:
    """Upload the bytes to the service's link, and return the ETag as received, quotes included."""
    try:
        stored = http.open.upload(url, image.data, {"Content-Type": image.content_type})
    except DownloadFailed as unsafe:
        raise Unreachable(f"the service gave no safe link to upload to: {unsafe.message}", hint=unsafe.hint) from unsafe
    etag = stored.headers.get("ETag")
    if not stored.ok or etag is None:
        raise Unreachable(f"the upload was not taken (HTTP {stored.status})", status=stored.status)
    return etag
