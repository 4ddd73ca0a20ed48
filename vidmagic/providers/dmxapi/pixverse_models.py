"""What the two PixVerse models take, in which modes, and what the documents' samples cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from vidmagic.spec.models import ImageLimits, Mode, Model, RecordingLimits
from vidmagic.spec.params import AllowedCombinations, Param, Value, listing
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, REFERENCE, VIDEO, Request

V6, C1 = "dmxapi-pixverse-v6", "dmxapi-pixverse-c1"
LENGTHS = tuple(range(1, 16))
RATIOS = ("16:9", "9:16", "4:3", "3:4", "1:1", "2:3", "3:2", "21:9")
TYPES = ("subject", "background")
LONGEST = 2048  # characters of a prompt with images or a video, and of a negative one
REFERENCE_PARAMS = ("ref_name", "ref_type")

SHARED = (
    Param("duration", int, "length of the video", 5, LENGTHS, unit="s", source=V6),
    Param("resolution", str, "size of the picture", "540p", ("360p", "540p", "720p", "1080p"), source=V6),
    Param("aspect_ratio", str, "shape of the picture", "16:9", RATIOS, source=V6),
    Param("generate_audio_switch", bool, "make sound too", default=False, source=V6),
    Param("seed", int, "the same seed gives a similar video; 0 is random", low=0, high=2**31 - 1, source=V6),
    Param("negative", str, "what the video should not show", longest=LONGEST, source=V6),
    Param("style", str, "style of the picture", choices=("anime", "3d_animation", "day", "cyberpunk", "comic"),
          source=V6),
    Param("template_id", int, "an effect, activated at PixVerse before; 0 is none", low=0, source=V6),
)  # fmt: skip
V6_PARAMS = (
    *SHARED,
    Param("motion_mode", str, "how fast things move; fast not with 8 s", "normal", ("normal", "fast"), source=V6),
    Param("generate_multi_clip_switch", bool, "make several shots", default=False, source=V6),
    Param("thinking_type", str, "whether the service improves the prompt; auto: it decides", "auto",
          ("enabled", "disabled", "auto"), source=V6),
    Param("watermark", bool, "put a watermark on the video", default=False, source=V6),
)  # fmt: skip
C1_PARAMS = (
    *SHARED,
    Param("motion_mode", str, "how fast things move", "normal", ("normal",), source=C1),
    Param("ref_name", str, "names of the references in their order, as dog+sea: the prompt calls them @dog and @sea; "
          "without it ref1+ref2+ref3", examples=("dog", "sea"), source=C1),
    Param("ref_type", str, "what each reference shows, in their order, as subject+background; without it subject",
          examples=("background",), source=C1),
)  # fmt: skip
FAST = AllowedCombinations(
    ("motion_mode", "duration"),
    frozenset(
        (motion, length) for motion in ("normal", "fast") for length in LENGTHS if (motion, length) != ("fast", 8)
    ),
    why="fast takes every length but 8 s",
    source=V6,
)
IMAGE = ImageLimits(
    formats=("png", "webp", "jpeg"),
    size=20 * 10**6,  # the maker's own bound; the gateway's document names none in bytes
    max_side=10_000,
    source="dmxapi-pixverse-picture",
)
RECORDING = RecordingLimits(
    formats=("mp4", "mov", "webm"),
    size=50 * 10**6,
    seconds=(0, 30),
    side=(1, 1920),
    local=True,
    jobs="task",
    source="dmxapi-pixverse-video",
)
NOT_WITH_FRAMES = {"aspect_ratio", "negative", "style", "template_id"}
NEW_IN_V6 = {"generate_multi_clip_switch", "thinking_type"}

# Seconds, resolution and tokens of the documents' samples, all of them with sound where the mode has a switch for it.
SAMPLES = {
    (V6, "text"): (5, "360p", 135_000),
    (V6, "image"): (5, "540p", 135_000),
    (V6, "start-end"): (5, "540p", 135_000),
    (V6, "extend"): (5, "720p", 135_000),
    (C1, "text"): (5, "540p", 150_000),
    (C1, "image"): (5, "540p", 150_000),
    (C1, "start-end"): (5, "540p", 150_000),
    (C1, "reference"): (5, "720p", 195_000),
}
TOKENS_PER_CNY = 10_000


def price(request: Request) -> Price | None:
    """Return what the document's sample cost, for exactly what the sample asks for; None for anything else."""
    source = C1 if request.model == "dmxapi/PixVerse-C1" else V6
    length, resolution, tokens = SAMPLES[source, request.mode]
    params = request.params
    if (params["duration"], params["resolution"]) != (length, resolution) or not params.get(
        "generate_audio_switch", True
    ):
        return None
    return Price(Decimal(tokens) / TOKENS_PER_CNY, "CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time to expect: the samples took 17 s for 5 s at 360p, and 34 s at 540p."""
    return {"360p": 20.0, "540p": 35.0, "720p": 60.0, "1080p": 120.0}.get(str(params.get("resolution")), 60.0)


def reference_names(request: Request) -> list[str]:
    """Return what the prompt calls the references, in their order."""
    given = request.params.get("ref_name")
    return _listed(given) if given is not None else [f"ref{number}" for number in range(1, len(request.inputs) + 1)]


def reference_types(request: Request) -> list[str]:
    """Return what the references show, in their order."""
    given = request.params.get("ref_type")
    return _listed(given) if given is not None else [TYPES[0]] * len(request.inputs)


def problems(request: Request) -> list[str]:
    """Return what is wrong with references, and with the names that the prompt calls them."""
    return list(_reference_problems(request)) if request.mode == "reference" else []


def _reference_problems(request: Request) -> Iterator[str]:
    names, types, count = reference_names(request), reference_types(request), len(request.inputs)
    for flag, values in (("ref_name", names), ("ref_type", types)):
        if len(values) != count:
            references = "is 1 reference" if count == 1 else f"are {count} references"
            yield f"{flag} lists {listing(values, 'and')}, and there {references}: list one for each, in their order"
    if any(not re.fullmatch(r"[^\s@]+", name) for name in names) or len(set(names)) < len(names):
        yield f"ref_name must be different names without spaces and @, with + between them, not {'+'.join(names)}"
    if unknown := [kind for kind in types if kind not in TYPES]:
        yield f"ref_type must be {listing(TYPES)} for each reference, not {unknown[0]}"
    called = listing(f"@{name}" for name in names)
    for word, after in re.findall(r"@(\S*)(\s?)", request.prompt.rstrip()):
        if word not in names:
            yield f"@{word} in the prompt is not a reference: write {called}, and a space after it"
        elif after not in {"", " "}:
            yield f"@{word} in the prompt needs a space after it"


def _listed(value: Value) -> list[str]:
    return [part.strip() for part in str(value).split("+")]


def _model(name: str, title: str, params: tuple[Param, ...], source: str, *modes: Mode) -> Model:
    return Model(
        id=f"dmxapi/PixVerse-{name}",
        short="pixverse" if name == "V6" else f"pixverse-{name.lower()}",
        title=title,
        params=params,
        modes=modes,
        longest_prompt=LONGEST,
        seconds=seconds,
        price=price,
        problems=problems,
        source=source,
    )


def _mode(name: str, *roles: str, without: set[str], **more: object) -> Mode:
    inputs = dict.fromkeys(roles, (1, 1))
    return Mode(name, inputs, limits=IMAGE if roles else None, without=frozenset(without), **more)  # type: ignore[arg-type]


MODELS = (
    _model(
        "V6", "PixVerse V6", V6_PARAMS, V6,
        _mode("text", without={"style", "watermark"}, longest_prompt=5000, together=(FAST,)),
        _mode("image", FIRST, without={"aspect_ratio", "watermark"}, together=(FAST,)),
        _mode("start-end", FIRST, LAST, without={*NOT_WITH_FRAMES, *NEW_IN_V6, "watermark"}, together=(FAST,)),
        Mode(
            "extend", {VIDEO: (1, 1)}, (FAST,), video_limits=RECORDING,
            without=frozenset({"aspect_ratio", "generate_audio_switch", "negative", "template_id", *NEW_IN_V6}),
        ),
    ),
    _model(
        "C1", "PixVerse C1", C1_PARAMS, C1,
        _mode("text", without={"style", *REFERENCE_PARAMS}, longest_prompt=5000),
        _mode("image", FIRST, without={"aspect_ratio", *REFERENCE_PARAMS}),
        _mode("start-end", FIRST, LAST, without={*NOT_WITH_FRAMES, *REFERENCE_PARAMS}),
        Mode(
            "reference", {REFERENCE: (1, 3)}, limits=IMAGE,
            without=frozenset({"negative", "style", "template_id", "motion_mode"}),
            params=(Param("duration", int, "length of the video", 5, (5,), unit="s", source=C1),),
        ),
    ),
)  # fmt: skip
