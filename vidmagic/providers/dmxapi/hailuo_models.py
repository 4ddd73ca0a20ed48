"""The Hailuo models: parameters, modes, prices. Notes on the API: hailuo.md beside this file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from vidmagic.providers.dmxapi.hailuo_moves import MOVES, camera_warnings
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, Request

DOC = "dmxapi-hailuo"

PARAMS = (
    Param("duration", int, "length of the video", 6, (6, 10), unit="s", source=DOC),
    Param("resolution", str, "size of the picture; 1080P only with 6 s", "768P", ("768P", "1080P"), source=DOC),
    Param("prompt_optimizer", bool, "let the service rewrite the prompt", default=True, source=DOC),
    Param("fast_pretreatment", bool, "shorten that rewriting", default=False, source=DOC),
    Param("aigc_watermark", bool, "put a watermark on the video", default=False, source=DOC),
)
LOW_TOO = Param(
    "resolution", str, "size of the picture; 1080P only with 6 s", "768P", ("512P", "768P", "1080P"), source=DOC
)
SIZES = frozenset({("768P", 6), ("768P", 10), ("1080P", 6)})
TOGETHER = AllowedCombinations(("resolution", "duration"), SIZES, source=DOC)
LOW_TOGETHER = AllowedCombinations(("resolution", "duration"), SIZES | {("512P", 6), ("512P", 10)}, source=DOC)
IMAGES = ImageLimits(
    formats=("png", "jpeg", "webp"),
    size=20 * 10**6 - 1,  # less than 20 MB
    min_side=301,  # more than 300
    aspect=2.5,
    source=DOC,
)

TEXT = Mode("text", together=(TOGETHER,))
IMAGE = Mode("image", {FIRST: (1, 1)}, together=(TOGETHER,), prompt_needed=False, limits=IMAGES)
IMAGE_02 = Mode(
    "image", {FIRST: (1, 1)}, together=(LOW_TOGETHER,), params=(LOW_TOO,), prompt_needed=False, limits=IMAGES
)
FRAMES_02 = Mode(
    "start-end",
    {FIRST: (0, 1), LAST: (1, 1)},
    together=(TOGETHER,),
    without=frozenset({"fast_pretreatment"}),
    prompt_needed=False,
    limits=IMAGES,
)

LISTED = {("768P", 6): "2.00", ("768P", 10): "4.00", ("1080P", 6): "3.50"}
SAMPLED_02 = {("1080P", 6): "3.50"}  # in each of the three documents of 02
SAMPLED_FAST = {("1080P", 6): "2.31"}


def _listed(request: Request) -> Price | None:
    """Return the price read on DMXAPI's list, which names version 2.3 only."""
    return _price(LISTED, request, "DMXAPI price list", "2026-11-20")


def _sampled(amounts: Mapping[tuple[str, int], str]) -> Callable[[Request], Price | None]:
    """Return how a model is priced of which the documents' samples show these *amounts*."""
    return lambda request: _price(amounts, request, "DMXAPI's document, tokens of its sample", "2026-11-21")


def _price(amounts: Mapping[tuple[str, int], str], request: Request, source: str, date: str) -> Price | None:
    amount = amounts.get((str(request.params["resolution"]), int(request.params["duration"])))
    return Price(Decimal(amount), "CNY", source, date) if amount else None


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time seen: 120 s at 768P, 240 s at 1080P."""
    return 240.0 if params.get("resolution") == "1080P" else 120.0


def _model(
    name: str, short: str, title: str, modes: tuple[Mode, ...], price: Callable[[Request], Price | None]
) -> Model:
    return Model(
        id=f"dmxapi/{name}",
        short=short,
        title=title,
        params=PARAMS,
        modes=modes,
        longest_prompt=2000,
        seconds=seconds,
        price=price,
        warn=lambda request: camera_warnings(request.prompt),
        moves=MOVES,
        link_hours=9,
        source=DOC,
    )


MODELS = (
    _model("MiniMax-Hailuo-2.3", "hailuo", "Hailuo 2.3", (TEXT, IMAGE), _listed),
    _model("MiniMax-Hailuo-02", "hailuo-02", "Hailuo 02", (TEXT, IMAGE_02, FRAMES_02), _sampled(SAMPLED_02)),
    _model("MiniMax-Hailuo-2.3-Fast", "hailuo-fast", "Hailuo 2.3 Fast", (IMAGE,), _sampled(SAMPLED_FAST)),
)
