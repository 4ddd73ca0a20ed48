"""What Wan's documents allow in a body: the fields of its four models, and which media go together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..exchange import JsonObject
from ..fields import Field, check
from ..request_media import Bounds, Kind

EDIT_MODEL = "wan2.7-videoedit"
SIZES = {
    "720P": {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1104, 832), "3:4": (832, 1104)},
    "1080P": {
        "16:9": (1920, 1080), "9:16": (1080, 1920), "1:1": (1440, 1440), "4:3": (1648, 1248), "3:4": (1248, 1648),
    },
}  # fmt: skip
BODY = {"model": Field(str, required=True), "input": Field(dict, required=True), "parameters": Field(dict)}
PARAMETERS = {
    "resolution": Field(str, choices=tuple(SIZES)),
    "prompt_extend": Field(bool),
    "watermark": Field(bool),
    "seed": Field(int, low=0, high=2**31 - 1),
}
LENGTH = PARAMETERS | {"duration": Field(int, low=2, high=15)}
RATIO = {"ratio": Field(str, choices=tuple(SIZES["720P"]))}
EDITS = PARAMETERS | RATIO | {
    "duration": Field(int, choices=(0, *range(2, 11))),
    "audio_setting": Field(str, choices=("auto", "origin")),
}  # fmt: skip
NEEDED_PROMPT = {"prompt": Field(str, required=True, not_empty=True)}
PROMPT = {"prompt": Field(str)}
NEGATIVE = {"negative_prompt": Field(str)}
MEDIA = {"media": Field(list, required=True, not_empty=True)}
ITEM = {"type": Field(str, required=True), "url": Field(str, required=True, not_empty=True)}
VOICED = ITEM | {"reference_voice": Field(str)}
FRAMES: tuple[set[str], ...] = (
    {"first_frame"},
    {"first_frame", "driving_audio"},
    {"first_frame", "last_frame"},
    {"first_frame", "last_frame", "driving_audio"},
    {"first_clip"},
    {"first_clip", "last_frame"},
)
_IMAGE = Bounds(("jpeg", "jpg", "png", "bmp", "webp"), 20_000_000, side=(240, 8000), aspect=(1 / 8, 8), opaque=("png",))
_VIDEO = Bounds(size=100_000_000, seconds=(2, 10), side=(240, 4096), aspect=(1 / 8, 8))
_AUDIO = Bounds(size=15_000_000, seconds=(2, 30))
VOICE = Bounds(size=15_000_000, seconds=(1, 10))
BOUNDS: dict[str, tuple[Kind, Bounds]] = {
    "first_frame": ("image", _IMAGE),
    "last_frame": ("image", _IMAGE),
    "reference_image": ("image", _IMAGE),
    "first_clip": ("video", _VIDEO),
    "video": ("video", _VIDEO),
    "reference_video": ("video", replace(_VIDEO, seconds=(1, 30))),
    "driving_audio": ("audio", _AUDIO),
    "audio_url": ("audio", _AUDIO),
}


@dataclass(frozen=True, slots=True)
class _Model:
    """The fields of a model's `input` and `parameters`, those of a medium by its type, and which media go together."""

    input: Mapping[str, Field]
    parameters: Mapping[str, Field]
    media: Mapping[str, Mapping[str, Field]]
    fits: Callable[[Counter[str]], bool] = lambda _: True


MODELS = {
    "wan2.7-t2v-2026-06-12": _Model(NEEDED_PROMPT | NEGATIVE | {"audio_url": Field(str)}, LENGTH | RATIO, {}),
    "wan2.7-i2v-2026-04-25": _Model(
        PROMPT | MEDIA,
        LENGTH,
        dict.fromkeys(set.union(*FRAMES), ITEM),
        lambda counts: set(counts) in FRAMES and max(counts.values()) == 1,
    ),
    "wan2.7-r2v-2026-06-12": _Model(
        NEEDED_PROMPT | NEGATIVE | MEDIA,
        LENGTH | RATIO,
        {"reference_image": VOICED, "reference_video": VOICED, "first_frame": ITEM},
        lambda counts: counts["first_frame"] <= 1 <= counts["reference_image"] + counts["reference_video"] <= 5,
    ),
    EDIT_MODEL: _Model(
        PROMPT | NEGATIVE | MEDIA,
        EDITS,
        {"video": ITEM, "reference_image": ITEM},
        lambda counts: counts["video"] == 1 and counts["reference_image"] <= 4,
    ),
}


def problems(body: JsonObject) -> Iterator[str]:
    """Yield what the documents do not allow in *body*, which names one of the models."""
    model = MODELS[body["model"]]
    outer = check(body, BODY)
    yield from (problem.message for problem in outer)
    if not outer:
        given, parameters = body["input"], body.get("parameters", {})
        fields = [*check(given, model.input, "input."), *check(parameters, model.parameters, "parameters.")]
        yield from (problem.message for problem in fields)
        if not fields and model.media:
            yield from _media_problems(given["media"], model, parameters)


def _media_problems(media: list[Any], model: _Model, parameters: JsonObject) -> Iterator[str]:
    fields: list[str] = []
    for number, item in enumerate(media):
        where = f"input.media[{number}]."
        kind = str(item.get("type")) if isinstance(item, dict) else ""
        if kind not in model.media:
            fields.append(f"{where}type is {kind!r}, not one of {', '.join(sorted(model.media))}")
        else:
            fields += [problem.message for problem in check(item, model.media[kind], where)]
    yield from fields
    if fields:
        return
    counts = Counter(item["type"] for item in media)
    if not model.fits(counts):
        yield f"input.media: {', '.join(sorted(counts.elements()))} do not go together"
    if counts["reference_video"] and parameters.get("duration", 2) > 10:
        yield "parameters.duration is more than 10 with a reference_video"
