"""What the models of HappyHorse on DMXAPI take, as their documents state it, and what is refused."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .. import gateway
from ..exchange import JsonObject, Refused
from ..fields import Field, check
from ..request_media import Bounds

AREAS = {"720P": 1280 * 720, "1080P": 1920 * 1080}
RATIOS = {
    "16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1.0, "4:3": 4 / 3, "3:4": 3 / 4, "4:5": 4 / 5, "5:4": 5 / 4,
    "9:21": 9 / 21, "21:9": 21 / 9,
}  # fmt: skip
LONGEST = 5000  # a Chinese character counts as two
IMAGES = ("jpeg", "jpg", "png", "webp")
SHAPE = (1 / 2.5, 2.5)
FRAME = Bounds(IMAGES, 20_000_000, side=(300, math.inf), aspect=SHAPE)
CHARACTER = Bounds(IMAGES, 20_000_000, side=(400, math.inf))
EDITED = Bounds(seconds=(3, 60), frame_rate=(8, math.inf), side=(360, 4096), aspect=SHAPE)

ITEM = {"type": Field(str, required=True), "url": Field(str, required=True, not_empty=True)}
NEEDED = {"prompt": Field(str, required=True, not_empty=True)}
MEDIA = {"media": Field(list, required=True, not_empty=True)}
PARAMETERS = {
    "resolution": Field(str, choices=tuple(AREAS)),
    "watermark": Field(bool),
    "seed": Field(int, low=0, high=2**31 - 1),
}
LENGTH = {"duration": Field(int, low=3, high=15)}
RATIO = {"ratio": Field(str, choices=tuple(RATIOS))}
SOUND = {"audio_setting": Field(str, choices=("auto", "origin"))}


@dataclass(frozen=True, slots=True)
class Kind:
    """What one of the models takes: the fields of `input` and of `parameters`, and how many media of which type.

    `image` bounds its images, `tokens` are those of a second, `flat` those of a whole video.
    """

    given: dict[str, Field]
    parameters: dict[str, Field]
    media: dict[str, range] = field(default_factory=dict)
    image: Bounds = FRAME
    tokens: tuple[int, int] = (9000, 12_000)  # of 720P and of 1080P
    flat: int = 0


EDIT = "happyhorse-1.0-video-edit-15s"
KINDS = {
    "happyhorse-1.1-t2v": Kind(NEEDED, PARAMETERS | LENGTH | RATIO),
    "happyhorse-1.1-i2v": Kind({"prompt": Field(str)} | MEDIA, PARAMETERS | LENGTH, {"first_frame": range(1, 2)}),
    "happyhorse-1.1-r2v": Kind(
        NEEDED | MEDIA,
        PARAMETERS | LENGTH | RATIO,
        {"reference_image": range(1, 10)},
        CHARACTER,
        (12_000, 12_000),  # the sample of 720P; that of 1080P is not documented
    ),
    EDIT: Kind(NEEDED | MEDIA, PARAMETERS | SOUND, {"video": range(1, 2), "reference_image": range(6)}, flat=135_000),
}


def read(body: JsonObject, kind: Kind) -> JsonObject:
    """Return the object in `input`, checked; an edit has it in a list."""
    given = Field(list, required=True, longest=1) if kind is KINDS[EDIT] else Field(dict, required=True)
    _require(body, {"model": Field(str), "input": given, "parameters": Field(dict)})
    _require(body.get("parameters", {}), kind.parameters, "parameters.")
    inputs = body["input"]
    if isinstance(inputs, list):
        _require({"input[0]": next(iter(inputs), None)}, {"input[0]": Field(dict)})
        inputs = inputs[0]
    _require(inputs, kind.given, "input.")
    media = inputs.get("media", [])
    for number, item in enumerate(media):
        _require(item, ITEM, f"input.media[{number}].")
    counts = Counter(item["type"] for item in media)
    if counts.keys() - kind.media or any(counts[name] not in allowed for name, allowed in kind.media.items()):
        raise invalid("input.media has a type or a number of items that this model does not take")
    return dict(inputs)


def cut(prompt: str) -> str:
    """Return as much of a prompt as the service uses."""
    room = LONGEST
    for position, character in enumerate(prompt):
        room -= 2 if "CJK" in unicodedata.name(character, "") else 1
        if room < 0:
            return prompt[:position]
    return prompt


def _require(value: Any, fields: dict[str, Field], where: str = "") -> None:
    problems = check(value, fields, where)
    if problems:
        raise invalid(problems[0].message)


def invalid(message: str) -> Refused:
    """Make the error for a field with a value that is not allowed."""
    return refusal("InvalidParameter", message)


def refusal(code: str, message: str) -> Refused:
    """Make an error of the service, which the gateway passes on."""
    return gateway.refuse(400, code, message, "upstream_error")
