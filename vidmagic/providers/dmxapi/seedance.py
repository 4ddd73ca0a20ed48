"""Seedance 1.5 pro on the DMXAPI gateway: video and sound from text, a first frame, or a first and a last one.

Notes on the API: seedance.md beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal

from vidmagic.providers.contract import Json
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.stream import Query
from vidmagic.providers.services import SEEDANCE_REASONS
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, Request

DOC = "dmxapi-seedance"

ROLES = {FIRST: "first_frame", LAST: "last_frame"}
AUTO = -1  # the model chooses the length

# Width and height in pixels as the maker lists them for 1.5 pro; the gateway's document names none.
SIZES = {
    "480p": {
        "16:9": (864, 496), "4:3": (752, 560), "1:1": (640, 640),
        "3:4": (560, 752), "9:16": (496, 864), "21:9": (992, 432),
    },
    "720p": {
        "16:9": (1280, 720), "4:3": (1112, 834), "1:1": (960, 960),
        "3:4": (834, 1112), "9:16": (720, 1280), "21:9": (1470, 630),
    },
    "1080p": {
        "16:9": (1920, 1080), "4:3": (1664, 1248), "1:1": (1440, 1440),
        "3:4": (1248, 1664), "9:16": (1080, 1920), "21:9": (2206, 946),
    },
}  # fmt: skip
FRAMES = 24  # a second, as the maker's documentation says
PER_MILLION = {True: Decimal(16), False: Decimal(8)}  # CNY for a million tokens, with sound and without

LENGTHS = tuple(range(4, 13))
RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive")
PARAMS = (
    Param("duration", int, "length of the video; -1 (with auto_duration): the model chooses", 5, (*LENGTHS, AUTO),
          unit="s", source=DOC),
    Param("auto_duration", bool, "allow duration -1: the model chooses the length, and with it the price",
          default=False),
    Param("resolution", str, "size of the picture", "720p", ("480p", "720p", "1080p"), source=DOC),
    Param("aspect_ratio", str, "shape of the picture; adaptive takes the first frame's", "16:9", RATIOS, source=DOC),
    Param("generate_audio", bool, "make sound too", default=True, source=DOC),
    Param("seed", int, "the same seed gives a similar video; -1 is random", -1, low=-1, high=2**32 - 1, source=DOC),
    Param("camera_fixed", bool, "do not move the camera", default=False, source=DOC),
    Param("watermark", bool, "put a watermark on the video", default=False, source=DOC),
    Param("return_last_frame", bool, "give the last frame as an image too", default=False, source=DOC),
    Param("callback_url", str, "link that the service calls when the job is done", link=True, source=DOC),
)  # fmt: skip
CHOSEN_LENGTH = AllowedCombinations(
    ("duration", "auto_duration"),
    frozenset({*((length, False) for length in LENGTHS), (AUTO, True)}),
    why="with -1 the model chooses the length, and so the price: it takes both -1 and auto_duration",
    source=DOC,
)
LIMITS = ImageLimits(
    formats=("png", "jpeg", "webp"),
    size=30 * 10**6,
    data_uri_size=10**7 - 1,  # what the gateway's other document says
    source="the maker's documentation",
)


def _mode(name: str, *roles: str) -> Mode:
    return Mode(
        name,
        inputs=dict.fromkeys(roles, (1, 1)),
        together=(CHOSEN_LENGTH,),
        defaults={"aspect_ratio": "adaptive"} if roles else {},
        limits=LIMITS if roles else None,
    )


def size_of(request: Request) -> tuple[int, int] | None:
    """Return the width and height of the video in pixels; None where its shape is not known before it is made.

    An adaptive shape is that of the listed ones which is nearest to the first frame's. A link's image is not opened
    here, and without an image the service chooses.
    """
    sizes = SIZES[str(request.params["resolution"])]
    first = request.input(FIRST)
    if request.params["aspect_ratio"] != "adaptive":
        return sizes[str(request.params["aspect_ratio"])]
    if first is None or not (first.width and first.height):
        return None
    shape = math.log(first.width / first.height)
    return min(sizes.values(), key=lambda size: abs(math.log(size[0] / size[1]) - shape))


def price(request: Request) -> Price | None:
    """Return the price by tokens; None where the service chooses the length, or a shape that is not known here.

    Tokens are width × height × frames a second × duration / 1024, at the maker's own price; DMXAPI's may differ.
    """
    params = request.params
    size = size_of(request)
    if size is None or params["duration"] == AUTO:
        return None
    tokens = Decimal(size[0] * size[1] * FRAMES * int(params["duration"])) / 1024
    amount = tokens * PER_MILLION[bool(params["generate_audio"])] / 10**6
    return Price(amount, "CNY", "the maker's price list", "2026-11-20")


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time seen for 10 s: 80 s at 480p, 100 s at 720p, 150 s at 1080p."""
    return {"480p": 80.0, "720p": 100.0, "1080p": 150.0}.get(str(params.get("resolution")), 100.0)


class Seedance(ResponsesProvider):
    """Seedance 1.5 pro."""

    models = (
        Model(
            id="dmxapi/doubao-seedance-1-5-pro-responses",
            short="seedance",
            title="Seedance 1.5 pro",
            params=PARAMS,
            modes=(_mode("text"), _mode("image", FIRST), _mode("start-end", FIRST, LAST)),
            seconds=seconds,
            price=price,
            id_hours=7 * 24,
            link_hours=24,
            source=DOC,
        ),
    )
    query = Query("seedance-get", SEEDANCE_REASONS)  # its only progress is a count of its own steps: none is shown
    id_names = ("id",)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        return {
            "model": request.wire_name,
            "input": [
                {"type": "text", "text": request.prompt},
                *(
                    {"type": "image_url", "image_url": {"url": image.link()}, "role": ROLES[image.role]}
                    for image in request.inputs
                ),
            ],
            **_on_the_wire(request.params),
        }


def _on_the_wire(params: Mapping[str, Value]) -> Json:
    """Return the parameters under the service's names, without the one that is only ours."""
    named = {"ratio" if name == "aspect_ratio" else name: value for name, value in params.items()}
    return {name: value for name, value in named.items() if name != "auto_duration"}
