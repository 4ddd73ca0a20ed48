"""Vidu Q3 pro on the DMXAPI gateway: video and sound from text, a first frame, or a first and a last one.

Notes on the API: viduq3.md beside this file.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from vidmagic.providers.contract import Json
from vidmagic.providers.responses.frames import percent
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.stream import Query
from vidmagic.providers.services import VIDU_REASONS
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import Param
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, Request

DOC = "dmxapi-viduq3-pro"

RESOLUTIONS = ("540p", "720p", "1080p")
RATIOS = ("16:9", "9:16", "3:4", "4:3", "1:1")
# In words: the older document of the same gateway gives the numbers another order.
CORNERS = {"top-left": 1, "top-right": 2, "bottom-right": 3, "bottom-left": 4}
A_SECOND = {"540p": Decimal("0.3125"), "1080p": Decimal("0.9375")}  # CNY, with sound; nobody published 720p
LIKE_SIZES = (0.8, 1.25)

PARAMS = (
    Param("duration", int, "length of the video", 5, tuple(range(1, 17)), unit="s", source=DOC),
    Param("resolution", str, "size of the picture", "720p", RESOLUTIONS, source=DOC),
    Param("aspect_ratio", str, "shape of the picture, for text alone", "16:9", RATIOS, source=DOC),
    Param("audio", bool, "make speech and sound too", default=True, source=DOC),
    Param("is_rec", bool, "let the service write the prompt; yours must be empty", default=False, source=DOC),
    Param("seed", int, "the same seed gives a similar video; 0 is random", 0, low=0, source=DOC),
    Param("watermark", bool, "put a watermark on the video", default=False, source=DOC),
    Param("wm_position", str, "corner of the watermark", "bottom-right", tuple(CORNERS), source=DOC),
    Param(
        "wm_url",
        str,
        "link to the watermark's image; without it the watermark says that AI made it",
        link=True,
        source=DOC,
    ),
    Param("callback_url", str, "link that the service calls when the job's state changes", link=True, source=DOC),
)
LIMITS = ImageLimits(
    formats=("png", "jpeg", "webp"),
    size=50 * 10**6,
    aspect=4,
    quotient=LIKE_SIZES,
    body_size=20 * 10**6,
    source=DOC,
)


def _with_images(name: str, *roles: str) -> Mode:
    return Mode(
        name,
        inputs=dict.fromkeys(roles, (1, 1)),
        without=frozenset({"aspect_ratio"}),
        prompt_needed=False,
        limits=LIMITS,
    )


def price(request: Request) -> Price | None:
    """Return the price by the second that the samples show; None where none of them shows it."""
    a_second = A_SECOND.get(str(request.params["resolution"]))
    if a_second is None or not request.params["audio"] or request.params.get("is_rec"):
        return None
    amount = a_second * int(request.params["duration"])
    return Price(amount, "CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")


def problems(request: Request) -> list[str]:
    """Return what is wrong with a prompt that would not be used, and with two frames of unlike size."""
    return [*_unused_prompt(request), *_unlike_frames(request)]


def _unused_prompt(request: Request) -> Iterator[str]:
    if request.params.get("is_rec") and request.prompt.strip():
        yield (
            "with is_rec the service writes the prompt and ignores yours: leave the prompt empty (a blank line in a "
            "cell), or leave is_rec out"
        )


def _unlike_frames(request: Request) -> Iterator[str]:
    first, last = request.input(FIRST), request.input(LAST)
    if first is None or last is None or not (first.width and last.width):
        return
    low, high = LIKE_SIZES
    if not low <= first.width * first.height / (last.width * last.height) <= high:
        yield (
            f"the first frame ({first.width} × {first.height}) and the last ({last.width} × {last.height}) differ too "
            f"much in size: the first must have {low} to {high} times the pixels of the last"
        )


class ViduQ3(ResponsesProvider):
    """Vidu Q3 pro."""

    models = (
        Model(
            id="dmxapi/viduq3-pro",
            short="viduq3",
            title="Vidu Q3 pro",
            params=PARAMS,
            modes=(
                Mode("text", without=frozenset({"is_rec"})),
                _with_images("image", FIRST),
                _with_images("start-end", FIRST, LAST),
            ),
            longest_prompt=5000,
            price=price,
            problems=problems,
            link_hours=24,
            source=DOC,
        ),
    )
    query = Query("vidu-get", VIDU_REASONS, percent)
    id_names = ("task_id", "id")

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses; where the images stand depends on how many there are."""
        images = [image.link() for image in request.inputs]
        words, pictures = ("prompt", "input") if len(images) > 1 else ("input", "images")
        return {
            "model": request.wire_name,
            **({pictures: images} if images else {}),
            **({words: request.prompt} if request.prompt.strip() else {}),
            **request.params,
            "wm_position": CORNERS[str(request.params["wm_position"])],
        }
