"""What is known of the two Kling models before anything is sent: modes, parameters, limits and prices."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from vidmagic.providers.dmxapi import kling_shots
from vidmagic.providers.dmxapi.kling_shots import MODELS_OWN, OWN
from vidmagic.spec.models import ImageLimits, Mode, Model
from vidmagic.spec.params import Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import FIRST, LAST, Request

DOC, VIDEO_DOC = "dmxapi-kling-v3", "dmxapi-kling-v3-video-generation"
LONGEST = 2500  # characters of a prompt that is not divided into shots, and of a negative one

DURATION = Param(
    "duration", int, "length of the video; where each shot of the prompt has its time, their sum", 5,
    kling_shots.LENGTHS, unit="s", source=DOC,
)  # fmt: skip
MODE = Param("mode", str, "quality: pro is better than std, 4k is pro in 4K", "std", ("std", "pro", "4k"), source=DOC)
RATIO = Param("aspect_ratio", str, "shape of the picture", "16:9", ("16:9", "9:16", "1:1"), source=DOC)
SOUND = Param("sound", bool, "make sound too", default=False, source=DOC)
SHOT_TYPE = Param(
    "shot_type", str,
    "several shots: customize takes those of the prompt, between lines ---; with intelligence the model divides it",
    choices=(OWN, MODELS_OWN), source=DOC,
)  # fmt: skip
SUBJECTS = Param(
    "element_list", str,
    "up to 3 subjects of Kling's library by number, joined by +; the prompt calls them <<<element_1>>> and so on",
    examples=("149", "149+153"), source=DOC,
)  # fmt: skip
NEGATIVE = Param("negative", str, "what the video must not show", longest=LONGEST, source=DOC)
SCALE = Param("cfg_scale", float, "how closely the video follows the prompt", 0.5, low=0, high=1, source=DOC)
WATERMARK = Param("watermark", bool, "put a watermark on the video", default=False, source=DOC)
PARAMS = (DURATION, MODE, RATIO, SOUND, SHOT_TYPE, SUBJECTS, NEGATIVE, SCALE, WATERMARK)
VIDEO_MODE = replace(MODE, help="pro is 1080P, std is 720P", default="pro", choices=("std", "pro"), source=VIDEO_DOC)
VIDEO_PARAMS = (DURATION, VIDEO_MODE, RATIO, SOUND, SHOT_TYPE, SUBJECTS, WATERMARK)

LIMITS = ImageLimits(formats=("png", "jpeg"), size=10 * 10**6, min_side=300, aspect=2.5, source=DOC)
VIDEO_LIMITS = replace(LIMITS, aspect=None, local=False, source=VIDEO_DOC)

PER_SECOND = {"std": Decimal("0.6"), "pro": Decimal("0.8")}  # CNY, silent; nothing is published for 4k
_SECONDS = {"std": 85.0, "pro": 115.0}  # between creation and end in the documents' samples

_SUBJECT_NUMBERS = re.compile(r"[0-9]{1,15}(\+[0-9]{1,15}){0,2}")
_NAMED_SUBJECT = re.compile(r"<<<element_(\d{1,9})>>>")
_NAMED_VOICE = re.compile(r"<<<voice_\d{1,9}>>>")


def price(request: Request) -> Price | None:
    """Return the price by the tokens of the samples: half as much again with sound; none of them is in 4K."""
    amount = PER_SECOND.get(str(request.params["mode"]))
    if amount is None:
        return None
    amount *= int(request.params["duration"]) * (Decimal("1.5") if request.params["sound"] else 1)
    return Price(amount, "CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time of the samples; the document says 1 to 5 minutes."""
    return _SECONDS.get(str(params.get("mode")), 180.0)


def subjects(params: Mapping[str, Value]) -> list[int]:
    """Return the numbers of the subjects."""
    return [int(number) for number in str(params.get("element_list") or "").split("+") if number]


def problems(request: Request) -> list[str]:
    """Return what is wrong with the shots, with the length of the prompt, and with what it names."""
    shot_type, length = request.params.get("shot_type"), int(request.params["duration"])
    wrong = list(kling_shots.problems(request.prompt, shot_type, length))
    if shot_type != OWN and len(request.prompt) > LONGEST:
        wrong.append(f"the prompt has {len(request.prompt):,} characters; without shots of its own at most {LONGEST:,}")
    return [*wrong, *_naming_problems(request)]


def v3_problems(request: Request) -> list[str]:
    """Return the same for kling-v3, which has several shots only without a last frame."""
    if request.input(LAST) is not None and kling_shots.is_divided(request.prompt):
        return ["a prompt of several shots does not go with a last frame: remove the lines --- or last_image"]
    return problems(request)


def _naming_problems(request: Request) -> Iterator[str]:
    """Yield what is wrong with the subjects, and with the names of subjects and voices in the prompt."""
    given = request.params.get("element_list")
    if given is not None and not _SUBJECT_NUMBERS.fullmatch(str(given)):
        yield f"element_list must be 1 to 3 numbers, as 149 or 149+153, not {given}"
        return
    count = len(subjects(request.params))
    for number in sorted({int(name) for name in _NAMED_SUBJECT.findall(request.prompt)}):
        if not 1 <= number <= count:
            yield f"the prompt names <<<element_{number}>>>, and element_list has {count or 'no'} subjects"
    if _NAMED_VOICE.search(request.prompt):
        yield "the prompt names a voice, and the service documents no way to choose one"


def _modes(limits: ImageLimits, *, shots_with_last_frame: bool) -> tuple[Mode, ...]:
    with_last = frozenset({"aspect_ratio"} if shots_with_last_frame else {"aspect_ratio", "shot_type"})
    return (
        Mode("text", without=frozenset({"element_list"})),
        Mode("image", inputs={FIRST: (1, 1)}, without=frozenset({"aspect_ratio"}), limits=limits),
        Mode("start-end", inputs={FIRST: (1, 1), LAST: (1, 1)}, without=with_last, limits=limits),
    )


V3 = Model(
    id="dmxapi/kling-v3",
    short="kling",
    title="Kling V3",
    params=PARAMS,
    modes=(
        *_modes(LIMITS, shots_with_last_frame=False),
        Mode("last-frame", inputs={LAST: (1, 1)}, without=frozenset({"aspect_ratio", "shot_type"}), limits=LIMITS),
    ),
    seconds=seconds,
    price=price,
    implied=kling_shots.implied,
    problems=v3_problems,
    source=DOC,
)
VIDEO = Model(
    id="dmxapi/kling-v3-video-generation",
    short="kling-video",
    title="Kling V3 by Alibaba Cloud",
    params=VIDEO_PARAMS,
    modes=_modes(VIDEO_LIMITS, shots_with_last_frame=True),
    seconds=seconds,
    price=price,
    implied=kling_shots.implied,
    problems=problems,
    id_hours=24,
    source=VIDEO_DOC,
)
