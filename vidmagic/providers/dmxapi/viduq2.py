"""Vidu Q2 pro on the DMXAPI gateway: a video from a first frame, or from a first and a last one.

Notes on the API: viduq2.md beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from vidmagic.providers.contract import Json
from vidmagic.providers.responses.frames import percent
from vidmagic.providers.responses.provider import ResponsesProvider
from vidmagic.providers.responses.stream import Query
from vidmagic.providers.services import VIDU_REASONS
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, Request

DOC = "dmxapi-viduq2-pro"

AMPLITUDES = ("auto", "small", "medium", "large")
RESOLUTIONS = ("540p", "720p", "1080p")

# For the first second, the second one, and each later one.
PRICES = {"540p": ("0.32", "0.40", "0.20"), "720p": ("0.60", "0.40", "0.40"), "1080p": ("2.20", "0.60", "0.60")}

CORNERS = ("top-left", "top-right", "bottom-right", "bottom-left")  # in the order of their numbers in replies
PARAMS = (
    Param("duration", int, "length of the video", 5, tuple(range(1, 9)), unit="s", source=DOC),
    Param("resolution", str, "size of the picture", "720p", RESOLUTIONS, source=DOC),
    Param("movement_amplitude", str, "how much moves", "auto", AMPLITUDES, source=DOC),
    Param("seed", int, "the same seed gives a similar video; 0 is random", 0, low=0, source=DOC),
    Param("bgm", bool, "add music that the service chooses", default=False, source=DOC),
    Param("watermark", bool, "put a watermark on the video", default=False, source=DOC),
    Param("wm_position", int, "corner of the watermark", 3, (1, 2, 3, 4), words=CORNERS, source=DOC),
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
    data_uri_size=10**7 - 1,
    aspect=4,
    quotient=(0.8, 1.25),
    body_size=20 * 10**6,  # Vidu's own page on the same images; the gateway's document names no bound, only a 413
    source=DOC,
)


def price(request: Request) -> Price:
    """Return the price read on DMXAPI's list, which counts in seconds."""
    first, second, later = map(Decimal, PRICES[str(request.params["resolution"])])
    length = int(request.params["duration"])
    amount = first + second * min(length - 1, 1) + later * max(length - 2, 0)
    return Price(amount, "CNY", "DMXAPI price list (viduJF)", "2026-11-20")


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time to expect: 55 s were seen for 2 s at 1080p, 89 s for 8 s at 720p."""
    return 40.0 + 6.0 * int(params.get("duration", 5))


class ViduQ2(ResponsesProvider):
    """Vidu Q2 pro; the document names no way from text alone."""

    models = (
        Model(
            id="dmxapi/viduq2-pro",
            short="viduq2",
            title="Vidu Q2 pro",
            params=PARAMS,
            modes=(
                Mode("image", inputs={FIRST: (1, 1)}, limits=LIMITS),
                Mode("start-end", inputs={FIRST: (1, 1), LAST: (1, 1)}, limits=LIMITS),
            ),
            longest_prompt=2000,
            seconds=seconds,
            price=price,
            link_hours=24,
            source=DOC,
        ),
    )
    query = Query("vidu-get", VIDU_REASONS, percent)
    id_names = ("task_id", "id")

    def body(self, request: Request) -> Json:
        """Return the JSON of POST /v1/responses."""
        return {
            "model": request.wire_name,
            "input": request.prompt,
            "images": [image.link() for image in request.inputs],
            **request.params,
        }
