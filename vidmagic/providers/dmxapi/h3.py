"""MiniMax H3 on the DMXAPI gateway: video and sound from text, frames or references, and 768P made anew in 2K.

Notes on the API: h3.md beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from vidmagic.providers.contract import Json
from vidmagic.providers.dmxapi.h3_models import AGAIN, DOC, MODES, PARAMS, REFERENCES
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.task import TaskQuery
from vidmagic.providers.services import MINIMAX_REASONS
from vidmagic.spec.models import Model
from vidmagic.spec.params import Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, REFERENCE, REFERENCE_AUDIO, REFERENCE_VIDEO, VIDEO, MediaInput, Request

ROLES = {
    FIRST: "first_frame",
    LAST: "last_frame",
    REFERENCE: "reference_image",
    REFERENCE_VIDEO: "reference_video",
    REFERENCE_AUDIO: "reference_audio",
    VIDEO: "base_video",
}
PER_SECOND = {"2K": Decimal("0.8")}  # CNY; no document has a sample of 768P
AGAIN_PER_SECOND = Decimal("0.3")  # of the video that is made anew

BASE_FRAMES = (107, 362)
BASE_PIXELS = 768 * 1344


def wire_name(request: Request) -> str:
    """Return the service's name: what makes a video anew is a model of its own there."""
    return "MiniMax-H3-video_regeneration" if request.mode == AGAIN else "MiniMax-H3"


def price(request: Request) -> Price | None:
    """Return the price by seconds; None for 768P, with reference videos, and for a video of unknown length."""
    amount: Decimal | None = None
    if request.mode == AGAIN:
        base = request.input(VIDEO)
        amount = AGAIN_PER_SECOND * Decimal(str(round(base.seconds, 3))) if base is not None and base.seconds else None
    elif request.input(REFERENCE_VIDEO) is None:
        rate = PER_SECOND.get(str(request.params["resolution"]))
        amount = rate * int(request.params["duration"]) if rate is not None else None
    return None if amount is None else Price(amount, "CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time of the documents' samples: 195 to 340 s for 5 s in 2K, at most 115 s anew."""
    return 250.0 if "duration" in params else 100.0


def problems(request: Request) -> list[str]:
    """Return what is wrong with the inputs taken together, and with the video that is to be made anew."""
    if request.mode != AGAIN:
        return []
    roles = {given.role for given in request.inputs}
    wrong = []
    if roles & {FIRST, LAST} and roles & REFERENCES.keys():
        wrong.append("the first or last frame and references do not go together")
    if REFERENCE_AUDIO in roles and not roles & {REFERENCE, REFERENCE_VIDEO}:
        wrong.append("reference_audio needs a reference or a reference_video beside it")
    length = sum(given.seconds for given in request.inputs if given.role == REFERENCE_VIDEO)
    if length > 15:
        wrong.append(f"all reference videos together are {length:g} s long; at most 15 s are allowed")
    base = request.input(VIDEO)
    return wrong + [f"the video {text}" for text in (base_problems(base) if base is not None else ())]


def base_problems(base: MediaInput) -> Iterator[str]:
    """Yield what says that *base* is not a 768P video of H3; nothing of a link, whose video is not known."""
    width, height = base.width, base.height
    if width * height > BASE_PIXELS:
        yield f"is {width}×{height} pixels; H3's 768P has at most {BASE_PIXELS:,} in all"
    elif width % 32 or height % 32:
        yield f"is {width}×{height} pixels; both sides of H3's 768P are multiples of 32"
    if base.frame_rate and abs(base.frame_rate - 24) > 0.1:
        yield f"has {base.frame_rate:.4g} pictures a second; H3's have 24"
    low, high = (count / 24 for count in BASE_FRAMES)
    if base.seconds and not low - 0.1 <= base.seconds <= high + 0.1:
        yield f"is {base.seconds:.4g} s long; H3's are {low:.4g} to {high:.4g} s"


def warn(request: Request) -> list[str]:
    """Return what no check can find out: whether the inputs are those of the 768P video."""
    if request.mode != AGAIN:
        return []
    return ["give the very prompt and inputs that the 768P video was made from: others may spoil the result"]


class H3(ResponsesProvider):
    """MiniMax H3."""

    models = (
        Model(
            id="dmxapi/MiniMax-H3",
            short="h3",
            title="MiniMax H3",
            params=PARAMS,
            modes=MODES,
            longest_prompt=7000,
            seconds=seconds,
            price=price,
            called=wire_name,
            problems=problems,
            warn=warn,
            finish_mode=AGAIN,
            source=DOC,
        ),
    )
    query = TaskQuery("MiniMax-H3-get", MINIMAX_REASONS)

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        params = {"ratio" if name == "aspect_ratio" else name: value for name, value in request.params.items()}
        if request.mode in {"image", "last-frame", "start-end"}:
            params["ratio"] = "adaptive"  # the frames decide, whatever is sent
        inputs = sorted(request.inputs, key=lambda given: given.role == VIDEO)
        return {
            "model": request.wire_name,
            "input": [{"type": "text", "text": request.prompt}, *map(_item, inputs)],
            **params,
        }


def _item(given: MediaInput) -> Json:
    name = f"{given.kind}_url"
    return {"type": name, name: {"url": given.link()}, "role": ROLES[given.role]}
