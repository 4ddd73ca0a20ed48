"""Read what the user gives as a video or as audio into a `MediaInput`."""

from __future__ import annotations

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.http.url_policy import Networks
from vidmagic.media.image_link import check_url, is_link
from vidmagic.spec.models import RecordingLimits
from vidmagic.spec.request import MediaInput


def read_recording(
    role: str, value: object, limits: RecordingLimits, *, loopback: bool = False, trusted: Networks = ()
) -> MediaInput:
    """Return *value* as a video or as audio of a request, checked against *limits*.

    *value* is an https link. *loopback* allows http links to this machine; addresses in *trusted* networks count as
    public. Raises InvalidRequest with all problems.
    """
    label = role.replace("_", " ")
    if not isinstance(value, str) or not is_link(value) or not limits.links:
        raise InvalidRequest(f"{label}: give an https link")
    try:
        return MediaInput(role, url=value, name=check_url(value, loopback=loopback, trusted=trusted))
    except ValueError as problem:
        raise InvalidRequest(f"{label}: {plain(problem)}") from problem
