"""What the documents of the two Kling models allow in a request; whatever they do not name is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..exchange import JsonObject
from ..fields import Field, check

DURATIONS = range(3, 16)
SHOT_TYPES = ("customize", "intelligence")
RATIOS = {"16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0}
LONGEST, LONGEST_SHOT = 2500, 512

_SHARED = {
    "model": Field(str, required=True),
    "negative_prompt": Field(str, longest=LONGEST),
    "duration": Field(str, choices=tuple(map(str, DURATIONS))),
    "mode": Field(str, choices=("std", "pro", "4k")),
    "sound": Field(str, choices=("on", "off")),
    "watermark_info": Field(dict),
}
_SHOTS = {"multi_shot": Field(bool), "shot_type": Field(str, choices=SHOT_TYPES)}
_IMAGES = {"image": Field(str, not_empty=True), "image_tail": Field(str, not_empty=True)}
_SUBJECTS = {"element_list": Field(list, longest=3)}
_SUBJECT = {"element_id": Field(int, required=True, low=1)}
_MULTI_PROMPT = Field(list, longest=6)
_TEXT = _SHARED | _SHOTS | {"multi_prompt": _MULTI_PROMPT, "aspect_ratio": Field(str, choices=tuple(RATIOS))}
_PROMPT = Field(str, longest=LONGEST, not_empty=True)
_ENABLED = {"enabled": Field(bool, required=True)}

_VIDEO = {"model": Field(str, required=True), "input": Field(dict, required=True), "parameters": Field(dict)}
_VIDEO_INPUT = _SHOTS | {
    "prompt": Field(str),
    "media": Field(list, longest=2),
    "multi_prompt": _MULTI_PROMPT,
}
_MEDIUM = {
    "type": Field(str, required=True, choices=("first_frame", "last_frame")),
    "url": Field(str, required=True, not_empty=True),
}
_PARAMETERS = {
    "mode": Field(str, choices=("pro", "std")),
    "aspect_ratio": Field(str, choices=tuple(RATIOS)),
    "duration": Field(int, low=3, high=15),
    "audio": Field(bool),
    "watermark": Field(bool),
}


def problem_of_v3(body: JsonObject) -> str:
    """Return what is wrong with a body for kling-v3, "" if nothing is."""
    return next(_of_v3(body), "")


def problem_of_video(body: JsonObject) -> str:
    """Return what is wrong with a body for kling-v3-video-generation, "" if nothing is; long words are only cut."""
    return next(_of_video(body), "")


def shots(body: JsonObject, given: object) -> list[Any]:
    """Return the shots of a body that has several of its own, in *given*; none for another body."""
    own = body.get("multi_shot", False) and body.get("shot_type") == "customize"
    return given if own and isinstance(given, list) else []


def _of_v3(body: JsonObject) -> Iterator[str]:
    scale = body.get("cfg_scale", 0.5)
    if isinstance(scale, bool) or not isinstance(scale, int | float) or not 0 <= scale <= 1:
        yield f"cfg_scale is {scale!r}, not a number from 0 to 1"
    fields = {name: value for name, value in body.items() if name not in {"input", "cfg_scale"}}
    with_image = "image" in body or "image_tail" in body
    several = bool(body.get("multi_shot", False))
    if not with_image:
        yield from _messages(fields, _TEXT)
    elif several:  # which is documented with a first frame only
        yield from _messages(fields, _SHARED | _SHOTS | _SUBJECTS | {"image": _IMAGES["image"]})
    else:
        yield from _messages(fields, _SHARED | _SHOTS | _SUBJECTS | _IMAGES)
    if "watermark_info" in body:
        yield from _messages(body["watermark_info"], _ENABLED, "watermark_info.")
    yield from _subjects(body)
    if several:
        yield from _shot_type(body)
    own = several and body.get("shot_type") == "customize"
    if own:
        total = int(body.get("duration", "5"))
        yield from _shots(body.get("input" if with_image else "multi_prompt"), total, str, LONGEST_SHOT)
    if not (own and with_image):
        yield from _messages({"input": body.get("input")}, {"input": _PROMPT})


def _of_video(body: JsonObject) -> Iterator[str]:
    yield from _messages(body, _VIDEO)
    given, parameters = body["input"], body.get("parameters", {})
    media = given.get("media", [])
    yield from _messages(given, _VIDEO_INPUT | (_SUBJECTS if media else {}), "input.")
    yield from _messages(parameters, _PARAMETERS, "parameters.")
    for number, medium in enumerate(media):
        yield from _messages(medium, _MEDIUM, f"input.media[{number}].")
    if [medium["type"] for medium in media] not in ([], ["first_frame"], ["first_frame", "last_frame"]):
        yield "input.media must be a first_frame, then optionally a last_frame"
    if not media and "aspect_ratio" not in parameters:
        yield "parameters.aspect_ratio is required"
    yield from _subjects(given)
    own = given.get("multi_shot", False) and given.get("shot_type") == "customize"
    if given.get("multi_shot", False):
        yield from _shot_type(given)
    if own:
        yield from _shots(given.get("multi_prompt"), parameters.get("duration", 5), int, None)
    elif not given.get("prompt"):
        yield "input.prompt is required"


def _shot_type(body: JsonObject) -> Iterator[str]:
    if "shot_type" not in body:
        yield "shot_type is required with multi_shot"


def _subjects(body: JsonObject) -> Iterator[str]:
    for number, subject in enumerate(body.get("element_list", [])):
        yield from _messages(subject, _SUBJECT, f"element_list[{number}].")


def _shots(given: object, total: int, kind: Callable[[int], str | int], longest: int | None) -> Iterator[str]:
    """Yield what is wrong with own shots, whose times are of *kind* and add up to *total*."""
    if not isinstance(given, list) or not 1 <= len(given) <= 6:
        yield "a video has 1 to 6 shots"
        return
    lengths = [kind(length) for length in range(1, total + 1)]
    fields = {
        "index": Field(int, required=True, low=1, high=6),
        "prompt": Field(str, required=True, longest=longest, not_empty=True),
        "duration": Field(type(lengths[0]), required=True, choices=tuple(lengths)),
    }
    for number, shot in enumerate(given):
        yield from _messages(shot, fields, f"shot[{number}].")
    if [shot["index"] for shot in given] != list(range(1, len(given) + 1)):
        yield "the shots are not numbered from 1"
    if sum(int(shot["duration"]) for shot in given) != total:
        yield f"the shots do not add up to {total} s"


def _messages(value: object, fields: Mapping[str, Field], where: str = "") -> Iterator[str]:
    yield from (problem.message for problem in check(value, fields, where))
