"""What the documents of Seedance 2.0 and 2.0 fast let a request say: its fields, and the parts of its `input`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from .. import gateway
from ..exchange import JsonObject, Refused
from ..fields import Field, check

FAST = "doubao-seedance-2-0-fast-260128"
MODELS = ("doubao-seedance-2-0-260128", FAST)
AREAS = {"480p": 864 * 480, "720p": 1280 * 720, "1080p": 1920 * 1080, "4k": 3840 * 2160}
RATIOS = {"16:9": 16 / 9, "4:3": 4 / 3, "1:1": 1.0, "3:4": 3 / 4, "9:16": 9 / 16, "21:9": 21 / 9}
AUTO = -1
MOST = {"reference_image": 9, "reference_video": 3, "reference_audio": 3}
FRAMES = ((), ("first_frame",), ("first_frame", "last_frame"))
FIELDS = {
    "model": Field(str, required=True, choices=MODELS),
    "input": Field(list, required=True, longest=16, not_empty=True),
    "generate_audio": Field(bool),
    "resolution": Field(str, choices=tuple(AREAS)),
    "ratio": Field(str, choices=(*RATIOS, "adaptive")),
    "duration": Field(int),
    "seed": Field(int, low=-1, high=2**32 - 1),
    "watermark": Field(bool),
    "callback_url": Field(str),
    "return_last_frame": Field(bool),
    "execution_expires_after": Field(int, low=3600, high=259_200),
    "tools": Field(list, longest=1),
}
FAST_FIELDS = FIELDS | {"resolution": Field(str, choices=("480p", "720p"))}
TEXT = {"type": Field(str, required=True), "text": Field(str, required=True, not_empty=True)}
TOOL = {"type": Field(str, required=True, choices=("web_search",))}
URL = {"url": Field(str, required=True, not_empty=True)}
ROLES = {
    "image_url": ("first_frame", "last_frame", "reference_image"),
    "video_url": ("reference_video",),
    "audio_url": ("reference_audio",),
}
ASSETS = ("asset://",)
_CHINESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


@dataclass(frozen=True, slots=True)
class Input:
    """The parts of an `input`: its prompt, and the links or data URIs of each role in their order."""

    prompt: str
    media: dict[str, list[str]] = field(default_factory=dict)

    @property
    def has_references(self) -> bool:
        """Whether it is neither text alone nor frames."""
        return any(role in self.media for role in MOST)


def read_body(body: JsonObject) -> Input:
    """Return the input of a body whose fields, ranges and combinations the documents allow."""
    require(body, FAST_FIELDS if body["model"] == FAST else FIELDS)
    for number, tool in enumerate(body.get("tools", [])):
        require(tool, TOOL, f"tools[{number}].")
    given = _read_input(body["input"])
    lengths = _lengths(given, fast=body["model"] == FAST)
    if "duration" in body and body["duration"] not in lengths:
        raise invalid(f"duration {body['duration']} is not one of {', '.join(map(str, lengths))}")
    return given


def _lengths(given: Input, *, fast: bool) -> tuple[int, ...]:
    """Return the durations for this input: references need 8 s, and few documents let the model choose."""
    if given.has_references:
        return tuple(range(8, 16))
    return (*range(4, 16), *([AUTO] if fast or "last_frame" in given.media else []))


def _read_input(parts: list[Any]) -> Input:
    texts: list[str] = []
    media: dict[str, list[str]] = {}
    for number, part in enumerate(parts):
        where = f"input[{number}]."
        kind = part.get("type") if isinstance(part, dict) else None
        if isinstance(kind, str) and kind in ROLES:
            url = _medium(part, kind, where)
            media.setdefault(part["role"], []).append(url)
        else:
            require(part, TEXT, where)
            if kind != "text":
                raise invalid(f"{where}type is {kind!r}")
            texts.append(part["text"])
    if len(texts) != 1:
        raise invalid("input must have one text")
    if len(_CHINESE.findall(texts[0])) > 500 or len(_CHINESE.sub(" ", texts[0]).split()) > 1000:
        raise invalid("the text has more than 500 characters, or more than 1000 words")
    _check_set(media)
    return Input(texts[0], media)


def _medium(part: JsonObject, kind: str, where: str) -> str:
    """Return the link or data URI of a part other than the text."""
    role = Field(str, required=True, choices=ROLES[kind])
    require(part, {"type": Field(str, required=True), kind: Field(dict, required=True), "role": role}, where)
    require(part[kind], URL, f"{where}{kind}.")
    url: str = part[kind]["url"]  # what it may be is checked with what it leads to
    return url


def _check_set(media: dict[str, list[str]]) -> None:
    frames = tuple(role for role in ("first_frame", "last_frame") if role in media)
    if frames not in FRAMES or any(len(media[role]) > 1 for role in frames):
        raise invalid("input may have one first frame, and one last frame with it")
    if frames and len(media) > len(frames):
        raise invalid("frames and references exclude each other")
    for role, most in MOST.items():
        if len(media.get(role, [])) > most:
            raise invalid(f"input has more than {most} of {role}")
    if set(media) == {"reference_audio"}:
        raise invalid("audio needs at least one reference image or video")


def require(value: object, fields: dict[str, Field], where: str = "") -> None:
    """Raise the service's error for the first problem of *value*."""
    problems = check(value, fields, where)
    if problems:
        raise invalid(problems[0].message)


def invalid(message: str) -> Refused:
    """Return the service's error for a request that its document does not allow."""
    return refusal("InvalidParameter", message)


def refusal(code: str, message: str) -> Refused:
    """Return an error with one of the maker's codes."""
    return gateway.refuse(400, code, message, "BadRequest")
