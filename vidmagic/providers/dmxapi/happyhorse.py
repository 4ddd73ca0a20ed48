"""HappyHorse on the DMXAPI gateway: text, a first frame, references, and the edit of a video, under one name.

Notes on the API: happyhorse.md beside this file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from vidmagic.providers.contract import Json
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.providers.services import MODEL_STUDIO_REASONS
from vidmagic.spec.models import ImageLimits, Mode, Model, RecordingLimits
from vidmagic.spec.params import Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, REFERENCE, VIDEO, Request

DOC = "dmxapi-happyhorse"

TEXT, IMAGE, REFERENCES, EDIT = "text", "image", "reference", "edit"
NAMES = {
    TEXT: "happyhorse-1.1-t2v",
    IMAGE: "happyhorse-1.1-i2v",
    REFERENCES: "happyhorse-1.1-r2v",
    EDIT: "happyhorse-1.0-video-edit-15s",
}
TYPES = {VIDEO: "video", FIRST: "first_frame", REFERENCE: "reference_image"}

A_SECOND = {
    TEXT: {"720P": "0.90", "1080P": "1.20"},
    IMAGE: {"720P": "0.90", "1080P": "1.20"},
    REFERENCES: {"720P": "1.20"},
}
AN_EDIT = "13.50"

RATIOS = ("16:9", "9:16", "1:1", "4:3", "3:4", "4:5", "5:4", "9:21", "21:9")
PARAMS = (
    Param("duration", int, "length of the video", 5, tuple(range(3, 16)), unit="s", source=DOC),
    Param("resolution", str, "size of the picture", "1080P", ("720P", "1080P"), source=DOC),
    Param("aspect_ratio", str, "shape of the picture", "16:9", RATIOS, source=DOC),
    Param("seed", int, "the same seed gives a similar video; without it random", low=0, high=2**31 - 1, source=DOC),
    Param("watermark", bool, 'put "Happy Horse" at the bottom right of the video', default=False, source=DOC),
    Param(
        "audio_setting",
        str,
        "sound of an edited video: auto (the model decides) or origin (that of the video given)",
        "auto",
        ("auto", "origin"),
        source=DOC,
    ),
)
FRAME = ImageLimits(("png", "jpeg", "webp"), size=20 * 10**6, min_side=300, aspect=2.5, source=DOC)
CHARACTER = replace(FRAME, min_side=400, aspect=None)
EDITED = RecordingLimits(
    formats=("mp4", "mov"),
    size=100 * 10**6,
    seconds=(3, 60),
    frame_rate=(8, 1000),
    side=(360, 4096),
    aspect=(0.4, 2.5),
    jobs="link",
    source=DOC,
)

MODES = (
    Mode(TEXT, without=frozenset({"audio_setting"})),
    Mode(
        IMAGE,
        inputs={FIRST: (1, 1)},
        without=frozenset({"aspect_ratio", "audio_setting"}),
        prompt_needed=False,
        limits=FRAME,
    ),
    Mode(REFERENCES, inputs={REFERENCE: (1, 9)}, without=frozenset({"audio_setting"}), limits=CHARACTER),
    Mode(
        EDIT,
        inputs={VIDEO: (1, 1), REFERENCE: (0, 5)},
        without=frozenset({"duration", "aspect_ratio"}),
        limits=FRAME,
        video_limits=EDITED,
    ),
)

USED = 15  # seconds of a video that is edited
LONGEST = 5000  # a Chinese character counts as two
_CHINESE = re.compile(
    r"[\u2e80-\u2fdf\u3000-\u303f\u31c0-\u31ef\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff65"
    r"\U00020000-\U0003ffff]"
)
_NAMED = re.compile(r"\[Image (\d+)\]")


def price(request: Request) -> Price | None:
    """Return the price that the samples show: by the second, a flat one for an edit; None where none shows it."""
    source = ("CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")
    if request.mode == EDIT:
        return Price(Decimal(AN_EDIT), *source)
    a_second = A_SECOND[request.mode].get(str(request.params["resolution"]))
    return None if a_second is None else Price(Decimal(a_second) * int(request.params["duration"]), *source)


def problems(request: Request) -> list[str]:
    """Return what is wrong with a prompt that the service would cut, or that names an image that is not there."""
    return [*_too_long(request.prompt), *_missing_images(request)]


def _too_long(prompt: str) -> Iterator[str]:
    chinese = len(_CHINESE.findall(prompt))
    if len(prompt) <= LONGEST < len(prompt) + chinese:
        yield (
            f"the prompt has {len(prompt):,} characters, of which {chinese:,} are Chinese and count as two: "
            f"{len(prompt) + chinese:,}; happyhorse takes at most {LONGEST:,} and would cut the rest"
        )


def _missing_images(request: Request) -> Iterator[str]:
    count = len([given for given in request.inputs if given.role == REFERENCE])
    if request.mode == REFERENCES:
        beyond = {int(number) for number in _NAMED.findall(request.prompt)} - set(range(1, count + 1))
        for number in sorted(beyond):
            yield f"the prompt names [Image {number}], but {count} references are given: [Image 1] to [Image {count}]"


def advice(request: Request) -> list[str]:
    """Return how references are named in a prompt that names none, and what an edit leaves out."""
    video = request.input(VIDEO)
    if request.mode == REFERENCES and not _NAMED.search(request.prompt):
        return ["The prompt names no reference: the service knows them as [Image 1], [Image 2] … in their order."]
    if video is not None and not 0 < video.seconds <= USED:
        return [f"The service edits the first {USED} s of a video; what lies beyond is left out."]
    return []


class HappyHorse(ResponsesProvider):
    """HappyHorse 1.1, and 1.0 for edits."""

    models = (
        Model(
            id="dmxapi/happyhorse-1.1",
            short="happyhorse",
            title="HappyHorse 1.1",
            params=PARAMS,
            modes=MODES,
            longest_prompt=LONGEST,
            seconds=lambda _: 180.0,  # 1 to 5 minutes
            price=price,
            called=lambda request: NAMES[request.mode],
            problems=problems,
            warn=advice,
            id_hours=24,
            link_hours=24,
            source=DOC,
        ),
    )
    query = TaskQuery("happyhorse-get", MODEL_STUDIO_REASONS)
    id_names = ("task_id",)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses; an edit has its input in a list."""
        order = list(TYPES)
        media = [
            {"type": TYPES[given.role], "url": given.link()}
            for given in sorted(request.inputs, key=lambda given: order.index(given.role))
        ]
        inputs = {
            **({"prompt": request.prompt} if request.prompt.strip() else {}),
            **({"media": media} if media else {}),
        }
        return {
            "model": request.wire_name,
            "input": [inputs] if request.mode == EDIT else inputs,
            "parameters": _on_the_wire(request.params),
        }


def _on_the_wire(params: Mapping[str, Value]) -> Json:
    """Return the parameters under the service's names."""
    return {"ratio" if name == "aspect_ratio" else name: value for name, value in params.items()}
