"""Read what the user gives as a video or as audio into a `MediaInput`: a link that is passed on, or checked bytes.

A file is read once, into memory, and sent as it is: nothing is cut or encoded anew. Only the recipe that was appended
here is not sent: the service gets the video, and the same one whether it carries a recipe or not.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Sequence
from typing import Literal

from vidmagic.errors import InvalidRequest
from vidmagic.escaping import plain
from vidmagic.http.url_policy import Networks
from vidmagic.media.display import length_text
from vidmagic.media.given_file import (
    from_data_uri,
    held_bytes,
    held_name,
    is_data_uri,
    read_file,
    size_problem,
)
from vidmagic.media.image_link import check_url, is_link, is_service_uri
from vidmagic.media.recipe_box import without_recipe
from vidmagic.media.recording_facts import OtherFormat, sound_facts, video_facts
from vidmagic.spec.models import Range, RecordingLimits
from vidmagic.spec.params import listing
from vidmagic.spec.request import ROLES, MediaInput, role_label

RecordingKind = Literal["video", "audio"]
NAMELESS = {"video": "the video", "audio": "the sound"}  # the name of what was not given as a file

_DATA_URI = re.compile(r"data:(?:video|audio)/[\w.+-]+;base64,", re.IGNORECASE)
_DATA_URIS = "data:video/mp4;base64, (or another type of video or audio)"


def read_recording(
    role: str, value: object, limits: RecordingLimits, *, loopback: bool = False, trusted: Networks = ()
) -> MediaInput:
    """Return *value* as a video or as audio of a request, checked against *limits*.

    *value* is a path, an https link, a data URI, bytes, an object that holds the bytes of a file, or a name that the
    service itself gave one. A MediaInput that was read before is checked again and not read again. *loopback* allows
    http links to this machine; addresses in *trusted* networks count as public. Raises InvalidRequest with all
    problems, in numbers.
    """
    try:
        link = value.url if isinstance(value, MediaInput) else value
        if isinstance(link, str) and is_service_uri(link, limits.uris):
            return MediaInput(role, url=link, name=plain(link))
        if isinstance(link, str) and is_link(link):
            return _linked(role, link, limits, loopback=loopback, trusted=trusted)
        if not limits.local:
            raise ValueError(_links_only(ROLES[role], limits))
        if isinstance(value, MediaInput):
            given = dataclasses.replace(value, role=role, name=plain(value.name))
        else:
            given = read_bytes(role, *_bytes_of(role, value, limits.size), limits.formats)
        if problems := list(limit_problems(given, len(given.data), limits)):
            raise ValueError(f"{given.name} {'; it '.join(problems)}")
    except ValueError as problem:
        raise InvalidRequest(f"{role_label(role)}: {plain(problem)}") from problem
    return given


def _linked(role: str, link: str, limits: RecordingLimits, *, loopback: bool, trusted: Networks) -> MediaInput:
    if not limits.links:
        raise ValueError("the model takes no links; give a file")
    return MediaInput(role, url=link, name=check_url(link, loopback=loopback, trusted=trusted))


def read_bytes(role: str, data: bytes, name: str, formats: Sequence[str]) -> MediaInput:
    """Return a file that is in memory as an input. Raises ValueError with what is wrong.

    *formats* are those that a message offers in place of one that is not read here.
    """
    kind = ROLES[role]
    if not data:
        raise ValueError(f"{name} is empty")
    data = without_recipe(data) if kind == "video" else data  # no service gets more than the video
    try:
        facts = video_facts(data) if kind == "video" else sound_facts(data)
    except OtherFormat as problem:
        raise ValueError(f"{name} {problem}; the model takes {listing(formats)}") from problem
    except ValueError as problem:
        raise ValueError(f"{name} {problem}") from problem
    return MediaInput(
        role,
        data=data,
        content_type=f"{kind}/{facts.format}",
        width=facts.width,
        height=facts.height,
        name=name,
        seconds=facts.seconds,
        frame_rate=facts.frame_rate,
    )


def limit_problems(given: MediaInput, size: int, limits: RecordingLimits) -> Iterator[str]:
    """Yield what *limits* refuse in an input whose facts are known; *size* is in bytes, each sentence has no subject.

    An input of whose file nothing is known, such as a link, has no problems.
    """
    if too_large := size_problem(size, limits.size):
        yield too_large
    kind = given.content_type.partition("/")[2]
    if kind and kind not in limits.formats:
        yield f"is {kind}; the model takes {listing(limits.formats)}"
    if not _within(given.seconds, limits.seconds):
        length = f"is {length_text(given.seconds)} long" if given.seconds else "does not state its length"
        yield f"{length}; {_range(limits.seconds, 's')} are allowed"
    if given.kind == "video":
        yield from _picture_problems(given, limits)


def _picture_problems(given: MediaInput, limits: RecordingLimits) -> Iterator[str]:
    width, height = given.width, given.height
    if not _within(given.frame_rate, limits.frame_rate):
        rate = f"has {given.frame_rate:.4g} pictures" if given.frame_rate else "does not state its pictures"
        yield f"{rate} a second; {_range(limits.frame_rate)} are allowed"
    shape = f"is {width}×{height} pixels"
    if not all(_within(side, limits.side) for side in (width, height)):
        yield f"{shape}; {_range(limits.side)} a side are allowed"
    if not _within(width * height, limits.pixels):
        yield f"{shape}, {width * height:,} in all; {_range(limits.pixels)} are allowed"
    if not _within(width / height, limits.aspect):
        yield f"{shape}, {width / height:.3g}:1; {_range(limits.aspect)} are allowed as width by height"


def _within(number: float, allowed: Range | None) -> bool:
    return allowed is None or allowed[0] <= number <= allowed[1]


def _range(allowed: Range | None, unit: str = "") -> str:
    low, high = allowed or (0, 0)
    low_text, high_text = (f"{number:,.10g}" for number in (low, high))
    return f"{low_text} to {high_text} {unit}".strip()


def _links_only(kind: str, limits: RecordingLimits) -> str:
    job = ", or give a finished job" if limits.jobs and kind == "video" else ""
    return f"the model takes {kind} by https link only: put the file on a web server{job}"


def _bytes_of(role: str, value: object, most: int) -> tuple[bytes, str]:
    """Return the bytes of a file that is on this machine, and its name in messages. Raises ValueError."""
    nameless = NAMELESS[ROLES[role]]
    if isinstance(value, str) and is_data_uri(value):
        return from_data_uri(value, _DATA_URI.match(value), _DATA_URIS, most, nameless), nameless
    if isinstance(value, str | os.PathLike):
        return read_file(os.fspath(value), most)
    if isinstance(value, bytes | bytearray | memoryview):
        data, name = bytes(value), nameless
    elif (held := held_bytes(value)) is not None:
        data, name = held, held_name(value, nameless)
    else:
        raise ValueError(f"give a path, an https link or bytes, not {type(value).__name__}")
    if too_large := size_problem(len(data), most):
        raise ValueError(f"{name} {too_large}")
    return data, name
