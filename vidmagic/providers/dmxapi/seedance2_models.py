"""The two Seedance 2.0 models: their parameters, modes, limits and prices. Notes on the API: seedance2.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

from vidmagic.spec.models import ImageLimits, Mode, Model, RecordingLimits
from vidmagic.spec.params import AllowedCombinations, Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, REFERENCE, REFERENCE_AUDIO, REFERENCE_VIDEO, ROLES, VIDEO, Request

DOC = "dmxapi-seedance-2-0"
AUTO = -1  # the model chooses the length
LENGTHS = tuple(range(4, 16))
RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "adaptive")
MB = 10**6

DURATION = Param("duration", int, "length of the video", 5, LENGTHS, unit="s", source=DOC)
LONG = replace(DURATION, default=8, choices=tuple(range(8, 16)))  # with references
FREE = replace(
    DURATION, help="length of the video; -1 (with auto_duration): the model chooses", choices=(*LENGTHS, AUTO)
)
RESOLUTION = Param("resolution", str, "size of the picture", "720p", ("480p", "720p", "1080p", "4k"), source=DOC)
SMALL = replace(RESOLUTION, choices=("480p", "720p"))
PARAMS = (
    DURATION,
    Param("auto_duration", bool, "allow duration -1: the model chooses the length, and with it the price",
          default=False),
    RESOLUTION,
    Param("aspect_ratio", str, "shape of the picture; adaptive takes the first frame's, or what suits the prompt",
          "adaptive", RATIOS, source=DOC),
    Param("generate_audio", bool, "make sound too", default=True, source=DOC),
    Param("seed", int, "the same seed gives a similar video; -1 is random", -1, low=-1, high=2**32 - 1, source=DOC),
    Param("watermark", bool, "put a watermark on the video", default=False, source=DOC),
    Param("return_last_frame", bool, "give the last frame as an image too", default=False, source=DOC),
    Param("execution_expires_after", int, "time after which the service gives an unfinished video up", 172_800,
          low=3600, high=259_200, unit="s", source=DOC),
    Param("tools", str, "web_search: the model may search the web, which takes longer", choices=("web_search",),
          source=DOC),
    Param("callback_url", str, "link that the service calls when the job's state changes", link=True, source=DOC),
)  # fmt: skip
CHOSEN_LENGTH = AllowedCombinations(
    ("duration", "auto_duration"),
    frozenset({*((length, False) for length in LENGTHS), (AUTO, True)}),
    why="with -1 the model chooses the length, and so the price: it takes both -1 and auto_duration",
    source=DOC,
)

ASSETS = ("asset://",)  # the maker's library of files, which may hold real people
IMAGES = ImageLimits(
    formats=("jpeg", "png", "webp", "bmp", "tiff", "gif"),
    size=30 * MB - 1,
    min_side=301,
    max_side=5999,
    aspect=2.4999,  # the document's 2.5 is not allowed itself
    uris=ASSETS,
    body_size=64 * MB,  # the maker's documentation; the gateway's names no bound, only a 413
    source=DOC,
)
VIDEOS = RecordingLimits(
    formats=("mp4", "mov"),
    size=50 * MB,
    seconds=(2, 15),
    total_seconds=15,
    frame_rate=(24, 60),
    side=(300, 6000),  # sides, shape and pixels are the maker's for the resolutions that the document allows
    aspect=(0.4, 2.5),
    pixels=(640 * 640, 1112 * 834),
    uris=ASSETS,
    jobs="link",
    source=DOC,
)
LARGER_VIDEOS = replace(VIDEOS, pixels=(640 * 640, 2206 * 946))
AUDIO = RecordingLimits(
    formats=("wav", "mp3"),
    size=15 * MB,
    seconds=(2, 15),
    total_seconds=15,
    local=True,
    uris=ASSETS,
    source=DOC,
)

MOST_CHARACTERS, MOST_WORDS = 500, 1000
_CHINESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")  # characters, kana, punctuation


def too_long(request: Request) -> list[str]:
    """Return what is wrong with the length of the prompt: its Chinese characters and its other words have limits."""
    characters = len(_CHINESE.findall(request.prompt))
    words = len(_CHINESE.sub(" ", request.prompt).split())
    counts = ((characters, MOST_CHARACTERS, "Chinese characters"), (words, MOST_WORDS, "words"))
    return [
        f"the prompt has {count:,} {name}; at most {most:,} are allowed" for count, most, name in counts if count > most
    ]


def _priced(plain: str, with_video: str) -> Callable[[Request], Price | None]:
    """Return a model's price by its rates, in ¥ a second, without and with a video among the inputs."""

    def price(request: Request) -> Price | None:
        """Return the price; None for a size that no sample has, or where the service chooses the length."""
        length = int(request.params["duration"])
        if length == AUTO or request.params["resolution"] not in SMALL.choices:
            return None
        shown = any(ROLES[given.role] == "video" for given in request.inputs)
        rate = Decimal(with_video if shown else plain)
        return Price(rate * length, "CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")

    return price


def _with_length(name: str, *roles: str, free: bool) -> Mode:
    """Return a mode of frames; *free* ones leave the length to the model if that is asked for."""
    return Mode(
        name,
        inputs=dict.fromkeys(roles, (1, 1)),
        together=(CHOSEN_LENGTH,) if free else (),
        without=frozenset() if free else frozenset({"auto_duration"}),
        params=(FREE,) if free else (),
        limits=IMAGES if roles else None,
    )


def _with_references(name: str, videos: RecordingLimits, **inputs: tuple[int, int]) -> Mode:
    """Return a mode of references, which makes 8 s at least, always with sound."""
    return Mode(
        name,
        inputs={**inputs, REFERENCE_AUDIO: (0, 3)},
        without=frozenset({"auto_duration", "generate_audio"}),
        params=(LONG,),
        limits=IMAGES,
        video_limits=videos if len(inputs) > 1 else None,
        audio_limits=AUDIO,
    )


def _modes(videos: RecordingLimits, *, free: bool) -> tuple[Mode, ...]:
    return (
        _with_length("text", free=free),
        _with_length("image", FIRST, free=free),
        _with_length("start-end", FIRST, LAST, free=True),
        _with_references("reference", videos, **{REFERENCE: (1, 9)}),
        _with_references("video-reference", videos, **{REFERENCE: (0, 9), REFERENCE_VIDEO: (1, 3)}),
        _with_references("edit", videos, **{VIDEO: (1, 1), REFERENCE: (0, 9), REFERENCE_VIDEO: (0, 2)}),
    )


def _taking(longest: float) -> Callable[[Mapping[str, Value]], float]:
    return lambda _: longest  # the longest time between submit and link in the documents' samples


MODELS = (
    Model(
        id="dmxapi/doubao-seedance-2-0-260128",
        short="seedance-2",
        title="Seedance 2.0",
        params=PARAMS,
        modes=_modes(VIDEOS, free=False),
        seconds=_taking(285.0),
        price=_priced("1", "1.217"),
        problems=too_long,
        id_hours=7 * 24,
        link_hours=24,
        source=DOC,
    ),
    Model(
        id="dmxapi/doubao-seedance-2-0-fast-260128",
        short="seedance-2-fast",
        title="Seedance 2.0 fast",
        params=tuple(SMALL if param is RESOLUTION else param for param in PARAMS),
        modes=_modes(LARGER_VIDEOS, free=True),
        seconds=_taking(147.0),
        price=_priced("0.804", "0.956"),
        problems=too_long,
        id_hours=7 * 24,
        link_hours=24,
        source=DOC,
    ),
)
