"""The references of a request to Wan 2.7: their order, whose each voice is, and what is wrong with them together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vidmagic.spec.params import listing
from vidmagic.spec.request import REFERENCE, REFERENCE_VIDEO, REFERENCE_VOICE, VIDEO, MediaInput, Request

MOST_REFERENCES = 5
TEXT, EDIT, EXTEND = "text", "edit", "extend"  # names of modes; the last two are tasks too

_NAMES = {REFERENCE: "Image", REFERENCE_VIDEO: "Video"}  # as a prompt names them, with a number
_ROLES = {"image": REFERENCE, "图": REFERENCE, "video": REFERENCE_VIDEO, "视频": REFERENCE_VIDEO}
_NAMED = re.compile(r"(image|图|video|视频)\s*([1-9])", re.IGNORECASE)
_EXAMPLE = "image1+video1"


def references(request: Request) -> list[MediaInput]:
    """Return the references in the order in which they are sent: images, then videos."""
    return [given for role in _NAMES for given in request.inputs if given.role == role]


def voices(request: Request) -> dict[str, MediaInput]:
    """Return the voice of each reference that has one, by the reference's name in a prompt ("Image 1")."""
    return dict(zip(_owners(request) or names(request), _sounds(request), strict=False))


def names(request: Request) -> list[str]:
    """Return what a prompt calls the references, in their order; images and videos are counted apart."""
    given = references(request)
    return [
        f"{name} {number}"
        for role, name in _NAMES.items()
        for number in range(1, 1 + sum(reference.role == role for reference in given))
    ]


def problems(request: Request) -> list[str]:
    """Return what is wrong with the inputs and the length of a request together."""
    return [*_count_problems(request), *_voice_problems(request), *_length_problems(request)]


def _sounds(request: Request) -> list[MediaInput]:
    return [given for given in request.inputs if given.role == REFERENCE_VOICE]


def _owners(request: Request) -> list[str]:
    """Return the names that `voice_of` gives, as written where one is not a name."""
    written = filter(None, (part.strip() for part in re.split("[+,，、]", str(request.params.get("voice_of") or ""))))
    return [_named(part) for part in written]


def _named(text: str) -> str:
    match = _NAMED.fullmatch(text)
    return f"{_NAMES[_ROLES[match[1].lower()]]} {match[2]}" if match else text


def _count_problems(request: Request) -> Iterator[str]:
    count = len(references(request))
    if count > MOST_REFERENCES:
        yield f"{count} references are given; at most {MOST_REFERENCES} images and videos together are allowed"


def _voice_problems(request: Request) -> Iterator[str]:
    given, known, owners = _sounds(request), names(request), _owners(request)
    if len(given) > len(known):
        yield f"{len(given)} × reference_voice for {len(known)} references: each has one voice at most"
    elif "voice_of" not in request.params:
        kinds = {reference.role for reference in references(request)}
        if 0 < len(given) < len(known) and len(kinds) > 1:
            yield f"voice_of is needed: whose each reference_voice is, as {_EXAMPLE}"
    elif not given:
        yield "voice_of names whose each reference_voice is, and none is given"
    elif len(owners) != len(given):
        yield f"voice_of must name {len(given)}, one for each reference_voice, not {len(owners)}"
    elif strange := [owner for owner in owners if owner not in known]:
        yield f"voice_of must be of {listing(known)}, not {listing(strange)}"
    elif len(set(owners)) < len(owners):
        yield "voice_of names a reference twice: each has one voice at most"


def _length_problems(request: Request) -> Iterator[str]:
    video, duration = request.input(VIDEO), int(request.params["duration"])
    if video is None or not video.seconds:
        return
    if request.mode == EXTEND and duration <= round(video.seconds):
        yield (
            f"duration {duration} is the length of the whole result, and the given video alone has {video.seconds:g} s"
        )
    if request.mode == EDIT and duration > round(video.seconds):
        yield f"duration {duration} cuts the result, and the given video has only {video.seconds:g} s"
