"""The models of Vidu itself: version 1 for text, image and references, version 2 for a first and a last frame."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.request import FIRST, LAST, REFERENCE

DOC = "vidu-official"

START_END, UPSCALE = "start-end", "upscale"

AMPLITUDES = ("auto", "small", "medium", "large")
DURATION = Param("duration", int, "length of the video", 4, (4, 8), unit="s", source=DOC)
PARAMS = (
    DURATION,
    Param("resolution", str, "size of the picture", "720p", ("512", "720p", "1080p"), source=DOC),
    Param("aspect_ratio", str, "shape of the picture", choices=("16:9", "9:16", "1:1"), source=DOC),
    Param("movement_amplitude", str, "how much moves", choices=AMPLITUDES, source=DOC),
    Param("style", str, "style of the video, for text alone", "general", ("general", "anime"), source=DOC),
    Param("negative", str, "what the video should not show", longest=1500, source=DOC),
    Param("enhance", bool, "let the service improve the prompt", default=True, source=DOC),
    Param("moderation", bool, "let the service check the content", default=False, source=DOC),
    Param("seed", int, "the same seed gives a similar video; 0 is random", low=0, source=DOC),
    Param("callback_url", str, "link that the service calls when the job's state changes", link=True, source=DOC),
)
LIMITS = ImageLimits(("png", "jpeg"), size=50 * 10**6 - 1, aspect=4, uris=("ssupload:?id=",), source=DOC)
CHARACTER = dataclasses.replace(LIMITS, min_side=128, aspect=16)
FRAMES = dataclasses.replace(LIMITS, formats=("png", "jpeg", "webp"), size=10**7 - 1, quotient=(0.8, 1.25))

NOT_IN_V1 = frozenset({"callback_url"})
NOT_IN_V2 = frozenset({"aspect_ratio", "style", "negative", "enhance", "moderation"})
V2_RESOLUTION = Param("resolution", str, "size of the picture", "360p", ("360p", "720p", "1080p"), source=DOC)
V2_SIZES = AllowedCombinations(
    ("duration", "resolution"), frozenset({(4, "360p"), (4, "720p"), (4, "1080p"), (8, "720p")}), source=DOC
)


def _modes(*durations: int) -> tuple[Mode, ...]:
    """Return the modes of a model; *durations* are those of a video between two frames, in seconds."""
    return (
        Mode("text", without=NOT_IN_V1),
        Mode("image", inputs={FIRST: (1, 1)}, without=NOT_IN_V1 | {"style"}, prompt_needed=False, limits=LIMITS),
        Mode("reference", inputs={REFERENCE: (1, 3)}, without=NOT_IN_V1 | {"style"}, limits=CHARACTER),
        Mode(
            START_END,
            inputs={FIRST: (1, 1), LAST: (1, 1)},
            without=NOT_IN_V2,
            params=(dataclasses.replace(DURATION, choices=durations), V2_RESOLUTION),
            together=(V2_SIZES,),
            limits=FRAMES,
            echoes_key=True,
        ),
    )


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time seen for 4 s of Vidu 1.5: 30 s at 360p, 90 s at 720p, 320 s at 1080p."""
    return {"360p": 30.0, "1080p": 320.0}.get(str(params.get("resolution")), 90.0)


def _model(name: str, title: str, short: str, modes: tuple[Mode, ...]) -> Model:
    return Model(
        f"vidu/{name}", short, title, PARAMS, modes, longest_prompt=1500, seconds=seconds, link_hours=24, source=DOC
    )


MODELS = (
    _model("vidu2.0", "Vidu 2.0", "vidu", _modes(4)),
    _model("vidu1.5", "Vidu 1.5", "vidu1.5", _modes(4, 8)),
    Model(
        id="vidu/upscale",
        short="vidu-upscale",
        title="Vidu upscaling",
        params=(
            Param("creation_id", str, "the creation to upscale, from a finished job", required=True, source=DOC),
            DURATION,
        ),
        modes=(Mode(UPSCALE, prompt_needed=False),),
        longest_prompt=0,
        called=lambda _: "stable",
        link_hours=24,
        source=DOC,
    ),
)
