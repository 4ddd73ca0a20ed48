"""The modes of Wan 2.7, their parameters and limits, and what a request costs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal

from vidmagic.providers.dmxapi.wan_references import EDIT, EXTEND, MOST_REFERENCES, TEXT, problems
from vidmagic.spec.models import ImageLimits, Mode, Model, RecordingLimits
from vidmagic.spec.params import Param, Value
from vidmagic.spec.price import Price
from vidmagic.spec.request import (
    DRIVING_AUDIO,
    FIRST,
    LAST,
    REFERENCE,
    REFERENCE_VIDEO,
    REFERENCE_VOICE,
    VIDEO,
    Request,
)

DOC = "dmxapi-wan2.7"

TEXT_MODEL, FRAME_MODEL = "wan2.7-t2v-2026-06-12", "wan2.7-i2v-2026-04-25"
REFERENCE_MODEL, EDIT_MODEL = "wan2.7-r2v-2026-06-12", "wan2.7-videoedit"
PER_SECOND = {"720P": Decimal("0.6"), "1080P": Decimal("1.0")}  # CNY

DURATION = Param("duration", int, "length of the video", 5, tuple(range(2, 16)), unit="s", source=DOC)
WITH_VIDEO = dataclasses.replace(DURATION, choices=tuple(range(2, 11)))
EXTENDED = dataclasses.replace(
    DURATION, help="length of the whole result, the given video included; all of it is billed", default=None,
    required=True,
)  # fmt: skip
EDITED = dataclasses.replace(
    DURATION, help="cut the result to its first seconds; 0 leaves the length of the given video", default=0,
    choices=(0, *range(2, 11)),
)  # fmt: skip
RATIO = Param("aspect_ratio", str, "shape of the picture", "16:9", ("16:9", "9:16", "1:1", "4:3", "3:4"), source=DOC)
TASK = Param("task", str, "what to do with the video: edit it, or extend it", choices=(EDIT, EXTEND), source=DOC)
PARAMS = (
    DURATION,
    Param("resolution", str, "size of the picture", "720P", ("720P", "1080P"), source=DOC),
    RATIO,
    TASK,
    Param("negative", str, "what the video should not show", longest=500, source=DOC),
    Param("prompt_extend", bool, "let the service rewrite the prompt", default=True, source=DOC),
    Param("audio_setting", str, "sound of an edited video: auto, the model decides by the prompt; origin, it stays",
          "auto", ("auto", "origin"), source=DOC),
    Param("voice_of", str, "whose each reference voice is, in their order; without it they belong to the references in "
          "their order, images first", examples=("video1", "image1", "image1+video1"), source=DOC),
    Param("watermark", bool, "put a watermark on the video", default=False, source=DOC),
    Param("seed", int, "the same seed gives a similar video", low=0, high=2**31 - 1, source=DOC),
)  # fmt: skip

IMAGE_LIMITS = ImageLimits(
    ("png", "jpeg", "bmp", "webp"), size=20 * 10**6, min_side=240, max_side=8000, aspect=8, opaque_png=True, source=DOC
)
VIDEO_LIMITS = RecordingLimits(
    ("mp4", "mov"), size=100 * 10**6, seconds=(2, 10), side=(240, 4096), aspect=(1 / 8, 8), jobs="link", source=DOC
)
REFERENCE_LIMITS = dataclasses.replace(VIDEO_LIMITS, seconds=(1, 30))
DRIVING_LIMITS = RecordingLimits(("wav", "mp3"), size=15 * 10**6, seconds=(2, 30), source=DOC)
VOICE_LIMITS = dataclasses.replace(DRIVING_LIMITS, seconds=(1, 10))

ONE, ANY_AUDIO = (1, 1), {DRIVING_AUDIO: (0, 1)}
NO_VOICE = frozenset({"task", "audio_setting", "voice_of"})
BY_FRAMES = NO_VOICE | {"aspect_ratio", "negative"}


def _reference(name: str, inputs: Mapping[str, tuple[int, int]]) -> Mode:
    """Return a mode with references; a first frame among the inputs decides the shape, a video bounds the length."""
    return Mode(
        name,
        inputs={**inputs, REFERENCE_VOICE: (0, MOST_REFERENCES)},
        without=frozenset({"task", "audio_setting"} | ({"aspect_ratio"} if FIRST in inputs else set())),
        params=(WITH_VIDEO,) if REFERENCE_VIDEO in inputs else (),
        limits=IMAGE_LIMITS,
        video_limits=REFERENCE_LIMITS if REFERENCE_VIDEO in inputs else None,
        audio_limits=VOICE_LIMITS,
    )


def _framed(name: str, *roles: str) -> Mode:
    inputs = {**dict.fromkeys(roles, ONE), **ANY_AUDIO}
    return Mode(name, inputs, without=BY_FRAMES, prompt_needed=False, limits=IMAGE_LIMITS, audio_limits=DRIVING_LIMITS)


def _task(name: str) -> Param:
    """Return the parameter `task` of the mode that it chooses; always set there, so that a request is the same."""
    return dataclasses.replace(TASK, default=name)


IMAGES = {REFERENCE: (1, MOST_REFERENCES)}
VIDEOS = {REFERENCE: (0, MOST_REFERENCES - 1), REFERENCE_VIDEO: (1, MOST_REFERENCES)}
MODES = {
    TEXT_MODEL: (Mode(TEXT, ANY_AUDIO, without=NO_VOICE, audio_limits=DRIVING_LIMITS),),
    FRAME_MODEL: (
        _framed("image", FIRST),
        _framed("start-end", FIRST, LAST),
        Mode(
            EXTEND, {VIDEO: ONE, LAST: (0, 1)}, without=BY_FRAMES - {"task"}, prompt_needed=False, task=EXTEND,
            params=(EXTENDED, _task(EXTEND)),
            limits=IMAGE_LIMITS, video_limits=VIDEO_LIMITS,
        ),
    ),
    REFERENCE_MODEL: (
        _reference("reference", IMAGES),
        _reference("reference-video", VIDEOS),
        _reference("image-reference", {FIRST: ONE, **IMAGES}),
        _reference("image-reference-video", {FIRST: ONE, **VIDEOS}),
    ),
    EDIT_MODEL: (
        Mode(
            EDIT, {VIDEO: ONE, REFERENCE: (0, 4)}, without=frozenset({"voice_of"}), prompt_needed=False, task=EDIT,
            params=(EDITED, dataclasses.replace(RATIO, default=None), _task(EDIT)),
            limits=IMAGE_LIMITS, video_limits=VIDEO_LIMITS,
        ),
    ),
}  # fmt: skip
WIRE_NAMES = {mode.name: name for name, modes in MODES.items() for mode in modes}


def price(request: Request) -> Price | None:
    """Return the price by the length; None for an edit of a whole video whose length is not known here."""
    video = request.input(VIDEO)
    length = Decimal(int(request.params["duration"]))
    if length == 0 and video is not None:
        length = Decimal(str(round(video.seconds, 2)))
    if not length:
        return None
    amount = length * PER_SECOND[str(request.params["resolution"])]
    return Price(amount, "CNY", "DMXAPI's document, tokens of its sample", "2026-11-21")


def seconds(params: Mapping[str, Value]) -> float:
    """Return the generation time to expect: samples took 21 to 60 s at 720P, edits 325 s; text at 1080P 550 s."""
    if params.get("resolution") == "1080P":
        return 550.0
    return 325.0 if params.get("task") == EDIT else 60.0


MODEL = Model(
    id="dmxapi/wan2.7",
    short="wan",
    title="Wan 2.7",
    params=PARAMS,
    modes=tuple(mode for modes in MODES.values() for mode in modes),
    longest_prompt=5000,
    seconds=seconds,
    price=price,
    called=lambda request: WIRE_NAMES[request.mode],
    problems=problems,
    link_hours=24,
    source=DOC,
)
